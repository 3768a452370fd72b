import { expect, test } from 'vitest';
import {
  changes,
  grouped,
  keyCommand,
  reasonOf,
  stateTimes,
  viewerOf
} from '../../../src/ui/remote/words';
import { TORCH, makeSession } from './fake';

test('a fingerprint is grouped for the eye and whole for the clipboard', () => {
  const parts = grouped('SHA256:u3Yk2dJ9Qp');
  expect(parts).toEqual(['SHA256:', 'u3Yk', '2dJ9', 'Qp']);
  expect(parts.join('')).toBe('SHA256:u3Yk2dJ9Qp');
});

test('the command names the file of that kind of key', () => {
  expect(keyCommand('ssh-ed25519')).toContain('ssh_host_ed25519_key.pub');
  expect(keyCommand('ecdsa-sha2-nistp256')).toContain('ssh_host_ecdsa_key.pub');
  expect(keyCommand('rsa-sha2-512')).toContain('ssh_host_rsa_key.pub');
  expect(keyCommand('something')).toContain('ssh_host_*_key.pub');
});

test('a session that reconnects counts down and says since when it is stale', () => {
  const since = new Date(2020, 0, 2, 14, 5).getTime() / 1000;
  const session = makeSession('a', { state: 'reconnecting', since, nextTry: 10, reason: 'Cut.' });
  expect(stateTimes(session, 6.2)).toBe('next try in 4 s');
  expect(stateTimes(session, 11)).toBe('trying now');
  expect(reasonOf(session)).toBe('Stale since 2020-01-02 14:05. Cut.');
  expect(stateTimes(makeSession('b', { started: 0 }), 7260)).toBe('for 2 h 1 m');
});

test('only changes of state are announced, and not what was there at first', () => {
  const running = makeSession('a');
  const cut = makeSession('a', { state: 'reconnecting', reason: 'Cut.' });
  expect(changes(null, [running])).toBe('');
  expect(changes([running], [makeSession('a', { since: 5 })])).toBe('');
  expect(changes([running], [cut, makeSession('b')])).toBe(
    '10.0.0.1 /data/runs: reconnecting. Cut. 10.0.0.1 /data/runs: running'
  );
  expect(changes([running], [cut])).toBe('10.0.0.1: reconnecting. Cut.');
});

test('an environment says what it has of ours', () => {
  expect(viewerOf(TORCH)).toBe('viewer 0.1.0');
  expect(viewerOf({ ...TORCH, distribution: 'runicorn', version: '0.7.2' })).toContain('upstream');
  expect(viewerOf({ ...TORCH, distribution: null, version: null })).toBe('no viewer here');
});
