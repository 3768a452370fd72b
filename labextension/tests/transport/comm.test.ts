import { afterEach, expect, test, vi } from 'vitest';
import { CommSource, type IModel } from '../../src/transport/comm';
import { markRenderer, registry } from '../../src/transport/registry';
import { makeDoc, makeRun, parsed, until } from '../make';

class FakeModel implements IModel {
  readonly sent: { type: string; id?: number; renderer?: boolean }[] = [];
  private _on: ((message: unknown, buffers?: DataView[]) => void) | undefined;

  constructor(private readonly _state: Record<string, unknown>) {}

  get(name: string): unknown {
    return this._state[name];
  }
  set(): void {}
  save_changes(): void {}
  on(_event: string, callback: (...args: never[]) => void): void {
    this._on = callback as never;
  }
  off(): void {
    this._on = undefined;
  }
  send(content: unknown): void {
    this.sent.push(content as { type: string });
  }
  push(message: unknown, ...numbers: number[]): void {
    // An odd offset, as Jupyter's websocket frames have.
    const bytes = new Uint8Array(3 + numbers.length * 8);
    bytes.set(new Uint8Array(new Float64Array(numbers).buffer), 3);
    this._on?.(message, numbers.length ? [new DataView(bytes.buffer, 3)] : []);
  }
}

afterEach(() => {
  delete registry().renderer;
});

async function connect(doc: object = makeDoc([makeRun('a')])): Promise<[FakeModel, CommSource]> {
  const model = new FakeModel({ doc, key: 'k' });
  const source = new CommSource(model);
  await until(() => source.status.value.phase === 'ready');
  return [model, source];
}

function points(seq: number, from: number, n: number, total: number): object {
  return {
    type: 'points',
    seq,
    series: [{ run: 'a', metric: 'loss', from, n, total, exact: true }]
  };
}

test('it says hello once, and points are appended in order', async () => {
  const [model, source] = await connect();
  model.push(points(1, 0, 2, 2), 0, 1, 5, 4);
  model.push(points(2, 2, 1, 3), 2, 3);
  await until(() => model.sent.length > 0);
  expect(model.sent).toEqual([{ type: 'hello', renderer: false }]);
  const series = source.store.series('a', 'loss')!;
  expect([...series.x]).toEqual([0, 1, 2]);
  expect([...series.y]).toEqual([5, 4, 3]);
  expect(series.total).toBe(3);
  expect(source.behind.value).toBe(false);
});

test('hello tells of our renderer when it left its mark, even in the same turn', async () => {
  const model = new FakeModel({ doc: makeDoc([]), key: 'k' });
  const source = new CommSource(model);
  markRenderer();
  await until(() => source.status.value.phase === 'ready');
  await new Promise(resolve => setTimeout(resolve));
  expect(model.sent).toEqual([{ type: 'hello', renderer: true }]);
  source.dispose();
});

test('a renderer that comes later is told of by a second hello, and to nobody who left', async () => {
  const [model, source] = await connect();
  const [gone, closed] = await connect();
  await until(() => model.sent.length + gone.sent.length === 2);
  closed.dispose();
  markRenderer();
  expect(model.sent.map(({ renderer }) => renderer)).toEqual([false, true]);
  expect(gone.sent.map(({ renderer }) => renderer)).toEqual([false]);
  source.dispose();
});

test('from 0 replaces the series; an unknown type is passed over', async () => {
  const [model, source] = await connect();
  model.push(points(1, 0, 2, 2), 0, 1, 5, 4);
  model.push(points(2, 0, 1, 9), 7, 1);
  model.push({ type: 'confetti', seq: 3 });
  expect([...source.store.series('a', 'loss')!.x]).toEqual([7]);
  expect(source.behind.value).toBe(false);
});

test('a gap in seq asks for one snapshot, and the snapshot replaces everything', async () => {
  const [model, source] = await connect();
  model.push({ type: 'snapshot', seq: 0, doc: makeDoc([makeRun('a')]) });
  model.push(points(1, 0, 1, 1), 0, 5);
  model.push(points(3, 1, 1, 3), 2, 3);
  model.push(points(4, 2, 1, 4), 3, 3);
  await until(() => source.behind.value && model.sent.length > 1);
  expect(model.sent.filter(({ type }) => type === 'hello')).toHaveLength(2);
  model.push({ type: 'snapshot', seq: 9, doc: makeDoc([makeRun('b')]) });
  await until(() => source.store.runs.has('b'));
  expect(source.behind.value).toBe(false);
  expect(source.store.series('a', 'loss')).toBeUndefined();
});

