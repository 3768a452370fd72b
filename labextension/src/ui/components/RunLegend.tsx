import type { JSX } from 'preact';
import { colorValue } from '../chart/palette';
import { useApp, useValue } from '../hooks';
import { t } from '../text';
import { toggled } from '../view';
import type { IColored } from './ChartGrid';

/** One button a run: press to hide its curves everywhere, point to bring them forward. */
export function RunLegend({ runs }: { runs: readonly IColored[] }): JSX.Element {
  const { view } = useApp();
  const hidden = useValue(view.hiddenRuns);
  return (
    <div class="rn-legend" role="group" aria-label={t('Runs compared')}>
      {runs.map(({ run, color, label }) => (
        <button
          key={run.id}
          class="rn-legend-item"
          data-run={run.id}
          aria-pressed={!hidden.has(run.id)}
          title={`${run.project} / ${run.name} · ${run.id}`}
          onClick={() => (view.hiddenRuns.value = toggled(hidden, run.id))}
          onMouseEnter={() => (view.highlight.value = run.id)}
          onMouseLeave={() => (view.highlight.value = null)}
          onFocus={() => (view.highlight.value = run.id)}
          onBlur={() => (view.highlight.value = null)}
        >
          <i class="rn-swatch" style={{ background: colorValue(color) }} />
          <span>{label}</span>
        </button>
      ))}
    </div>
  );
}
