import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ILine } from '../chart/trace';
import { useApp, useFollow, useStatus, useStore, useValue } from '../hooks';
import { isLive, type IRun } from '../model';
import { entries, own } from '../object';
import { t } from '../text';
import { metricOf, toggled } from '../view';
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
  useFollow({ curves: ids, clocks: axis === 'time' || axis === 'wall' });
  const group = useMemo(() => `runicorn-${++groups}`, []);
  const metrics = metricsOf(runs, id => store.seriesOf(id).keys());
  const by = metricOf(axis);
  const on = metrics.filter(metric => !hidden.has(metric) && metric !== by);
  const shown = on.slice(0, FIRST_CHARTS);
  const hasClock = source.canClock || ids.some(id => (store.clocks.get(id)?.length ?? 0) > 0);
  return (
    <section class="rn-charts" aria-label={t('Charts')}>
      <Toolbar
        hasClock={hasClock}
        hasStages={ids.some(id => store.stages.has(id))}
        metrics={metrics}
      >
        {metrics.length > 1 ? <MetricSwitches metrics={metrics} /> : null}
      </Toolbar>
      {legend && <RunLegend runs={runs} />}
      {by !== null && <Lacking metric={by} runs={runs} />}
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
      {on.length > FIRST_CHARTS && (
        <p class="rn-calm">
          {t(
            'The first %1 of %2 metrics are shown; switch some off to see others.',
            FIRST_CHARTS,
            on.length
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
  const axis = metricOf(useValue(useApp().view.xAxis));
  const found = runs.flatMap(({ run, color, label }): ILine[] => {
    const { id } = run;
    const series = store.series(id, metric);
    const by = axis === null ? undefined : store.series(id, axis);
    const clock = store.clocks.get(id);
    const origin = store.origins.get(id) ?? run.started_at ?? run.created_at ?? undefined;
    const stages = store.stages.get(id);
    const line = { key: id, label, series: series!, by, clock, origin, stages, color };
    return series?.length && (axis === null || by) ? [{ ...line, live: isLive(run) }] : [];
  });
  // The same lines keep their identity, so that a push of points draws and renders nothing else.
  const stamp = found
    .map(({ key, label, color, live, origin, series, clock, by, stages }) =>
      [key, label, color, live, origin, ...[series, clock, by, stages].map(idOf)].join()
    )
    .join(';');
  const lines = useMemo(() => found, [stamp]);
  const both = ({ run: { metrics } }: IColored): boolean =>
    [metric, axis ?? metric].every(name => own(metrics, name)?.count);
  const empty =
    axis === null
      ? t('No points yet')
      : runs.some(both)
        ? t('Reading…')
        : t('No run has both values');
  return <Chart metric={metric} lines={lines} group={group} empty={empty} />;
}

/** Runs named in a sentence; of more there is the number. */
const TOLD = 3;

/** Which runs have no value of the metric that is the x axis. */
function Lacking(props: { metric: string; runs: readonly IColored[] }): JSX.Element | null {
  const { metric, runs } = props;
  const store = useStore('runs', 'series');
  // Of a run whose metrics were not read yet nothing is known, and nothing said.
  const without = runs.filter(
    ({ run: { id, metrics } }) =>
      entries(metrics).length > 0 &&
      !own(metrics, metric)?.count &&
      !store.series(id, metric)?.length
  );
  const names = without.slice(0, TOLD).map(({ label }) => label);
  const more = without.length - names.length;
  return without.length ? (
    <p class="rn-muted rn-lacking">
      {t('Without %1, so not drawn: %2', metric, names.join(', '))}
      {more > 0 && ` ${t('and %1 more', more)}`}
    </p>
  ) : null;
}

const ids = new WeakMap<object, number>();
let nextId = 0;

function idOf(part: object | undefined): number {
  if (!part) {
    return 0;
  }
  let id = ids.get(part);
  if (id === undefined) {
    ids.set(part, (id = ++nextId));
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
