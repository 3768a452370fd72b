import { afterEach, expect, test, vi } from 'vitest';
import { Client } from '../../src/transport/client';
import type { IHost } from '../../src/transport/host';
import { LiveSource } from '../../src/transport/live';
import { type ILiveSource, register, registry } from '../../src/transport/registry';
import { Signal, Value } from '../../src/ui/observable';
import { Store } from '../../src/ui/store';
import type { IRun } from '../../src/ui/model';
import { makeDoc, makeRun, until } from '../make';

afterEach(() => registry().stores.clear());

function fakeComm(): ILiveSource {
  const store = new Store();
  store.setRuns([makeRun('a', { name: 'by comm' })], 1);
  return {
    kind: 'comm',
    store,
    swapped: new Signal<void>(),
    status: new Value({ phase: 'ready', live: true } as const) as ILiveSource['status'],
    alive: new Value(true),
    behind: new Value(false),
    watch: () => Promise.resolve(),
    clock: () => Promise.resolve({ x: [], y: [] }),
    ask: () => Promise.reject(new Error('no')),
    waitingText: '',
    label: '',
    canWindow: true,
    canClock: false,
    follow: () => () => undefined,
    window: () => Promise.resolve([]),
    image: () => Promise.reject(new Error('no')),
    dispose: () => undefined
  };
}

function fakeClient(runs: readonly IRun[]): Client {
  const host: IHost = {
    api: '/api',
    request: vi.fn(() => Promise.resolve(new Response(JSON.stringify(runs)))),
    socket: () => ({ close: () => undefined }) as WebSocket
  };
  return new Client(host);
}

const doc = makeDoc([makeRun('a', { name: 'embedded' })]);

test('without kernel and server it shows what the document holds', async () => {
  const source = new LiveSource(doc, null);
  await until(() => source.status.value.phase === 'ready');
  expect(source.kind).toBe('embedded');
  expect(source.store.runs.get('a')!.name).toBe('embedded');
});

test('the server is used when it knows the runs', async () => {
  const source = new LiveSource(doc, fakeClient([makeRun('a', { name: 'by http' })]));
  await until(() => source.kind === 'http');
  expect(source.store.runs.get('a')!.name).toBe('by http');
});

test('a server of another root is left alone', async () => {
  const client = fakeClient([makeRun('somebody else')]);
  const source = new LiveSource(doc, client);
  await until(() => vi.mocked(client.host.request).mock.calls.length > 0);
  await new Promise(resolve => setTimeout(resolve, 20));
  expect(source.kind).toBe('embedded');
});

test('a model restored from saved widget state never hides the figure, and counts once it has runs', () => {
  const comm = fakeComm();
  comm.store.clear();
  const source = new LiveSource(doc, null);
  const unregister = register('k', comm);
  expect(source.kind).toBe('embedded');
  expect(source.store.runs.get('a')!.name).toBe('embedded');
  comm.store.setRuns([makeRun('a', { name: 'by comm' })], 1);
  expect(source.kind).toBe('comm');
  unregister();
});

test('a comm comes first, falls back to HTTP when behind or dead, and to its own points without a server', async () => {
  const comm = fakeComm();
  const source = new LiveSource(doc, fakeClient([makeRun('a', { name: 'by http' })]));
  const swapped = vi.fn();
  source.swapped.connect(swapped);
  const unregister = register('k', comm);
  expect(source.kind).toBe('comm');
  await until(() => source.canWindow && swapped.mock.calls.length > 1);
  comm.behind.value = true;
  expect(source.kind).toBe('http');
  comm.behind.value = false;
  expect(source.kind).toBe('comm');
  comm.alive.value = false;
  expect(source.kind).toBe('http');
  unregister();

  const alone = new LiveSource(doc, null);
  const dying = fakeComm();
  register('k', dying);
  dying.alive.value = false;
  expect(alone.kind).toBe('comm');
  expect(alone.store.runs.get('a')!.name).toBe('by comm');
});

test('interests move along, and end with the source', async () => {
  const comm = fakeComm();
  const stop = vi.fn();
  comm.follow = vi.fn(() => stop);
  const source = new LiveSource(doc, null);
  source.follow({ list: true });
  register('k', comm);
  expect(comm.follow).toHaveBeenCalledWith({ list: true });
  source.dispose();
  expect(stop).toHaveBeenCalled();
});

test('going from the saved picture to HTTP keeps the curves on the screen', async () => {
  const source = new LiveSource(doc, null);
  await until(() => source.status.value.phase === 'ready');
  source.store.setCurves([{ run: 'a', metric: 'loss', x: [1], y: [2], total: 1, exact: true }]);
  source.allow(fakeClient([makeRun('a')]));
  await until(() => source.kind === 'http');
  expect([...source.store.series('a', 'loss')!.y]).toEqual([2]);
});
