import { expect, test } from 'vitest';
import { hasBadPort, labelOf, matching, parseTarget, written } from '../../../src/ui/remote/target';
import { FakeSource } from './fake';

test.each([
  ['gpu1', { host: 'gpu1' }],
  [' ada@gpu1 ', { host: 'gpu1', username: 'ada' }],
  ['ada@gpu1:2222', { host: 'gpu1', username: 'ada', port: 2222 }],
  ['ada@[::1]:2222', { host: '::1', username: 'ada', port: 2222 }],
  ['ssh ada@gpu1', { host: 'gpu1', username: 'ada' }],
  ['ssh ada@gpu1 -p 2222', { host: 'gpu1', username: 'ada', port: 2222 }],
  ['ssh -p2222 ada@gpu1', { host: 'gpu1', username: 'ada', port: 2222 }],
  ['ada@::1 -p 22', { host: '::1', username: 'ada', port: 22 }],
  ['ssh://ada@gpu1:2222/', { host: 'gpu1', username: 'ada', port: 2222 }],
  ['ssh', { host: 'ssh' }],
  ['::1', { host: '::1' }],
  ['ada@fe80::1', { host: 'fe80::1', username: 'ada' }]
])('%s is a login', (typed, target) => {
  expect(parseTarget(typed)).toEqual(target);
});

test.each([
  '',
  'a b',
  'ada@',
  'gpu1:0',
  'gpu1:70000',
  '-oProxyCommand=x',
  'ssh -oX h',
  'h -p 0',
  'a@b@c',
  'gpu1:ssh'
])('“%s” is none', typed => expect(parseTarget(typed)).toBeNull());

test('only a port that is out of range is told as that', () => {
  for (const typed of ['h:0', 'h:', 'ada@h:70000', 'h -p 70000', '[::1]:0', 'ssh h:99999']) {
    expect([typed, hasBadPort(typed)]).toEqual([typed, true]);
  }
  for (const typed of ['h:22', '', 'a b', 'a b:0', '-x:0', 'h:ssh', '::1']) {
    expect([typed, hasBadPort(typed)]).toEqual([typed, false]);
  }
});

test('what is written is read again', () => {
  for (const typed of ['gpu1', 'ada@gpu1:2222', 'ada@[::1]:2222']) {
    expect(written(parseTarget(typed)!)).toBe(typed);
  }
});

test('hosts are found by name, user, address and port, and logins are called as the ssh config calls them', async () => {
  const hosts = await new FakeSource().hosts();
  const names = (typed: string): string[] => matching(hosts, typed).map(one => one.name);
  expect(names('')).toEqual(['gpu1', 'gpu2']);
  expect(names('GPU 2222')).toEqual(['gpu2']);
  expect(names('ada@10.0.0.1')).toEqual(['gpu1']);
  expect(labelOf('ada@10.0.0.2:2222', hosts)).toBe('gpu2');
  expect(labelOf('eve@10.0.0.2:2222', hosts)).toBe('10.0.0.2');
  expect(labelOf('ada@10.0.0.2:2222', null)).toBe('10.0.0.2');
});
