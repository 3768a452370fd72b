import { expect, test } from 'vitest';
import { complete, namesOf } from '../../../src/ui/query';
import { makeRun, parsed } from '../../make';

const runs = [
  makeRun('a', { config: { lr: 0.1, 'learning rate': 1, model: { name: 'x' } } }),
  makeRun('b', {
    config: parsed('{"__proto__": 1, "5fold": 2}'),
    summary: { test_acc: 1 },
    metrics: { 'train/loss': { last: 1, min: 0, max: 2, first: 2, count: 3 } }
  })
];
const names = namesOf(runs);
const offered = (text: string, caret = text.length): string[] =>
  complete(text, caret, names)?.options.map(option => option.text) ?? [];

test('names are written as a query reads them, each once', () => {
  const texts = names.map(name => name.text);
  for (const name of [
    'lr',
    '`learning rate`',
    'model.name',
    '__proto__',
    '`5fold`',
    'train/loss'
  ]) {
    expect(texts.filter(text => text === name)).toHaveLength(1);
  }
  expect(names.find(name => name.text === 'test_acc')?.kind).toBe('summary');
});

test('what begins so comes before what holds it', () => {
  expect(offered('l')[0]).toBe('last_step');
  expect(offered('l')).toContain('lr');
  expect(offered('name')).toEqual(['name', 'hostname', 'best_metric_name', 'model.name']);
  expect(offered('status == finished and trai')).toEqual(['train/loss']);
});

test('a metric and a dot offer its figures', () => {
  expect(offered('train/loss.')).toEqual(
    ['last', 'min', 'max', 'first', 'mean', 'best', 'count'].map(stat => `train/loss.${stat}`)
  );
  expect(offered('loss.me')).toEqual(['loss.mean']);
});

test('nothing is offered for values, inside texts and for a name that is whole', () => {
  expect(offered('status == fin')).toEqual([]);
  expect(offered('name ~ "l')).toEqual([]);
  expect(offered('lr')).toEqual([]);
  expect(offered('lr < ')).toEqual([]);
  expect(offered('', 0)).toEqual([]);
});

test('the name at the caret is replaced, not the one at the end', () => {
  expect(complete('test and lr < 1', 4, names)).toMatchObject({ from: 0, to: 4 });
  expect(offered('test and lr < 1', 4)).toEqual(['test_acc']);
});
