import { expect, test } from 'vitest';
import { Client } from '../../src/transport/client';
import { HttpRemote } from '../../src/transport/remote';
import { fromWireSession } from '../../src/transport/remotewire';
import { homeApi, sessionApi } from '../../src/transport/url';

interface IAsked {
  readonly url: string;
  readonly method: string;
  readonly body: Record<string, unknown> | undefined;
}

function fake(answers: Record<string, unknown>, status = 200): [HttpRemote, IAsked[]] {
  const asked: IAsked[] = [];
  const client = new Client({
    api: '/user/a%20b/runicorn/api',
    request: (url, { method = 'GET', body } = {}) => {
      asked.push({ url, method, body: body ? JSON.parse(String(body)) : undefined });
      const path = url.split('/api/remote/')[1].split('?')[0];
      return Promise.resolve(new Response(JSON.stringify(answers[path] ?? {}), { status }));
    },
    socket: () => ({}) as WebSocket
  });
  return [new HttpRemote(client), asked];
}

test('a login sends its secret under its own name, and nothing else that is not known', async () => {
  const [remote, asked] = fake({ connect: { connection_id: 'ada@gpu1:22', host: 'gpu1' } });
  const { signal } = new AbortController();
  const secret = { kind: 'passphrase', text: 'x' } as const;
  const found = await remote.connect({ host: 'gpu1', port: 2222 }, secret, signal);
  expect(found).toEqual({ id: 'ada@gpu1:22', host: 'gpu1' });
  expect(asked).toEqual([
    {
      url: '/user/a%20b/runicorn/api/remote/connect',
      method: 'POST',
      body: { host: 'gpu1', port: 2222, ssh_config: true, passphrase: 'x' }
    }
  ]);
});

test('a refusal carries its code, its sentence and the key', async () => {
  const key = { host: 'gpu1', port: 22, key_type: 'ssh-rsa', fingerprint_sha256: 'SHA256:x' };
  const problem = { error: 'host_key_confirmation_required', message: 'Why.', host_key: key };
  const [remote] = fake({ connect: problem }, 409);
  const tried = remote.connect({ host: 'gpu1' }, null, new AbortController().signal);
  await expect(tried).rejects.toMatchObject({ code: problem.error, message: 'Why.', key });
});

test('folders with runs come first, the most first; a default without runs comes last', async () => {
  const environment = {
    name: 'torch',
    type: 'conda',
    path: '/x',
    python_version: '3.12.1',
    runicorn_version: '0.1.0',
    distribution: 'runicorn-jupyter',
    storage_root: '/home/ada/runicorn_data'
  };
  const candidates = [
    { path: '/few', run_count: 2 },
    { path: '/many', run_count: 20 }
  ];
  const [remote, asked] = fake({
    environments: { environments: [environment] },
    'storage-candidates': { candidates }
  });
  const { environments, roots } = await remote.places('ada@gpu1:22');
  expect(asked[0].url).toContain('connection_id=ada%40gpu1%3A22');
  expect(environments[0]).toMatchObject({ name: 'torch', python: '3.12.1', version: '0.1.0' });
  expect(roots).toEqual([
    { path: '/many', runs: 20 },
    { path: '/few', runs: 2 },
    { path: '/home/ada/runicorn_data', runs: null }
  ]);
});

test('a running session is adopted, not refused', async () => {
  const session = { sessionId: 's1', connectionId: 'c', host: 'h', state: 'running' };
  const [remote, asked] = fake({ 'viewer/start': { session } });
  await remote.start('c', 'torch', '/data');
  expect(asked[0].body).toEqual({ connection_id: 'c', conda_env: 'torch', remote_root: '/data' });
});

test('a login is closed by its own address', async () => {
  const [remote, asked] = fake({});
  await remote.disconnect('ada@[::1]:22');
  expect(asked[0]).toMatchObject({
    method: 'DELETE',
    url: '/user/a%20b/runicorn/api/remote/connections/ada%40%5B%3A%3A1%5D%3A22'
  });
});

test('milliseconds become seconds, and a state that is not known yet is no good one', () => {
  const wire = {
    sessionId: 's1',
    connectionId: 'ada@gpu1:22',
    host: 'gpu1',
    remoteRoot: null,
    environment: null,
    state: 'dreaming',
    reason: null,
    since: 1_800_000_000_000,
    startedAt: 1_800_000_000_500,
    nextTry: null
  };
  expect(fromWireSession(wire)).toMatchObject({
    state: 'degraded',
    since: 1_800_000_000,
    started: 1_800_000_000.5,
    reason: '',
    page: ''
  });
});

test('the API of a session stands beside ours, under any base URL, and leads back', () => {
  expect(sessionApi('/api', '0badcafe')).toBe('/remote/0badcafe/api');
  const api = sessionApi('/user/a%20b/runicorn/api', '0badcafe');
  expect(api).toBe('/user/a%20b/runicorn/remote/0badcafe/api');
  expect(homeApi(api)).toBe('/user/a%20b/runicorn/api');
  expect(homeApi('/api')).toBeNull();
});
