import { lowerBound } from '../series';
import type { Trace } from './trace';

/** The two ends of an axis. */
export type Range = [number, number];

/** Return the ends of x over all traces, widened where they coincide. */
export function xRange(traces: readonly Trace[]): Range {
  let min = Infinity;
  let max = -Infinity;
  for (const { x } of traces) {
    if (x.length) {
      min = Math.min(min, Number.isNaN(x[0]) ? Infinity : x[0]);
      max = Math.max(max, Number.isNaN(x[x.length - 1]) ? -Infinity : x[x.length - 1]);
    }
  }
  if (min > max) {
    return [0, 1];
  }
  return min === max ? [min - 0.5, max + 0.5] : [min, max];
}

/** Return the ends of y over what is visible in `window`, with a little air; positive ends on a log axis. */
export function yRange(traces: readonly Trace[], window: Range, log: boolean): Range {
  let min = Infinity;
  let max = -Infinity;
  for (const { x, raw } of traces) {
    const from = Math.max(0, lowerBound(x, window[0]));
    const to = Math.min(x.length, lowerBound(x, window[1]) + 1);
    for (let i = from; i < to; i++) {
      const y = raw[i];
      if (Number.isFinite(y) && (!log || y > 0)) {
        min = y < min ? y : min;
        max = y > max ? y : max;
      }
    }
  }
  if (min > max) {
    return log ? [0.1, 1] : [0, 1];
  }
  return log ? padLog(min, max) : pad(min, max);
}

function pad(min: number, max: number): Range {
  const air = max > min ? (max - min) * 0.06 : Math.abs(max) * 0.1 || 1;
  return [min - air, max + air];
}

function padLog(min: number, max: number): Range {
  const air = max > min ? (max / min) ** 0.05 : 2;
  return [min / air, max * air];
}

/** Return the mean distance of points of the sparsest line. */
export function spacing(traces: readonly Trace[]): number {
  return Math.max(
    0,
    ...traces.map(({ x }) => (x.length > 1 ? (x[x.length - 1] - x[0]) / (x.length - 1) : 0))
  );
}

/** Return the index of the value nearest to x, or -1. */
export function nearest(values: ArrayLike<number>, x: number): number {
  if (values.length === 0) {
    return -1;
  }
  const at = lowerBound(values, x);
  if (at === 0) {
    return 0;
  }
  return at === values.length || x - values[at - 1] < values[at] - x ? at - 1 : at;
}
