import { expect, test } from 'vitest';
import { logLabels, logSplits, place, wallLabels, wallSplits } from '../../src/ui/chart/axes';
import { type IFrame, drawLine } from '../../src/ui/chart/draw';
import { nearest, xRange, yRange } from '../../src/ui/chart/range';
import { smooth } from '../../src/ui/chart/smooth';
import { Trace, carried, joined, times } from '../../src/ui/chart/trace';
import { Series } from '../../src/ui/series';

function series(x: number[], y: number[]): Series {
  const made = new Series();
  made.write(0, x, y);
  return made;
}

function trace(x: number[], y: number[]): Trace {
  const made = new Trace({ key: 'a', label: 'a', color: 0, series: series(x, y) });
  made.update('step', 0);
  return made;
}

test('smoothing starts at the first value, and 0 changes nothing', () => {
  expect([...smooth([5, 5, 5], 0.9)]).toEqual([5, 5, 5].map(value => expect.closeTo(value, 9)));
  expect([...smooth([1, 2, 3], 0)]).toEqual([1, 2, 3]);
  // By hand: (0.5·0.5·2 + 0.5·4) / (1 − 0.25) = 10/3
  expect(smooth([2, 4], 0.5)[1]).toBeCloseTo(10 / 3, 9);
});

test('a gap stays a gap and does not move the average', () => {
  const out = smooth([2, NaN, 2, Infinity, 2], 0.6);
  expect([out[0], out[2], out[4]]).toEqual([2, 2, 2].map(value => expect.closeTo(value, 9)));
  expect([out[1], out[3]]).toEqual([NaN, NaN]);
});

test('steps become seconds along the clock, and stay unknown without one', () => {
  const clock = series([0, 10, 20], [0, 1, 5]);
  expect([...times(new Float64Array([0, 5, 15, 20, 28]), clock)]).toEqual([0, 0.5, 3, 5, 7]);
  expect([...times(new Float64Array([1]), undefined)]).toEqual([NaN]);
});

test('a trace is derived again only when something changed', () => {
  const line = { key: 'a', label: 'a', color: 0, series: series([0, 1], [2, 4]) };
  const made = new Trace(line);
  made.update('step', 0.5);
  const first = made.y;
  made.update('step', 0.5);
  expect(made.y).toBe(first);
  line.series.write(2, [2], [6]);
  made.update('step', 0.5);
  expect(made.y).toHaveLength(3);
});

test('ranges look at what is visible, pass over gaps, and stay positive on a log axis', () => {
  const one = trace([0, 1, 2, 3], [1, NaN, 100, -5]);
  expect(xRange([one])).toEqual([0, 3]);
  expect(xRange([])).toEqual([0, 1]);
  expect(xRange([trace([4], [1])])).toEqual([3.5, 4.5]);
  const [low, high] = yRange([one], [0, 3], true);
  expect(low).toBeGreaterThan(0);
  expect(high).toBeGreaterThan(100);
  expect(yRange([one], [0, 1.5], false)[1]).toBeGreaterThan(100);
  expect(yRange([trace([0], [NaN])], [0, 1], false)).toEqual([0, 1]);
});

class FakeContext {
  readonly calls: string[] = [];
  beginPath(): void {}
  stroke(): void {}
  fill(): void {
    this.calls.push('dot');
  }
  setLineDash(): void {}
  moveTo(): void {
    this.calls.push('M');
  }
  lineTo(): void {
    this.calls.push('L');
  }
}

const frame: IFrame = { left: 0, width: 100, min: 0, max: 10, log: false, toY: value => value };
const stroke = { color: 'red', width: 1, alpha: 1, dash: [] };

function drawn(x: number[], y: number[], over: Partial<IFrame> = {}): string {
  globalThis.Path2D ??= class {
    arc(): void {}
  } as unknown as typeof Path2D;
  const context = new FakeContext();
  drawLine(context as unknown as CanvasRenderingContext2D, x, y, { ...frame, ...over }, stroke);
  return context.calls.join('');
}

test('a line breaks at a gap, and a lonely point is a dot', () => {
  expect(drawn([0, 1, 2, 3], [1, 2, NaN, 3])).toBe('MLMdot');
  expect(drawn([0, 1, 2], [1, -1, 2], { log: true })).toBe('MdotMdot');
  expect(drawn([], [])).toBe('');
});

test('a crowd of points costs a few strokes a pixel, spikes included', () => {
  const x = Array.from({ length: 100000 }, (_, i) => i / 10000);
  const calls = drawn(x, x.map(Math.sin));
  expect(calls.length).toBeLessThan(100 * 4);
  expect(calls.startsWith('ML')).toBe(true);
});

