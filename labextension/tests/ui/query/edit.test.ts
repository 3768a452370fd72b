import { expect, test } from 'vitest';
import { compile } from '../../../src/ui/query';
import { configName, pieces, togglePick, without } from '../../../src/ui/query/edit';
import { makeRun } from '../../make';

test('a pick adds a condition, a second one a list, and taking both back leaves nothing', () => {
  const one = togglePick('', 'state', 'failed');
  expect(one).toBe('state == "failed"');
  const two = togglePick(one, 'state', 'lost');
  expect(two).toBe('state in ("failed", "lost")');
  expect(togglePick(two, 'state', 'failed')).toBe('state == "lost"');
  expect(togglePick('state == "lost"', 'state', 'lost')).toBe('');
});

test('what else the reader wrote stays, in its place', () => {
  expect(togglePick('acc > 0.9 and lr == 0.1', 'lr', 0.2)).toBe('acc > 0.9 and lr in (0.1, 0.2)');
  expect(togglePick('lr == 0.1 and acc > 0.9', 'state', 'failed')).toBe(
    'lr == 0.1 and acc > 0.9 and state == "failed"'
  );
  expect(togglePick('a == 1 or b == 2', 'lr', 0.2)).toBe('(a == 1 or b == 2) and lr == 0.2');
  expect(togglePick('mlp base', 'lr', 0.2)).toBe('name ~ "mlp" and name ~ "base" and lr == 0.2');
  expect(without('lr == 0.1 and acc > 0.9', 'lr')).toBe('acc > 0.9');
  expect(() => togglePick('lr =<', 'lr', 1)).toThrow();
});

test('none, tags and strange names are written so that they mean themselves', () => {
  const none = togglePick(togglePick('', 'lr', 0.1), 'lr', null);
  expect(none).toBe('(lr == 0.1 or lr is null)');
  expect(pieces(none)[0]).toMatchObject({ key: 'lr', picks: [0.1, null] });
  const tags = togglePick(togglePick('', 'tags', 'a', true), 'tags', 'b', true);
  expect(tags).toBe('"a" in tags and "b" in tags');
  expect(togglePick(tags, 'tags', 'a', true)).toBe('"b" in tags');
  expect(togglePick('', 'tags', null, true)).toBe('not tags');
  expect(configName('name')).toBe('config.name');
  const odd = togglePick('', configName('batch size'), 'a "b" \\ c');
  const run = makeRun('a', { config: { 'batch size': 'a "b" \\ c' } });
  expect(compile(odd)(run, 0)).toBe(true);
  expect(togglePick(odd, configName('batch size'), 'a "b" \\ c')).toBe('');
});
