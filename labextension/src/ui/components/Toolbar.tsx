import type { JSX } from 'preact';
import { useApp, useValue } from '../hooks';
import { t } from '../text';

/** Smoothing, log y and the x axis, for every chart below at once. */
export function Toolbar({
  hasClock,
  children
}: {
  hasClock: boolean;
  children?: JSX.Element | null;
}): JSX.Element {
  const { view } = useApp();
  const smoothing = useValue(view.smoothing);
  const logY = useValue(view.logY);
  return (
    <div class="rn-toolbar" role="toolbar" aria-label={t('How charts are drawn')}>
      <label class="rn-control">
        {t('Smoothing')}
        <input
          type="range"
          name="smoothing"
          min="0"
          max="0.99"
          step="0.01"
          value={smoothing}
          onInput={event => (view.smoothing.value = Number(event.currentTarget.value))}
        />
        <output class="rn-num rn-smoothing">{smoothing.toFixed(2)}</output>
      </label>
      <AxisSwitch hasClock={hasClock} />
      <button
        class="rn-toggle"
        name="log-y"
        aria-pressed={logY}
        title={t('Logarithmic y axis')}
        onClick={() => (view.logY.value = !logY)}
      >
        {t('Log y')}
      </button>
      {children}
    </div>
  );
}

function AxisSwitch({ hasClock }: { hasClock: boolean }): JSX.Element {
  const { view } = useApp();
  const axis = useValue(view.xAxis);
  return (
    <div class="rn-segments" role="group" aria-label={t('X axis')}>
      <button
        name="x-step"
        aria-pressed={axis === 'step'}
        onClick={() => (view.xAxis.value = 'step')}
      >
        {t('Step')}
      </button>
      <button
        name="x-time"
        aria-pressed={axis === 'time'}
        disabled={!hasClock}
        title={
          hasClock
            ? t('Time since the run began')
            : t('This output does not hold the times of its steps.')
        }
        onClick={() => (view.xAxis.value = 'time')}
      >
        {t('Time')}
      </button>
    </div>
  );
}
