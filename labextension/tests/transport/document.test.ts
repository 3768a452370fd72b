import { expect, test } from 'vitest';
import { loadDocument, saveDocument, thin } from '../../src/transport/document';
import { Store } from '../../src/ui/store';
import { makeDoc, makeRun, parsed } from '../make';

test('what a page saves it can load: final, without paths, hosts and the model', async () => {
  const store = new Store();
  store.setRuns([makeRun('__proto__', { run_dir: '/home/me/x', hostname: 'gpu1' })], 1);
  store.setCurves([
    { run: '__proto__', metric: 'loss', x: [0, 1], y: [2, 1], total: 2, exact: true }
  ]);
  store.ensureClock('__proto__').write(0, [0, 1], [0, 9]);
  store.appendLogs(
    '__proto__',
    Array.from({ length: 80 }, (_, i) => `line ${i}`)
  );
  const first = makeDoc([], { kind: 'run', live: true, model_id: 'm' });
  const saved = parsed<typeof first>(JSON.stringify(await saveDocument(store, first)));
  expect(saved).toMatchObject({ live: false, key: 'k' });
  expect(JSON.stringify(saved)).not.toMatch(/home|gpu1|model_id/);

  const again = new Store();
  await loadDocument(again, saved);
  expect([...again.series('__proto__', 'loss')!.y]).toEqual([2, 1]);
  expect([...again.clocks.get('__proto__')!.y]).toEqual([0, 9]);
  expect(again.logs.get('__proto__')).toHaveLength(50);
});

test('thinning keeps every spike', () => {
  const x = Float64Array.from({ length: 10000 }, (_, i) => i);
  const y = new Float64Array(10000);
  y[4321] = 99;
  y[4322] = -99;
  const { y: kept, exact } = thin({ run: 'a', metric: 'm', x, y, total: 10000, exact: true }, 1000);
  expect(kept.length).toBeLessThanOrEqual(1000);
  expect(Math.max(...kept)).toBe(99);
  expect(Math.min(...kept)).toBe(-99);
  expect(exact).toBe(false);
});

test('a filled store changes in one step: never without the runs it had', async () => {
  const store = new Store();
  store.setRuns([makeRun('a')], 1);
  const sizes: number[] = [];
  store.changed.connect(() => sizes.push(store.runs.size));
  await loadDocument(store, makeDoc([makeRun('b'), makeRun('c')]));
  expect(sizes).not.toContain(0);
  expect([...store.runs.keys()]).toEqual(['b', 'c']);
});

test('the last lines of a log go behind the ones known', () => {
  const store = new Store();
  store.mergeLogs('a', ['1', '2', '3']);
  store.mergeLogs('a', ['2', '3', '4']);
  expect(store.logs.get('a')).toEqual(['1', '2', '3', '4']);
  store.mergeLogs('a', ['9']);
  expect(store.logs.get('a')).toEqual(['9']);
});
