import type uPlot from 'uplot';
import { tick } from '../format';
import type { XAxis } from '../view';
import { token } from './palette';

/** The two axes of a chart; colours and font are read when they are drawn, so a new theme needs no remount. */
export function axes(host: HTMLElement, xAxis: () => XAxis, logY: boolean): uPlot.Axis[] {
  const muted = (): string => token(host, '--rn-muted');
  const grid = (): string => token(host, '--rn-grid');
  const font = (): string => `11px ${getComputedStyle(host).fontFamily}`;
  const shared: uPlot.Axis = {
    stroke: muted,
    grid: { stroke: grid, width: 1 },
    ticks: { show: false },
    font: font()
  };
  return [
    {
      ...shared,
      size: 24,
      space: 64,
      gap: 6,
      grid: { show: false },
      border: { show: true, stroke: grid, width: 1 },
      values: (_, splits) => splits.map(value => (xAxis() === 'time' ? clock(value) : tick(value)))
    },
    {
      ...shared,
      size: (_, values) => 14 + 6.4 * Math.max(2, ...(values ?? []).map(text => text?.length ?? 0)),
      space: 32,
      gap: 6,
      // uPlot's own lines for a log axis never end when it begins between two powers of ten.
      ...(logY && {
        splits: (_: uPlot, __: number, min: number, max: number) => logSplits(min, max)
      }),
      filter: (_, splits) => splits,
      values: (_, splits) => (logY ? logLabels(splits) : splits.map(tick))
    }
  ];
}

/** Where a log axis has its lines: 1 to 9 of each power of ten, fewer over many decades, even steps within a digit. */
export function logSplits(min: number, max: number): number[] {
  if (!(min > 0) || !(max > min)) {
    return [];
  }
  const from = Math.floor(Math.log10(min));
  const to = Math.ceil(Math.log10(max));
  const decades = to - from;
  const digits = decades > 4 ? [1] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const every = Math.ceil(decades / 12);
  const splits: number[] = [];
  for (let power = from; power <= to; power += every) {
    splits.push(...digits.map(digit => Number(`${digit}e${power}`)));
  }
  const inside = splits.filter(value => value >= min && value <= max);
  return inside.length >= 2 ? inside : [1, 2, 3].map(part => min + (part * (max - min)) / 4);
}

/** Label every line while there are few, else those that begin with 1, 2 or 5. */
export function logLabels(splits: readonly number[]): string[] {
  const few = splits.length <= 5;
  return splits.map(value => {
    const named = few || '125'.includes(value.toExponential()[0]);
    return named ? tick(Number(value.toPrecision(3))) : '';
  });
}

/** Seconds on an axis: "45s", "12m", "1h 30m". */
export function clock(seconds: number): string {
  if (Math.abs(seconds) < 120) {
    return `${Number(seconds.toPrecision(3))}s`;
  }
  const minutes = seconds / 60;
  if (minutes < 120) {
    return `${Number(minutes.toPrecision(3))}m`;
  }
  const hours = Math.floor(minutes / 60);
  const rest = Math.round(minutes - hours * 60);
  return rest ? `${hours}h ${rest}m` : `${hours}h`;
}