test('pushes that overtake the decoding of a snapshot are applied after it, older ones never', async () => {
  const [model, source] = await connect();
  model.push({ type: 'snapshot', seq: 5, doc: makeDoc([makeRun('a')]) });
  model.push(points(5, 0, 1, 1), 0, 111);
  model.push(points(6, 0, 1, 1), 0, 222);
  await until(() => source.store.series('a', 'loss') !== undefined);
  expect([...source.store.series('a', 'loss')!.y]).toEqual([222]);
});

test('points that would leave a hole are refused and a snapshot is asked for', async () => {
  const [model, source] = await connect();
  model.push({ type: 'snapshot', seq: 0, doc: makeDoc([makeRun('a')]) });
  await until(() => source.store.runs.has('a'));
  model.push(points(1, 40, 1, 41), 40, 1);
  await until(() => source.behind.value);
  expect(source.store.series('a', 'loss')?.length ?? 0).toBe(0);
});

test('runs named __proto__ live like any other', async () => {
  const [model, source] = await connect();
  const run = makeRun('__proto__', { config: parsed('{"__proto__": 1, "constructor": 2}') });
  model.push({ type: 'runs', seq: 1, runs: [run], gone: ['a'], total: 1 });
  model.push({ type: 'logs', seq: 2, run: '__proto__', lines: ['one'] });
  const series = [
    { run: '__proto__', metric: 'constructor', from: 0, n: 1, total: 1, exact: true }
  ];
  model.push({ type: 'points', seq: 3, series }, 0, 1);
  expect([...source.store.runs.keys()]).toEqual(['__proto__']);
  expect(source.store.logs.get('__proto__')).toEqual(['one']);
  expect(source.store.series('__proto__', 'constructor')!.length).toBe(1);
});

test('a question is answered by its id; closing ends those that wait', async () => {
  const [model, source] = await connect();
  const query = { runs: ['a'], metrics: ['loss'], x: 'step' as const, x0: 0, x1: 1, width: 10 };
  const first = source.window(query);
  const second = source.window(query);
  const id = model.sent.at(-1)!.id;
  const curves = [{ run: 'a', metric: 'loss', x: [1], y: [null], total: 1, exact: true }];
  model.push({ type: 'reply', id, ok: true, curves });
  await expect(second).resolves.toMatchObject([{ y: [NaN] }]);
  source.dispose();
  await expect(first).rejects.toThrow('closed');
});

test('the kernel is asked for runs beyond the page, and its refusal is told', async () => {
  const [model, source] = await connect();
  const found = source.find({ query: 'lr < 1' });
  const refused = source.find({ query: 'lr =<' });
  const asked = model.sent.filter(message => message.type === 'find');
  expect(asked).toEqual([
    { type: 'find', id: 1, query: 'lr < 1' },
    { type: 'find', id: 2, query: 'lr =<' }
  ]);
  model.push({ type: 'reply', id: 2, ok: false, error: 'Write <= instead.' });
  model.push({ type: 'reply', id: 1, ok: true, runs: [makeRun('far')] });
  expect((await found).map(run => run.id)).toEqual(['far']);
  await expect(refused).rejects.toThrow('Write <= instead.');
});

test('closed ends the life, the points stay', async () => {
  const [model, source] = await connect();
  const heard = vi.fn();
  source.alive.changed.connect(heard);
  model.push({ type: 'closed', seq: 1 });
  expect(heard).toHaveBeenCalledWith(false);
  expect(source.status.value.live).toBe(false);
  expect(source.store.runs.has('a')).toBe(true);
});

test('a clock may come with the points', async () => {
  const [model, source] = await connect();
  const series = [{ run: 'a', metric: '', from: 0, n: 2, total: 2, exact: true, clock: true }];
  model.push({ type: 'points', seq: 1, series }, 0, 10, 0, 2.5);
  expect([...source.store.clocks.get('a')!.y]).toEqual([0, 2.5]);
  expect(source.store.seriesOf('a').size).toBe(0);
});
