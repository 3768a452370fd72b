import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ILine } from '../chart/trace';
import { useApp, useFollow, useStatus, useStore, useValue } from '../hooks';
import { isLive, type IRun } from '../model';
import { entries } from '../object';
import { Series } from '../series';
import { t } from '../text';
import { toggled } from '../view';
import { Chart } from './Chart';
import { RunLegend } from './RunLegend';
import { Toolbar } from './Toolbar';

/** Charts drawn before the reader asks for the rest. */
const FIRST_CHARTS = 24;
let groups = 0;

/** A run with its place in the palette. */
export interface IColored {
  readonly run: IRun;
  readonly color: number;
  readonly label: string;
}

/** One chart for each metric of the runs, under one toolbar. */
export function ChartGrid({
  runs,
  legend
}: {
  runs: readonly IColored[];
  legend: boolean;
}): JSX.Element {
  const { source, view } = useApp();
  const store = useStore('runs', 'series');
  const { phase } = useStatus();
  const axis = useValue(view.xAxis);
  const hidden = useValue(view.hiddenMetrics);
  const ids = runs.map(({ run }) => run.id);
  useFollow({ curves: ids, clocks: axis === 'time' });
  const group = useMemo(() => `runicorn-${++groups}`, []);
  const metrics = metricsOf(runs, id => store.seriesOf(id).keys());
  const shown = metrics.filter(metric => !hidden.has(metric)).slice(0, FIRST_CHARTS);
  const hasClock = source.canClock || ids.some(id => (store.clocks.get(id)?.length ?? 0) > 0);
  return (
    <section class="rn-charts" aria-label={t('Charts')}>
      <Toolbar hasClock={hasClock}>
        {metrics.length > 1 ? <MetricSwitches metrics={metrics} /> : null}
      </Toolbar>
      {legend && <RunLegend runs={runs} />}
      <div class="rn-grid">
        {shown.map(metric => (
          <MetricChart key={metric} metric={metric} runs={runs} group={group} />
        ))}
      </div>
      {metrics.length === 0 && phase !== 'loading' && (
        <p class="rn-calm">
          {t('No metrics were logged yet. Call run.log({"loss": …}) and a chart appears here.')}
        </p>
      )}
      {metrics.length - hidden.size > FIRST_CHARTS && (
        <p class="rn-calm">
          {t(
            'The first %1 of %2 metrics are shown; switch some off to see others.',
            FIRST_CHARTS,
            metrics.length
          )}
        </p>
      )}
    </section>
  );
}

/** The metrics of some runs: in the order of the first run, then the rest. */
export function metricsOf(
  runs: readonly IColored[],
  known: (id: string) => Iterable<string>
): string[] {
  const names = new Set<string>();
  for (const { run } of runs) {
    entries(run.metrics).forEach(([name, { count }]) => count > 0 && names.add(name));
    for (const name of known(run.id)) {
      names.add(name);
    }
  }
  return [...names];
}

function MetricChart(props: {
  metric: string;
  runs: readonly IColored[];
  group: string;
}): JSX.Element {
  const { metric, runs, group } = props;
  const store = useStore('runs', 'series');
  const found = runs.flatMap(({ run, color, label }): ILine[] => {
    const series = store.series(run.id, metric);
    const clock = store.clocks.get(run.id);
    return series?.length ? [{ key: run.id, label, series, clock, color, live: isLive(run) }] : [];
  });
  // The same lines keep their identity, so that a push of points draws and renders nothing else.
  const stamp = found
    .map(line =>
      [line.key, line.label, line.color, line.live, idOf(line.series), idOf(line.clock)].join()
    )
    .join(';');
  const lines = useMemo(() => found, [stamp]);
  return <Chart metric={metric} lines={lines} group={group} />;
}

const ids = new WeakMap<Series, number>();
let nextId = 0;

function idOf(series: Series | undefined): number {
  if (!series) {
    return 0;
  }
  let id = ids.get(series);
  if (id === undefined) {
    ids.set(series, (id = ++nextId));
  }
  return id;
}

function MetricSwitches({ metrics }: { metrics: readonly string[] }): JSX.Element {
  const { view } = useApp();
  const hidden = useValue(view.hiddenMetrics);
  return (
    <div class="rn-switches" role="group" aria-label={t('Metrics')}>
      {metrics.map(metric => (
        <button
          key={metric}
          class="rn-toggle"
          data-metric={metric}
          aria-pressed={!hidden.has(metric)}
          title={hidden.has(metric) ? t('Show %1', metric) : t('Hide %1', metric)}
          onClick={() => (view.hiddenMetrics.value = toggled(hidden, metric))}
        >
          {metric}
        </button>
      ))}
    </div>
  );
}
