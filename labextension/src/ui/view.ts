import { Signal, Value } from './observable';

/** What the x axis shows: `time` is since the run began, `wall` on the clock, `metric:NAME` another metric's value. */
export type XAxis = 'step' | 'time' | 'wall' | `metric:${string}`;

const METRIC = 'metric:';

/** Return the metric that is the x axis, null when none is. */
export function metricOf(axis: XAxis): string | null {
  return axis.startsWith(METRIC) ? axis.slice(METRIC.length) : null;
}

/**
 * How charts are looked at: shared by every chart of one mount, and never by the data. All of it acts on the
 * points in the page; nobody is asked.
 */
export class View {
  /** What new views begin with, in the form of `save`. */
  static defaults: unknown = {};

  readonly smoothing = new Value(0);
  readonly logY = new Value(false);
  readonly xAxis = new Value<XAxis>('step');
  /** Whether stages are shaded. */
  readonly stages = new Value(true);
  /** Ids of runs whose curves are switched off. */
  readonly hiddenRuns = new Value<ReadonlySet<string>>(new Set());
  /** Names of metrics whose chart is switched off. */
  readonly hiddenMetrics = new Value<ReadonlySet<string>>(new Set());
  /** The run under the pointer, drawn stronger. */
  readonly highlight = new Value<string | null>(null);
  readonly changed = new Signal<void>();

  constructor() {
    const { smoothing, logY, xAxis, stages, hiddenRuns, hiddenMetrics } = this;
    const kept = [smoothing, logY, xAxis, stages, hiddenRuns, hiddenMetrics];
    this.load(View.defaults);
    kept.forEach(value => (value.changed as Signal<unknown>).connect(() => this.changed.emit()));
  }

  /** Return what is worth keeping, as JSON. */
  save(): Record<string, unknown> {
    return {
      smoothing: this.smoothing.value,
      logY: this.logY.value,
      xAxis: this.xAxis.value,
      stages: this.stages.value,
      hiddenRuns: [...this.hiddenRuns.value],
      hiddenMetrics: [...this.hiddenMetrics.value]
    };
  }

  /** Take what `save` returned; anything unknown or wrong is left as it is. */
  load(saved: unknown): void {
    const state = (saved ?? {}) as Record<string, unknown>;
    if (typeof state.smoothing === 'number') {
      this.smoothing.value = Math.min(0.99, Math.max(0, state.smoothing));
    }
    for (const name of ['logY', 'stages'] as const) {
      const on = state[name];
      if (typeof on === 'boolean') {
        this[name].value = on;
      }
    }
    if (typeof state.xAxis === 'string' && /^(step|time|wall|metric:.+)$/s.test(state.xAxis)) {
      this.xAxis.value = state.xAxis as XAxis;
    }
    for (const name of ['hiddenRuns', 'hiddenMetrics'] as const) {
      const names = state[name];
      if (Array.isArray(names) && String(names) !== String([...this[name].value])) {
        this[name].value = new Set(names.map(String));
      }
    }
  }
}

/** Return a copy of a set with one member switched. */
export function toggled(set: ReadonlySet<string>, member: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(member)) {
    next.add(member);
  }
  return next;
}
