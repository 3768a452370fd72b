import { expect, test } from 'vitest';
import { parseHash, toHash } from '../../src/page/route';

test.each([
  { at: 'runs' } as const,
  { at: 'bin' } as const,
  { at: 'artifacts' } as const,
  { at: 'remote' } as const,
  { at: 'artifact', type: 'data set', name: 'a/b:c', version: 3 } as const,
  { at: 'artifact', type: 'model', name: 'v2' } as const,
  { at: 'run', run: 'a b/ü%' } as const,
  { at: 'project', project: '__proto__/x' } as const
])('%j survives the address', route => expect(parseHash(toHash(route))).toEqual(route));

test('anything unknown is the list', () => {
  for (const hash of ['', '#', '#/run/', '#/nowhere/x', '#/run/%E0%A4%A']) {
    expect(parseHash(hash)).toEqual({ at: 'runs' });
  }
});
