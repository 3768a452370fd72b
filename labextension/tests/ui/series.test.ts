import { expect, test } from 'vitest';
import { Series } from '../../src/ui/series';
import { Store } from '../../src/ui/store';
import { flatten, own } from '../../src/ui/object';
import { View, toggled } from '../../src/ui/view';
import { makeRun, parsed } from '../make';

test('a series grows in place, cuts back, and refuses holes', () => {
  const series = new Series();
  for (let i = 0; i < 1000; i++) {
    expect(series.write(i, [i], [i * 2])).toBe(true);
  }
  expect(series.length).toBe(1000);
  expect(series.y[999]).toBe(1998);
  expect(series.write(1001, [0], [0])).toBe(false);
  expect(series.write(0, [1, 2], [3])).toBe(false);
  series.write(2, [7], [8]);
  expect([...series.x]).toEqual([0, 1, 7]);
  expect(series.indexOf(1)).toBe(1);
  expect(series.indexOf(99)).toBe(3);
});

test('new runs come first, gone ones leave, and the total is told', () => {
  const store = new Store();
  store.setRuns([makeRun('a'), makeRun('b')], 2);
  store.updateRuns([makeRun('c'), makeRun('a', { state: 'failed' })], ['b'], 2);
  expect([...store.runs.keys()]).toEqual(['c', 'a']);
  expect(store.runs.get('a')!.state).toBe('failed');
});

test('__proto__ and constructor are names like any other', () => {
  const config = parsed<Record<string, unknown>>(
    '{"__proto__": {"constructor": 1}, "a": {"__proto__": 2}}'
  );
  expect([...flatten(config)]).toEqual([
    ['__proto__.constructor', 1],
    ['a.__proto__', 2]
  ]);
  expect(own(config, 'toString')).toBeUndefined();
  expect(own(parsed<Record<string, number>>('{"__proto__": 5}'), '__proto__')).toBe(5);
  expect(own(null, 'x')).toBeUndefined();
});

test('a view keeps what is worth keeping and ignores what is wrong', () => {
  const view = new View();
  view.smoothing.value = 0.5;
  view.hiddenRuns.value = toggled(view.hiddenRuns.value, '__proto__');
  const again = new View();
  again.load(JSON.parse(JSON.stringify(view.save())));
  expect(again.smoothing.value).toBe(0.5);
  expect(again.hiddenRuns.value.has('__proto__')).toBe(true);
  again.load({ smoothing: 'much', xAxis: 'sideways', logY: 1, hiddenRuns: 7 });
  expect(again.save()).toEqual(view.save());
});
