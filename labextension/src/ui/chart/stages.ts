import type uPlot from 'uplot';
import { type XAxis, metricOf } from '../view';
import { token } from './palette';
import { type ILine, along } from './trace';

/** Shade every second stage of a line's run and write each one's name at its head, where there is room. */
export function drawStages(plot: uPlot, host: Element, line: ILine, axis: XAxis): void {
  const { stages = [] } = line;
  if (!stages.length || metricOf(axis) !== null) {
    return;
  }
  const { ctx: context, bbox } = plot;
  const { left, top, width, height } = bbox;
  const ratio = devicePixelRatio;
  const steps = stages.flatMap(({ x0, x1 }, i) => [x0, stages[i + 1]?.x0 ?? x1]);
  const ends = steps.map(step => {
    const [x] = along(line, axis, Float64Array.of(step));
    return Math.min(left + width, Math.max(left, plot.valToPos(x, 'x', true)));
  });
  context.save();
  context.font = `${10 * ratio}px ${getComputedStyle(host).fontFamily}`;
  context.textBaseline = 'top';
  context.textAlign = 'left';
  stages.forEach(({ stage }, i) => {
    const from = ends[2 * i];
    const long = ends[2 * i + 1] - from;
    if (long > 0 && i % 2 === 0) {
      context.fillStyle = token(host, '--rn-hover');
      context.fillRect(from, top, long, height);
    }
    if (context.measureText(stage).width < long - 8 * ratio) {
      context.fillStyle = token(host, '--rn-muted');
      context.fillText(stage, from + 4 * ratio, top + 3 * ratio);
    }
  });
  context.restore();
}
