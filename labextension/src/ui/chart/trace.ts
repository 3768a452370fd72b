import type { Series } from '../series';
import type { XAxis } from '../view';
import { smooth } from './smooth';

/** One line of a chart: whose it is, and how it looks. */
export interface ILine {
  readonly key: string;
  readonly label: string;
  readonly series: Series;
  readonly clock?: Series;
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
    const { clock } = this.line;
    const series = exact ?? this.line.series;
    const stamp = [series.version, exact ? 1 : 0, clock?.version, axis, smoothing].join();
    if (stamp === this._stamp && this.raw.length === series.length) {
      return;
    }
    this._stamp = stamp;
    this.raw = series.y;
    this.x = axis === 'time' ? times(series.x, clock) : series.x;
    this.y = smoothing > 0 ? smooth(series.y, smoothing) : this.raw;
  }
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
