import type { Range } from '../chart/range';
import { Series } from '../series';
import type { ISource } from '../source';
import type { XAxis } from '../view';

/** Fetch the points of a window of x, or of all of it, for these runs, each as a series of its own. */
export async function fetchWindow(
  source: ISource,
  metric: string,
  runs: readonly string[],
  x: XAxis,
  zoom: Range | null
): Promise<Map<string, Series>> {
  // A little more than is visible, so that lines reach the edges of the plot.
  const margin = zoom ? (zoom[1] - zoom[0]) * 0.02 + Number(x === 'step') : 0;
  const window = zoom && { x0: zoom[0] - margin, x1: zoom[1] + margin };
  const curves = await source.window({ runs, metrics: [metric], x, ...window, width: 1000 });
  const exact = new Map<string, Series>();
  for (const curve of curves) {
    const series = new Series();
    series.replace(curve);
    exact.set(curve.run, series);
  }
  return exact;
}
