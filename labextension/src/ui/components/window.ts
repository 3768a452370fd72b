import type { Range } from '../chart/range';
import { Series } from '../series';
import type { ISource } from '../source';

/** Fetch the points of a window of x for these runs, each as a series of its own. */
export async function fetchWindow(
  source: ISource,
  metric: string,
  runs: readonly string[],
  [x0, x1]: Range
): Promise<Map<string, Series>> {
  // A little more than is visible, so that lines reach the edges of the plot.
  const margin = (x1 - x0) * 0.02 + 1;
  const curves = await source.window({
    runs,
    metrics: [metric],
    x0: x0 - margin,
    x1: x1 + margin,
    width: 1000
  });
  const exact = new Map<string, Series>();
  for (const curve of curves) {
    const series = new Series();
    series.replace(curve);
    exact.set(curve.run, series);
  }
  return exact;
}
