import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { IModel } from '../../src/transport/comm';
import { RemoteLink, linkOf, registerLink, whenLinked } from '../../src/transport/remotelink';
import { kernelRemote, serveLink } from '../../src/ui/remote/linked';
import { RemoteModel } from '../../src/ui/remote/model';
import { mountRemoteOutput } from '../../src/ui/remote/output';
import type { IRemoteSession, IRemoteSource } from '../../src/ui/remote/source';
import remote from '../../src/widget/remote';
import { until } from '../make';

// Where nobody tells what can be seen, a panel takes it that it is.
beforeAll(() => void vi.stubGlobal('IntersectionObserver', undefined));

const SESSION: IRemoteSession = {
  ...{ id: '1', connection: 'me@gpu1:22', host: 'gpu1', root: '/runs', environment: 'torch' },
  ...{ state: 'running', reason: '', since: 1, started: 1, version: null, nextTry: null, page: '' }
};

type Sent = Record<string, unknown>;

/** The comm of a kernel: what was sent, and a way to say something. */
function kernel(backed?: object) {
  const sent: Sent[] = [];
  let hear: (message: object) => void = () => undefined;
  const model = {
    get: (name: string) => (name === 'key' ? 'k' : ''),
    set: () => undefined,
    save_changes: () => undefined,
    on: (_: string, callback: (message: object) => void) => void (hear = callback),
    off: () => undefined,
    send: (message: Sent) => void sent.push(message),
    widget_manager: backed && { get_model: () => Promise.resolve(backed) }
  } as unknown as IModel;
  return { model, sent, say: (message: object) => hear(message) };
}

/** A source that keeps what it was asked. */
function source(asked: unknown[][] = []): IRemoteSource {
  const told = (value: unknown) => () => Promise.resolve(value);
  return {
    hosts: told([]),
    connections: told([]),
    sessions: told([SESSION]),
    connect: (...all: unknown[]) => {
      asked.push(all.slice(0, 2));
      return Promise.reject(new Error('no'));
    }
  } as unknown as IRemoteSource;
}

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach(stop => stop()));

test('a question waits for its answer, and an answer to another is not it', async () => {
  const { model, sent, say } = kernel();
  const link = new RemoteLink(model);
  const sessions = kernelRemote(link).sessions();
  await until(() => sent.length === 1);
  expect(sent[0]).toMatchObject({
    type: 'call',
    method: 'GET',
    path: ['remote', 'viewer', 'sessions']
  });
  say({ type: 'reply', id: 99, ok: true, status: 200, body: { sessions: [{}] } });
  say({ type: 'reply', id: 1, ok: true, status: 200, body: { sessions: [] } });
  expect(await sessions).toEqual([]);
});

test('a refusal keeps its code, and the key that goes with it', async () => {
  const { model, sent, say } = kernel();
  const { signal } = new AbortController();
  const login = kernelRemote(new RemoteLink(model)).connect({ host: 'gpu1' }, null, signal);
  await until(() => sent.length === 1);
  const key = { host: 'gpu1', port: 22, key_type: 'ssh-ed25519', fingerprint_sha256: 'SHA256:x' };
  const body = { error: 'host_key_confirmation_required', message: 'Look.', host_key: key };
  say({ type: 'reply', id: 1, ok: true, status: 409, body });
  await expect(login).rejects.toMatchObject({ code: body.error, message: 'Look.', key });
});

test('when the kernel dies every question has an end', async () => {
  let die: (() => void) | undefined;
  const backed = {
    comm_live: true,
    on: (_: string, callback: () => void) => void (die = callback)
  };
  const link = new RemoteLink(kernel(backed).model);
  const waiting = link.ask({ type: 'call' });
  await until(() => die !== undefined);
  backed.comm_live = false;
  die!();
  await expect(waiting).rejects.toThrow('The kernel is gone');
  await expect(link.ask({})).rejects.toThrow('The kernel is gone');
});

test('the wish of the cell is taken once, and the kernel hears that it was', async () => {
  const { model, sent, say } = kernel();
  const link = new RemoteLink(model);
  const asked: unknown[][] = [];
  for (const one of [1, 2]) {
    const remotes = new RemoteModel(source(asked));
    stops.push(serveLink(link, remotes, { renderer: one === 1, tells: false }));
  }
  say({ type: 'wish', target: 'me@gpu1:2222', root: '', environment: '' });
  say({ type: 'wish', target: 'me@gpu1:2222', root: '', environment: '' });
  await until(() => asked.length > 0);
  expect(asked).toEqual([[{ host: 'gpu1', username: 'me', port: 2222 }, null]]);
  expect(sent.map(({ type, renderer }) => [type, renderer])).toEqual([
    ['hello', true],
    ['hello', false],
    ['begun', undefined]
  ]);
});

test('Python is told the sessions of a server, each state once', async () => {
  const { model, sent } = kernel();
  const remotes = new RemoteModel(source());
  stops.push(
    serveLink(new RemoteLink(model), remotes, { renderer: true, tells: true }),
    remotes.follow()
  );
  const told = (): Sent[] => sent.filter(({ type }) => type === 'told');
  await until(() => told().length === 1);
  await remotes.refresh();
  expect(told()).toHaveLength(1);
  const { id, host, root, environment, state, reason, since } = SESSION;
  expect(told()[0].sessions).toEqual([{ id, host, root, environment, state, reason, since }]);
});

test('a link is found when it comes, also in another bundle, and leaves with the model', () => {
  const found: RemoteLink[] = [];
  const stop = whenLinked('k', link => found.push(link));
  const end = remote.initialize({ model: kernel().model });
  expect(found).toEqual([linkOf('k')]);
  end();
  expect(linkOf('k')).toBeUndefined();
  stop();
});

test('an untrusted notebook asks nobody before a click', async () => {
  const el = document.createElement('div');
  document.body.append(el);
  const asked: string[] = [];
  const watched = new Proxy(source(), {
    get: (target, name) => {
      asked.push(String(name));
      return target[name as keyof IRemoteSource];
    }
  });
  const shared = new RemoteModel(watched);
  const output = mountRemoteOutput(el, 'k2', { shared, trusted: false });
  stops.push(() => output.dispose());
  const root = (): ShadowRoot => el.querySelector('.runicorn-host')!.shadowRoot!;
  expect(root().textContent).toContain('A panel of other hosts stands here.');
  await new Promise(resolve => setTimeout(resolve, 20));
  expect(asked).toEqual([]);
  root().querySelector('button')!.click();
  await until(() => root().querySelector('[data-session]') !== null);
});

test('without a server and without a kernel the output says what to do', async () => {
  const el = document.createElement('div');
  document.body.append(el);
  const output = mountRemoteOutput(el, 'k3', { shared: null, trusted: true });
  stops.push(() => output.dispose());
  const text = (): string => el.querySelector('.runicorn-host')!.shadowRoot!.textContent!;
  expect(text()).toContain('run the cell again');
  const { model, sent } = kernel();
  stops.push(registerLink('k3', new RemoteLink(model)));
  await until(() => sent.some(({ type }) => type === 'call'));
  expect(text()).not.toContain('run the cell again');
});
