import { afterEach, expect, test, vi } from 'vitest';
import { RemoteModel } from '../../../src/ui/remote/model';
import { type IConnection, RemoteProblem } from '../../../src/ui/remote/source';
import { FakeSource, KEY, TORCH, makeSession, refusing } from './fake';

const models: RemoteModel[] = [];

function begin(): [RemoteModel, FakeSource] {
  const source = new FakeSource();
  const model = new RemoteModel(source);
  models.push(model);
  return [model, source];
}

afterEach(() => models.splice(0).forEach(model => model.dispose()));

test('a host is called as the ssh configuration calls it, wherever it is shown', async () => {
  const [model, source] = begin();
  source.held = [makeSession('s1')];
  await model.refresh();
  expect(model.sessions.value![0].host).toBe('gpu1');
  await model.connect({ host: 'gpu1' });
  expect(model.flow.value).toMatchObject({ at: 'place', connection: { host: 'gpu1' } });
});

test('a password is handed on and is nowhere in what the page knows', async () => {
  const [model, source] = begin();
  const held = { kind: 'password', text: 'tr0ub4dor' } as const;
  source.connect = refusing('authentication_failed', 'No.');
  const states: unknown[] = [];
  model.flow.changed.connect(flow => states.push(flow));
  await model.connect({ host: 'gpu1' }, held);
  expect(model.flow.value).toMatchObject({ at: 'secret', problem: 'No.' });
  expect(JSON.stringify(states)).not.toContain('tr0ub4dor');
});

test('an accepted key is sent back as it came, then the login is tried again', async () => {
  const [model, source] = begin();
  const letIn = source.connect;
  source.connect = refusing('host_key_confirmation_required');
  await model.connect({ host: 'gpu1' });
  expect(model.flow.value).toMatchObject({ at: 'key', key: KEY });
  source.connect = letIn;
  await model.acceptKey();
  expect(source.asked.map(([verb]) => verb)).toEqual(['accept', 'connect']);
  expect(source.asked[0][1]).toBe(KEY);
});

test('a login that is given up is aborted, and what comes of it later is not shown', async () => {
  const [model, source] = begin();
  let come: (connection: IConnection) => void = () => undefined;
  let signal: AbortSignal | undefined;
  source.connect = (_target, _secret, given) => {
    signal = given;
    return new Promise(resolve => (come = resolve));
  };
  const tried = model.connect({ host: 'gpu1' });
  model.cancel();
  expect(signal!.aborted).toBe(true);
  come({ id: 'ada@10.0.0.1:22', host: '10.0.0.1' });
  await tried;
  expect(model.flow.value).toEqual({ at: 'closed' });
});

test('a session that ended is started again with the same folder and Python, after a login if need be', async () => {
  const [model, source] = begin();
  const seen = vi.fn();
  model.flow.changed.connect(seen);
  const again = ['start', 'ada@10.0.0.1:22', 'torch', '/data/runs'];
  await model.again(makeSession('s1', { state: 'stopped' }));
  expect(source.asked.splice(0)).toEqual([again]);
  expect(seen).not.toHaveBeenCalled();
  const start = source.start;
  source.start = async () => {
    source.start = start;
    throw new RemoteProblem('connection_not_found', 'No such connection.');
  };
  await model.again(makeSession('s1', { state: 'stopped' }));
  const target = { host: '10.0.0.1', username: 'ada', port: 22 };
  expect(source.asked).toEqual([['connect', target, null], again]);
  expect(model.flow.value).toEqual({ at: 'closed' });
  expect(model.sessions.value).toHaveLength(1);
});

test('a stop that fails is told at the session, and one that works leaves nothing behind', async () => {
  const [model, source] = begin();
  source.held = [makeSession('s1')];
  const stop = source.stop;
  source.stop = async () => Promise.reject(new Error('The host does not answer.'));
  await model.stop('s1');
  expect(model.acts.value.get('s1')).toEqual({ doing: null, problem: 'The host does not answer.' });
  source.stop = stop;
  await model.stop('s1');
  expect(model.acts.value.size).toBe(0);
  expect(model.sessions.value).toEqual([]);
});

test('an installation is followed to its end, and then the host is looked at again', async () => {
  const [model, source] = begin();
  source.environment = { ...TORCH, distribution: null, version: null };
  const steps = [
    { state: 'running', step: 'Copying', done: 1, total: 3, reason: '', environment: null },
    { state: 'done', step: 'Done', done: 3, total: 3, reason: '', environment: 'runicorn' }
  ] as const;
  let at = 0;
  source.installation = async () => steps[Math.min(at++, 1)];
  await model.connect({ host: 'gpu1' });
  const seen = new Set<string>();
  model.flow.changed.connect(flow => {
    if (flow.at === 'installing') {
      seen.add(flow.progress?.step ?? '');
    }
  });
  await model.install();
  expect([...seen]).toEqual(['', 'Copying', 'Done']);
  expect(model.flow.value).toMatchObject({ at: 'place', places: { environments: [TORCH] } });
});

test('an answer like the one before draws nothing again, a failure is told and goes by itself', async () => {
  const [model, source] = begin();
  source.held = [makeSession('s1')];
  await model.refresh();
  const heard = vi.fn();
  model.sessions.changed.connect(heard);
  source.held = [makeSession('s1')];
  await model.refresh();
  expect(heard).not.toHaveBeenCalled();
  const sessions = source.sessions;
  source.sessions = async () => Promise.reject(new Error('Gone.'));
  await model.refresh();
  expect(model.problem.value).toBe('Gone. Trying again.');
  source.sessions = async () => {
    throw new RemoteProblem('token_required', 'Log in.');
  };
  await model.refresh();
  expect(model.problem.value).toBe('Log in.');
  expect(model.sessions.value).toHaveLength(1);
  source.sessions = sessions;
  await model.refresh();
  expect(model.problem.value).toBe('');
});
