import type { JSX } from 'preact';
import { useApp, useValue } from '../hooks';
import { t } from '../text';
import { type XAxis, metricOf } from '../view';

interface IProps {
  readonly hasClock: boolean;
  readonly hasStages: boolean;
  readonly metrics: readonly string[];
  readonly children?: JSX.Element | null;
}

/** Smoothing, log y and the x axis, for every chart below at once. */
export function Toolbar({ hasClock, hasStages, metrics, children }: IProps): JSX.Element {
  const { view } = useApp();
  const smoothing = useValue(view.smoothing);
  const logY = useValue(view.logY);
  const stages = useValue(view.stages);
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
      <AxisChoice hasClock={hasClock} metrics={metrics} />
      <button
        class="rn-toggle"
        name="log-y"
        aria-pressed={logY}
        title={t('Logarithmic y axis')}
        onClick={() => (view.logY.value = !logY)}
      >
        {t('Log y')}
      </button>
      {hasStages && (
        <button
          class="rn-toggle"
          name="stages"
          aria-pressed={stages}
          title={t('Shade the stages of the run')}
          onClick={() => (view.stages.value = !stages)}
        >
          {t('Stages')}
        </button>
      )}
      {children}
    </div>
  );
}

/** What stands below the charts: a step, a time, or one of the metrics. */
function AxisChoice({ hasClock, metrics }: Pick<IProps, 'hasClock' | 'metrics'>): JSX.Element {
  const { view } = useApp();
  const axis = useValue(view.xAxis);
  const chosen = metricOf(axis);
  // The choice of another table may name a metric that these runs do not have.
  const names = chosen === null || metrics.includes(chosen) ? metrics : [chosen, ...metrics];
  const why = hasClock ? undefined : t('This output does not hold the times of its steps.');
  return (
    <label class="rn-control">
      {t('X axis')}
      <select
        name="x-axis"
        value={axis}
        title={why}
        onChange={event => (view.xAxis.value = event.currentTarget.value as XAxis)}
      >
        <option value="step">{t('Step')}</option>
        <option value="time" disabled={!hasClock}>
          {t('Time since start')}
        </option>
        <option value="wall" disabled={!hasClock}>
          {t('Date and time')}
        </option>
        <optgroup label={t('Another metric')}>
          {names.map(name => (
            <option key={name} value={`metric:${name}`}>
              {name}
            </option>
          ))}
        </optgroup>
      </select>
    </label>
  );
}
