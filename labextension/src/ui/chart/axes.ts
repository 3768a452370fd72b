import type uPlot from 'uplot';
import { count, moment, number, tick } from '../format';
import { t } from '../text';
import { type XAxis, metricOf } from '../view';
import { token } from './palette';

/** The two axes of a chart; colours and font are read when they are drawn, so a new theme needs no remount. */
export function axes(
  host: HTMLElement,
  xAxis: () => XAxis,
  wall: boolean,
  logY: boolean
): uPlot.Axis[] {
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
      ...(wall
        ? { incrs: SPANS, splits: wallSplits, values: wallLabels }
        : { values: (_, splits) => (xAxis() === 'time' ? splits.map(clock) : labels(splits)) })
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
      values: (plot, splits) => {
        const { min = 1, max = 1 } = plot.scales.y as { min?: number; max?: number };
        return logY ? logLabels(splits, max / min) : labels(splits);
      }
    }
  ];
}

/** What stands under the pointer: "step 1,200", "45s", "lr 0.01". */
export function place(axis: XAxis, x: number): string {
  const metric = metricOf(axis);
  return metric !== null
    ? `${metric} ${number(x)}`
    : axis === 'step'
      ? t('step %1', count(Math.round(x)))
      : axis === 'time'
        ? clock(x)
        : moment(x);
}

const DAY = 86400;

/** The distances of lines on an axis of times of day, in seconds. */
const SPANS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[60, 120, 300, 600, 900, 1800],
  ...[3600, 7200, 10800, 21600, 43200],
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map(days => days * DAY)
];

/** Whole minutes, hours and days of the reader's own clock. */
export function wallSplits(
  _: unknown,
  __: number,
  min: number,
  max: number,
  span: number
): number[] {
  const shift = new Date(min * 1000).getTimezoneOffset() * 60;
  const splits: number[] = [];
  for (let at = Math.ceil((min - shift) / span) * span + shift; at <= max; at += span) {
    splits.push(at);
  }
  return splits;
}

/** Times of day; the day's name where one begins, and on the first of them. */
export function wallLabels(
  _: unknown,
  splits: readonly number[],
  __?: unknown,
  ___?: unknown,
  span = DAY
): string[] {
  let last = '';
  return splits.map(split => {
    const date = new Date(split * 1000);
    const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
    const time = date.toTimeString().slice(0, span < 60 ? 8 : 5);
    const fresh = day !== last && last !== '';
    last = day;
    return span >= DAY || fresh ? day : time;
  });
}

/** Label all lines in one unit, that of the largest. */
function labels(splits: readonly number[]): string[] {
  const largest = Math.max(...splits.map(Math.abs));
  return splits.map(value => tick(value, largest));
}

/** From so many times its lower end on, an axis is told in powers of ten; below in even steps. */
const FEW_TIMES = 5;

/** Where a log axis has its lines: 1 to 9 of each power of ten, fewer over many decades, even steps within a few times. */
export function logSplits(min: number, max: number): number[] {
  if (!(min > 0) || !(max > min)) {
    return [];
  }
  if (max / min < FEW_TIMES) {
    return evenSplits(min, max);
  }
  const from = Math.floor(Math.log10(min));
  const to = Math.ceil(Math.log10(max));
  const decades = to - from;
  const digits = decades > 4 ? [1] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const every = Math.ceil(decades / 6);
  const splits: number[] = [];
  for (let power = from; power <= to; power += every) {
    splits.push(...digits.map(digit => Number(`${digit}e${power}`)));
  }
  return splits.filter(value => value >= min && value <= max);
}

/** Multiples of 1, 2 or 5 times a power of ten, three to eight of them. */
function evenSplits(min: number, max: number): number[] {
  const rough = (max - min) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (NICE.find(nice => rough / power < nice * 1.5) ?? 10);
  const first = Math.ceil(min / step);
  const splits = Array.from({ length: 9 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return splits.filter(value => value >= min && value <= max);
}

const NICE = [1, 2, 5];

/** Label every line while there are few; else those that begin with 1, 2 or 5, over many decades with 1 only. */
export function logLabels(
  splits: readonly number[],
  times = splits[splits.length - 1] / splits[0]
): string[] {
  const named = times > 100 ? '1' : '125';
  const all = splits.length <= 5 || times < FEW_TIMES;
  return splits.map(value => (all || named.includes(value.toExponential()[0]) ? tick(value) : ''));
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
