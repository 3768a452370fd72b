import { afterEach, expect, test } from 'vitest';
import { Client } from '../../src/transport/client';
import { EmbeddedSource } from '../../src/transport/embedded';
import { Bin } from '../../src/ui/bin';
import { BinNote } from '../../src/ui/components/bin/BinNote';
import { RunTable } from '../../src/ui/components/RunTable';
import { httpParts } from '../../src/ui/parts';
import { type IMounted, mount } from '../../src/ui/mount';
import { makeDoc, makeRun, until } from '../make';

let mounted: IMounted | undefined;

afterEach(() => mounted?.dispose());

interface IAsked {
  readonly url: string;
  readonly body?: Record<string, unknown>;
}

/** A client whose server answers from a function. */
function fake(answer: (asked: IAsked) => unknown, status = 200): [Client, IAsked[]] {
  const asked: IAsked[] = [];
  const client = new Client({
    api: '/api',
    request: (url, init) => {
      const one = { url, body: init?.body ? JSON.parse(String(init.body)) : undefined };
      asked.push(one);
      return Promise.resolve(new Response(JSON.stringify(answer(one)), { status }));
    },
    socket: () => ({}) as WebSocket
  });
  return [client, asked];
}

const all = (asked: IAsked): unknown => ({
  results: Object.fromEntries(
    (asked.body!.run_ids as string[]).map(id => [
      id,
      id === 'bad' ? { success: false, error: 'run is running' } : { success: true }
    ])
  )
});

test('many runs are deleted a hundred at a time, and the way back has those it was done to', async () => {
  const [client, asked] = fake(all);
  const bin = new Bin(client);
  const runs = Array.from({ length: 150 }, (_, i) => ({ id: `r${i}`, run_dir: `/x/r${i}` }));
  await bin.delete([...runs, { id: 'bad' }], false);
  expect(asked.map(one => (one.body!.run_ids as string[]).length)).toEqual([100, 51]);
  expect((asked[0].body!.paths as string[])[0]).toBe('/x/r0');
  expect(bin.note.value).toMatchObject({ done: 'deleted', errors: ['bad: run is running'] });
  expect(bin.note.value!.runs).toHaveLength(150);
  await bin.undo();
  expect(asked[2].url).toBe('/api/recycle-bin/restore');
  expect(bin.note.value).toMatchObject({ done: 'restored', errors: [] });
});

test('an answer that is none is told and nothing is offered back', async () => {
  const [client] = fake(() => ({ message: 'Too many requests.' }), 429);
  const bin = new Bin(client);
  await bin.delete([{ id: 'a' }], false);
  expect(bin.note.value).toEqual({ done: 'failed', runs: [], errors: ['Too many requests.'] });
});

test('only runs ticked by hand are meant, and a widget has no such button', async () => {
  const [client, asked] = fake(all);
  const bin = new Bin(client);
  const source = new EmbeddedSource(makeDoc([makeRun('a'), makeRun('b', { name: 'other' })]));
  const content = (
    <>
      <RunTable onOpen={() => undefined} />
      <BinNote bin={bin} />
    </>
  );
  mounted = mount(document.body, { source, parts: httpParts(client, bin) }, content);
  await source.ready;
  const root = document.querySelector('.runicorn-host')!.shadowRoot!;
  const button = (name: string): HTMLButtonElement | null =>
    root.querySelector<HTMLButtonElement>(`button[name=${name}]`);
  await until(() => root.querySelectorAll('tbody tr').length === 2);
  expect(button('delete')!.disabled).toBe(true);
  root.querySelector<HTMLInputElement>('tr[data-run=a] input')!.click();
  await until(() => !button('delete')!.disabled);
  button('delete')!.click();
  await until(() => button('confirm') !== null);
  expect(root.querySelector('dialog')!.textContent).toContain('other');
  button('confirm')!.click();
  await until(() => button('undo') !== null);
  expect(asked[0]).toEqual({
    url: '/api/runs/soft-delete',
    body: { run_ids: ['b'], paths: [], force: false }
  });
  expect(root.querySelector('.rn-toast')!.textContent).toContain('1 run deleted.');
  mounted.dispose();
  mounted = mount(document.body, { source }, content);
  const plain = document.querySelector('.runicorn-host')!.shadowRoot!;
  await until(() => plain.querySelectorAll('tbody tr').length === 2);
  expect(plain.querySelector('button[name=delete]')).toBeNull();
});
