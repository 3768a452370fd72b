import { expect, test } from 'vitest';
import { readClock } from '../../src/transport/client';
import { CurveFetcher, appendTail } from '../../src/transport/curves';
import type { Client } from '../../src/transport/client';
import type { ICurve } from '../../src/ui/model';
import { Series } from '../../src/ui/series';
import { Store } from '../../src/ui/store';
import { makeRun, until } from '../make';

function curve(x: number[], y: number[], exact = true): ICurve {
  return { run: 'a', metric: 'loss', x, y, total: x.length, exact };
}

test('a tail goes over the end, and the total grows by what is new', () => {
  const series = new Series();
  series.replace({ ...curve([0, 1, 2], [5, 4, 3]), total: 3 });
  expect(appendTail(series, curve([2, 3], [30, 20]))).toBe(true);
  expect([...series.x]).toEqual([0, 1, 2, 3]);
  expect([...series.y]).toEqual([5, 4, 30, 20]);
  expect(series.total).toBe(4);
  expect(appendTail(series, curve([], []))).toBe(true);
  expect(appendTail(series, curve([4, 9], [1, 1], false))).toBe(false);
});

test('a followed curve is read whole once, then from its last step, and no longer after it is left', async () => {
  const asked: (number | undefined)[] = [];
  const client = {
    curves: ({ x0 }: { x0?: number }) => {
      asked.push(x0);
      const read = x0 === undefined ? curve([0, 1], [9, 8]) : curve([1, 2], [8, 7]);
      return Promise.resolve({ curves: [read], stages: { a: [{ stage: 'warm', x0: 0, x1: 1 }] } });
    }
  } as unknown as Client;
  const store = new Store();
  store.setRuns([makeRun('a')], 1);
  const fetcher = new CurveFetcher(client, store);
  fetcher.want([{ curves: ['a'] }]);
  await until(() => store.series('a', 'loss') !== undefined);
  fetcher.refresh(() => true);
  await until(() => store.series('a', 'loss')!.length === 3);
  expect(asked).toEqual([undefined, 1]);
  expect(store.stages.get('a')).toEqual([{ stage: 'warm', x0: 0, x1: 1 }]);
  fetcher.want([]);
  fetcher.refresh(() => true);
  await new Promise(resolve => setTimeout(resolve, 600));
  expect(asked).toHaveLength(2);
  fetcher.dispose();
});

test('changes that keep coming never put the next reading off', async () => {
  let asked = 0;
  const client = {
    curves: () => {
      asked += 1;
      return Promise.resolve({ curves: [curve([0, asked], [9, 8])] });
    }
  } as unknown as Client;
  const store = new Store();
  store.setRuns([makeRun('a')], 1);
  const fetcher = new CurveFetcher(client, store);
  fetcher.want([{ curves: ['a'] }]);
  await until(() => asked === 1);
  const changes = setInterval(() => fetcher.refresh(() => true), 50);
  await until(() => asked >= 3);
  clearInterval(changes);
  fetcher.dispose();
});

test('a clock starts at zero and passes over rows without a step', () => {
  const rows = [{ global_step: 1, time: 100 }, { time: 101 }, { global_step: 3, time: 104.5 }];
  expect(readClock(rows)).toEqual({ x: [1, 3], y: [0, 4.5], origin: 100 });
});
