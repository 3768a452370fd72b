import { expect, test } from 'vitest';
import { type Flow, type Happening, firstUsable, next } from '../../../src/ui/remote/flow';
import { RemoteProblem } from '../../../src/ui/remote/source';
import { KEY, TORCH, makeSession } from './fake';

const target = { host: 'gpu1' };
const login = { target, wish: null };
const connection = { id: 'ada@10.0.0.1:22', host: 'gpu1' };
const places = { environments: [TORCH], roots: [] };
const wish = { environment: 'torch', root: '/data/runs' };

const connecting: Flow = { at: 'connecting', since: 1, ...login };
const place: Flow = { at: 'place', connection, places, wish: null, problem: '' };

function failed(code: string, message = 'Why.'): Happening {
  return { type: 'failed', problem: new RemoteProblem(code, message, KEY) };
}

test('the way from a host to its runs', () => {
  let flow: Flow = { at: 'closed' };
  const seen = (
    [
      { type: 'pick' },
      { type: 'connect', now: 1, login },
      { type: 'connected', now: 2, connection },
      { type: 'places', places },
      { type: 'start', now: 3, wish },
      { type: 'started', session: makeSession('s1') }
    ] satisfies Happening[]
  ).map(event => (flow = next(flow, event)).at);
  expect(seen).toEqual(['pick', 'connecting', 'looking', 'place', 'starting', 'closed']);
});

test('a login with a wish goes straight to the start', () => {
  const wished = next({ ...connecting, wish }, { type: 'connected', now: 2, connection });
  expect(wished).toMatchObject({ at: 'starting', wish, places: null });
});

test.each([
  ['host_key_confirmation_required', { at: 'key', key: KEY, target }],
  ['host_key_changed', { at: 'changed', message: 'Why.', target }],
  ['authentication_failed', { at: 'secret', kind: 'password', problem: 'Why.' }],
  ['passphrase_required', { at: 'secret', kind: 'passphrase', problem: 'Why.' }],
  ['no_route', { at: 'pick', typed: 'gpu1', problem: 'Why.' }]
])('a login that fails with %s', (code, expected) => {
  expect(next(connecting, failed(code))).toMatchObject(expected);
});

test('a host that takes keys only is not asked a password for', () => {
  const why = (takes: boolean | null): Happening => ({
    type: 'failed',
    problem: new RemoteProblem('authentication_failed', 'Refused.', null, takes)
  });
  const picked = next(connecting, why(false));
  expect(picked).toMatchObject({ at: 'pick', typed: 'gpu1' });
  expect(JSON.stringify(picked)).toContain('Refused. Name the right one as IdentityFile');
  expect(next(connecting, why(true)).at).toBe('secret');
  expect(next(connecting, why(null)).at).toBe('secret');
});

test('a login that somebody closed is asked for again', () => {
  const starting = next(place, { type: 'start', now: 1, wish });
  const picked = next(starting, failed('connection_not_found'));
  expect(picked).toMatchObject({ at: 'pick', typed: 'ada@10.0.0.1:22' });
  expect(JSON.stringify(picked)).toContain('connect again');
});

test('an answer that comes after the reader gave up changes nothing', () => {
  const closed: Flow = { at: 'closed' };
  expect(next(closed, { type: 'connected', now: 2, connection })).toBe(closed);
  expect(next(closed, { type: 'places', places })).toBe(closed);
  expect(next(closed, failed('no_route'))).toBe(closed);
  expect(next(place, { type: 'connected', now: 2, connection })).toBe(place);
});

test('from a changed key only another host leads on', () => {
  const changed: Flow = { at: 'changed', message: 'Why.', ...login };
  expect(next(changed, failed('host_key_changed'))).toBe(changed);
  expect(next(changed, { type: 'start', now: 1, wish })).toBe(changed);
  expect(next(changed, { type: 'pick' }).at).toBe('pick');
});

test('a start or an installation that fails leads back to what can be chosen, with the reason', () => {
  const starting = next(place, { type: 'start', now: 1, wish });
  expect(next(starting, failed('viewer_failed'))).toEqual({ ...place, wish, problem: 'Why.' });
  const installing = next(place, { type: 'install' });
  expect(next(installing, failed('install_failed'))).toEqual({ ...place, problem: 'Why.' });
});

test('the first Python that has our viewer is chosen, upstream’s is none', () => {
  const upstream = { ...TORCH, name: 'old', distribution: 'runicorn' };
  expect(firstUsable({ environments: [upstream, TORCH], roots: [] })).toBe('torch');
  expect(firstUsable({ environments: [upstream], roots: [] })).toBeNull();
});
