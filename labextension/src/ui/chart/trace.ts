import type { IStage } from '../model';
import { type Series, lowerBound } from '../series';
import { type XAxis, metricOf } from '../view';
import type { Range } from './range';
import { smooth } from './smooth';

/** One line of a chart: whose it is, and how it looks. */
export interface ILine {
  readonly key: string;
  readonly label: string;
  readonly series: Series;
  readonly clock?: Series;
  /** The Unix time at which the clock says 0. */
  readonly origin?: number;
  /** The metric that is the x axis, where one is. */
  readonly by?: Series;
  readonly stages?: readonly IStage[];
  /** Index into the palette. */
  readonly color: number;
  readonly live?: boolean;
}

/**
 * A line with what is derived from it: x on the axis chosen, y smoothed. Each is computed once per change.
 */
export class Trace {
  x: Float64Array = EMPTY;
  raw: Float64Array = EMPTY;
  /** Equal to `raw` without smoothing. */
  y: Float64Array = EMPTY;
  private _stamp = '';

  constructor(readonly line: ILine) {}

  /** Bring the derived arrays up to date. `exact` replaces the line's points where a window was fetched. */
  update(axis: XAxis, smoothing: number, exact?: Series): void {
    const { clock, origin, by } = this.line;
    const series = exact ?? this.line.series;
    const stamp = [series.version, exact ? 1 : 0, clock?.version, origin, by?.version, axis].join();
    if (`${stamp},${smoothing}` === this._stamp) {
      return;
    }
    this._stamp = `${stamp},${smoothing}`;
    [this.x, this.raw] = exact ? [exact.x, exact.y] : placed(this.line, axis);
    this.y = smoothing > 0 ? smooth(this.raw, smoothing) : this.raw;
  }
}

/** Return the points of a line on an axis, x ascending; x is NaN where it is not known. */
function placed(line: ILine, axis: XAxis): [Float64Array, Float64Array] {
  const { series, by } = line;
  return metricOf(axis) === null
    ? [along(line, axis, series.x), series.y]
    : by
      ? joined(series, by)
      : [EMPTY, EMPTY];
}

/** Map ascending steps of a line's run to an axis that is no metric. */
export function along({ clock, origin }: ILine, axis: XAxis, steps: Float64Array): Float64Array {
  return axis === 'step'
    ? steps
    : times(steps, clock).map(second => second + (axis === 'wall' ? (origin ?? NaN) : 0));
}

/** Return the values of `series` over those of `by`, at the steps that both have, sorted by the latter. */
export function joined(series: Series, by: Series): [Float64Array, Float64Array] {
  const pairs: [number, number][] = [];
  for (let i = 0, at = 0; i < series.length; i++) {
    while (at < by.length - 1 && by.x[at + 1] <= series.x[i]) {
      at++;
    }
    if (by.x[at] === series.x[i] && Number.isFinite(by.y[at])) {
      pairs.push([by.y[at], series.y[i]]);
    }
  }
  pairs.sort((a, b) => a[0] - b[0]);
  return [Float64Array.from(pairs, ([x]) => x), Float64Array.from(pairs, ([, y]) => y)];
}

const EMPTY = new Float64Array(0);

/** Map ascending steps to seconds along the clock, past its end at its mean pace; NaN everywhere without one. */
export function times(steps: Float64Array, clock: Series | undefined): Float64Array {
  const out = new Float64Array(steps.length).fill(NaN);
  if (!clock || clock.length === 0) {
    return out;
  }
  const { x, y } = clock;
  const last = x.length - 1;
  const pace = x[last] > x[0] ? (y[last] - y[0]) / (x[last] - x[0]) : 0;
  for (let i = 0, at = 0; i < steps.length; i++) {
    while (at < last && x[at + 1] <= steps[i]) {
      at++;
    }
    const beyond = steps[i] - x[at];
    const span = at < last ? x[at + 1] - x[at] : 0;
    out[i] = y[at] + beyond * (span > 0 && beyond > 0 ? (y[at + 1] - y[at]) / span : pace);
  }
  return out;
}

/** Return the stretch `zoom` of these lines on another axis; null to and from a metric, where none is the same. */
export function carried(
  traces: readonly Trace[],
  zoom: Range,
  from: XAxis,
  to: XAxis
): Range | null {
  if (metricOf(from) !== null || metricOf(to) !== null) {
    return null;
  }
  const ends = traces.flatMap(({ line }) => {
    const { x } = line.series;
    const old = along(line, from, x);
    const first = lowerBound(old, zoom[0]);
    const last = Math.min(lowerBound(old, zoom[1]), x.length - 1);
    return first < last ? [...along(line, to, Float64Array.of(x[first], x[last]))] : [];
  });
  const known = ends.filter(Number.isFinite);
  return known.length ? [Math.min(...known), Math.max(...known)] : null;
}