test('a log axis has few and round lines wherever it begins, and always an end', () => {
  // These ends kept uPlot's own counting busy for ever.
  const splits = logSplits(0.09834448773413691, 0.9091500316035424);
  expect(splits).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
  expect(logLabels(splits).filter(Boolean)).toEqual(['0.1', '0.2', '0.5']);
  expect(logSplits(1e-12, 1e12).length).toBeLessThan(8);
  expect(logLabels(logSplits(0.02, 900)).filter(Boolean)).toEqual(['0.1', '1', '10', '100']);
  expect([logSplits(0, 1), logSplits(NaN, 1), logSplits(1, 1)]).toEqual([[], [], []]);
});

test('within a few times its lower end a log axis has even steps, each with a label', () => {
  expect(logSplits(1.12, 1.67)).toEqual([1.2, 1.3, 1.4, 1.5, 1.6]);
  expect(logSplits(1.1, 1.93)).toEqual([1.2, 1.4, 1.6, 1.8]);
  expect(logLabels(logSplits(0.53, 0.58))).toEqual([
    '0.53',
    '0.54',
    '0.55',
    '0.56',
    '0.57',
    '0.58'
  ]);
  expect(logLabels(logSplits(1.00012, 1.00049), 1)).toEqual(['1.0002', '1.0003', '1.0004']);
  for (let i = 1; i < 200; i++) {
    const splits = logSplits(i * 0.0137, i * 0.0137 * (1 + 4 / (i + 1)));
    expect(splits.length).toBeGreaterThanOrEqual(2);
    expect(splits.length).toBeLessThanOrEqual(9);
  }
  // Ends as near to each other as numbers can be.
  expect(logSplits(1, 1 + Number.EPSILON).length).toBeLessThanOrEqual(9);
  expect(logSplits(5e-324, 1e-323).length).toBeLessThanOrEqual(9);
});

test('the nearest point is found at both ends and between', () => {
  expect([-1, 0.4, 0.6, 9].map(x => nearest([0, 1, 2], x))).toEqual([0, 0, 1, 2]);
  expect(nearest([], 1)).toBe(-1);
});

test('two metrics are joined by step and sorted by the one that is the axis', () => {
  const acc = series([0, 1, 2, 4], [0.1, 0.2, 0.3, 0.9]);
  const lr = series([0, 1, 1, 2, 3], [5, 9, 4, NaN, 1]);
  expect(joined(acc, lr).map(values => [...values])).toEqual([
    [4, 5],
    [0.2, 0.1]
  ]);
  expect(joined(acc, series([], []))[0]).toHaveLength(0);
  const made = new Trace({ key: 'a', label: 'a', color: 0, series: acc, by: lr });
  made.update('metric:lr', 0);
  expect([...made.x]).toEqual([4, 5]);
  lr.write(5, [4], [3]);
  made.update('metric:lr', 0);
  expect([...made.x]).toEqual([3, 4, 5]);
});

test('the stretch zoomed to is the same on the clock, and no stretch on a metric', () => {
  const line = { key: 'a', label: 'a', color: 0, series: series([0, 5, 10, 20], [1, 1, 1, 1]) };
  const timed = new Trace({ ...line, clock: series([0, 20], [0, 40]), origin: 1000 });
  expect(carried([timed], [5, 10], 'step', 'time')).toEqual([10, 20]);
  expect(carried([timed], [10, 20], 'time', 'wall')).toEqual([1010, 1020]);
  expect(carried([timed], [1010, 1020], 'wall', 'step')).toEqual([5, 10]);
  expect(carried([timed], [5, 10], 'step', 'metric:lr')).toBeNull();
  expect(carried([new Trace(line)], [5, 10], 'step', 'time')).toBeNull();
});

test('a wall axis has whole hours of the reader, and names the day where one begins', () => {
  const noon = new Date(2026, 10, 21, 12, 34).getTime() / 1000;
  const splits = wallSplits(null, 0, noon, noon + 86400, 21600);
  const labels = wallLabels(null, splits, 0, 0, 21600);
  expect(labels).toEqual(['18:00', '22 Nov', '06:00', '12:00']);
  expect(wallLabels(null, [noon + 5], 0, 0, 5)).toEqual(['12:34:05']);
  expect(place('wall', noon)).toContain('12:34');
  expect(place('metric:lr', 0.01)).toBe('lr 0.01');
  expect(place('step', 1200)).toBe('step 1,200');
});
