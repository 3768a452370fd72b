import { expect, test } from 'vitest';
import { ago, duration, number, tick, value } from '../../src/ui/format';
import { clock } from '../../src/ui/chart/axes';

test.each([
  [0, '0'],
  [0.123456, '0.1235'],
  [-2.5, '−2.5'],
  [1234.5678, '1,235'],
  [8970, '8,970'],
  [0.00001234, '1.234e−5'],
  [1e-5, '1e−5'],
  [1.5e12, '1.5e12'],
  [NaN, 'NaN'],
  [-Infinity, '−∞'],
  [null, '–']
])('number(%s) is %s', (given, text) => expect(number(given)).toBe(text));

test.each([
  [0.25, '0.3 s'],
  [9.94, '9.9 s'],
  [59.6, '1 m'],
  [134, '2 m 14 s'],
  [3600, '1 h'],
  [90061, '1 d 1 h'],
  [null, '–'],
  [-1, '–']
])('duration(%s) is %s', (given, text) => expect(duration(given)).toBe(text));

test.each([
  [0, '0'],
  [250, '250'],
  [12000, '12k'],
  [1200000, '1.2M'],
  [-0.00002, '−2e−5'],
  [0.30000000000000004, '0.3']
])('tick(%s) is %s', (given, text) => expect(tick(given)).toBe(text));

test('ticks of one axis are told in one unit, and neighbours never look alike', () => {
  expect([0.0009, 0.001].map(value => tick(value, 0.001))).toEqual(['0.0009', '0.001']);
  expect([0, 5000, 15000].map(value => tick(value, 15000))).toEqual(['0', '5k', '15k']);
  expect([1234500, 1234600].map(value => tick(value))).toEqual(['1.2345M', '1.2346M']);
});

test('times are told from now, then by date', () => {
  expect(ago(990, 1000)).toBe('just now');
  expect(ago(700, 1000)).toBe('5 m ago');
  expect(ago(1000 - 7200, 1000)).toBe('2 h ago');
  expect(ago(0, 90 * 86400)).toMatch(/^19(69|70)-/);
  expect(ago(null)).toBe('–');
});

test('any logged value is one line of text', () => {
  expect(value([64, 32])).toBe('[64,32]');
  expect(value('<b>')).toBe('<b>');
  expect(value(undefined)).toBe('–');
  expect([clock(45), clock(720), clock(5400 * 2)]).toEqual(['45s', '12m', '3h']);
});
