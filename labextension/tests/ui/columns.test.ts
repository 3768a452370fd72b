import { expect, test } from 'vitest';
import { columnsOf, compareCells, firstColumns, matches } from '../../src/ui/components/columns';
import { next } from '../../src/ui/components/TableHead';
import { grow } from '../../src/ui/components/Explorer';
import { labelsOf, shortId } from '../../src/ui/labels';
import { makeRun, parsed } from '../make';

const runs = [
  makeRun('a', { config: { lr: 0.1, seed: 1, batch: 64 } }),
  makeRun('b', { config: { lr: 0.01, seed: 1, batch: 64 } }),
  makeRun('c', { config: parsed('{"lr": 0.1, "seed": 1, "batch": 64, "__proto__": "x"}') })
];

test('config that varies comes first and is shown, what is the same is one click away', () => {
  const columns = columnsOf(runs, 'last');
  expect(columns.map(column => column.key)).toEqual([
    'created',
    'duration',
    'step',
    'config.lr',
    'config.__proto__',
    'config.seed',
    'config.batch',
    'metric.loss'
  ]);
  expect([...firstColumns(runs, columns)]).toEqual([
    'config.lr',
    'config.__proto__',
    'metric.loss'
  ]);
  const loss = columns.at(-1)!;
  expect(loss.cell(runs[0], 0)).toMatchObject({ text: '1', sort: 1 });
  expect(columnsOf(runs, 'max').at(-1)!.cell(runs[0], 0).text).toBe('2');
});

test('empty cells stay last both ways, numbers come before words', () => {
  const cells = [null, 2, 'x', 10].map(sort => ({ text: '', sort }));
  const order = (descending: boolean): unknown[] =>
    [...cells].sort((a, b) => compareCells(a, b, descending)).map(cell => cell.sort);
  expect(order(false)).toEqual([2, 10, 'x', null]);
  expect(order(true)).toEqual([10, 2, 'x', null]);
});

test('a click sorts, a second one turns it, a third gives the own order back', () => {
  const up = next(null, 'lr');
  const down = next(up, 'lr');
  expect([up, down, next(down, 'lr')]).toEqual([
    { key: 'lr', descending: false },
    { key: 'lr', descending: true },
    null
  ]);
});

test('the filter finds words in names, tags, state and config, all of them', () => {
  const run = makeRun('20261121_1_ab', { tags: ['Baseline'], state: 'failed' });
  expect(
    ['base', 'lr=0.1', 'DIGITS mlp', 'failed _ab', ''].every(filter => matches(run, filter))
  ).toBe(true);
  expect(matches(run, 'mlp nothing')).toBe(false);
});

test('runs of one name are told apart by what differs, then by id', () => {
  const labels = labelsOf([
    ...runs,
    makeRun('20261121_021910_35496c', { config: { lr: 0.01, seed: 1, batch: 64 } })
  ]);
  expect([...labels.values()].sort()).toEqual([
    'mlp lr=0.01 35496c',
    'mlp lr=0.01 b',
    'mlp lr=0.1',
    'mlp lr=0.1 __proto__=x'
  ]);
  expect(labelsOf([makeRun('x', { name: 'alone' })]).get('x')).toBe('alone');
  expect(shortId('odd')).toBe('odd');
});

test('the tree groups by project and name, newest first', () => {
  const tree = grow([
    makeRun('old', { started_at: 1 }),
    makeRun('new', { started_at: 2 }),
    makeRun('other', { project: '__proto__', started_at: 3 })
  ]);
  expect([...tree.keys()]).toEqual(['__proto__', 'digits']);
  expect(
    tree
      .get('digits')!
      .get('mlp')!
      .map(run => run.id)
  ).toEqual(['new', 'old']);
});
