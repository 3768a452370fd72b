import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pack, unpack } from '../../src/transport/pack';
import type { IPacked } from '../../src/ui/model';

interface IFixture {
  packed: IPacked;
  expect: { x: number[]; y: (number | null)[] }[];
}

// Made by a numpy encoder written from the wire's description, so both sides are held to the same words.
const fixture = JSON.parse(readFileSync('tests/fixtures/packed.json', 'utf8')) as IFixture;

test('curves packed by numpy come back within one quantum, gaps as NaN', async () => {
  const curves = await unpack(fixture.packed);
  expect(curves).toHaveLength(fixture.expect.length);
  curves.forEach((curve, i) => {
    const { x, y } = fixture.expect[i];
    const described = fixture.packed.series[i].y;
    const quantum = ((described.max ?? 0) - (described.min ?? 0)) / 65534;
    x.forEach((value, j) => expect(Math.abs(curve.x[j] - value)).toBeLessThan(0.002));
    y.forEach((value, j) =>
      value === null
        ? expect(curve.y[j]).toBeNaN()
        : expect(Math.abs(curve.y[j] - value)).toBeLessThanOrEqual(quantum)
    );
  });
  expect(curves[1]).toMatchObject({
    metric: '__proto__',
    total: 123456,
    exact: false,
    clock: false
  });
  expect(curves[4]).toMatchObject({ run: 'r1', clock: true });
});

test('what the page packs it can unpack', async () => {
  const curve = { run: 'a', metric: 'm', x: [1, 2, 5], y: [0.5, NaN, -3], total: 3, exact: true };
  const clock = { run: 'a', metric: '', x: [1, 5], y: [0, 2], total: 2, exact: true };
  const [first, second] = await unpack(await pack([curve], [clock]));
  expect(Array.from(first.x)).toEqual([1, 2, 5].map(value => expect.closeTo(value, 3)));
  expect(Array.from(first.y)).toEqual([expect.closeTo(0.5, 3), NaN, expect.closeTo(-3, 3)]);
  expect(second.clock).toBe(true);
  expect(await unpack(await pack([]))).toEqual([]);
});

test('a blob that is cut short, or of another encoding, says so in a sentence', async () => {
  const [series] = fixture.packed.series;
  const long = { ...fixture.packed, series: [{ ...series, n: 100000 }] };
  await expect(unpack(long)).rejects.toThrow('cut short');
  await expect(unpack({ ...fixture.packed, encoding: 'v2' })).rejects.toThrow('newer version');
});
