import { afterEach, expect, test } from 'vitest';
import { Client } from '../../src/transport/client';
import { EmbeddedSource } from '../../src/transport/embedded';
import { Bin } from '../../src/ui/bin';
import { App } from '../../src/ui/components/App';
import { chooseFacets } from '../../src/ui/facets';
import { type IMounted, mount } from '../../src/ui/mount';
import { httpParts } from '../../src/ui/parts';
import type { ISource } from '../../src/ui/source';
import { makeDoc, makeRun, until } from '../make';

let mounted: IMounted | undefined;

afterEach(() => {
  mounted?.dispose();
  chooseFacets({ open: false, keys: null });
});

const runs = [
  makeRun('a', { state: 'finished', config: { lr: 0.1 } }),
  makeRun('b', { state: 'failed', config: { lr: 0.2 } })
];

/** A server that counts states: one run of each. */
function server(asked: URLSearchParams[]): Client {
  const request = (url: string): Promise<Response> => {
    const params = new URL(url, 'http://host').searchParams;
    asked.push(params);
    const facets = params.getAll('keys').map(key => ({
      key,
      values: key === 'state' ? ['finished', 'failed'].map(value => ({ value, count: 1 })) : [],
      more: 0,
      rest: 0,
      missing: 2,
      min: null,
      max: null
    }));
    return Promise.resolve(new Response(JSON.stringify({ facets, total: 2 })));
  };
  return new Client({ api: '/api', request, socket: () => ({}) as WebSocket });
}

test('the panel is closed at first; a click on a value writes the query, a second one takes it back', async () => {
  const asked: URLSearchParams[] = [];
  const calls = server(asked);
  const source: ISource = Object.assign(new EmbeddedSource(makeDoc(runs)), { calls });
  const parts = httpParts(calls, new Bin(calls));
  mounted = mount(document.body, { source, parts }, <App kind="runs" />);
  const shadow = document.querySelector('.runicorn-host')!.shadowRoot!;
  await until(() => shadow.querySelector('button[name=facets]') !== null);
  expect(shadow.querySelector('.rn-facets')).toBeNull();
  expect(asked).toHaveLength(0);
  shadow.querySelector<HTMLButtonElement>('button[name=facets]')!.click();
  const failed = (): HTMLInputElement | null =>
    shadow.querySelector('[aria-label=State] label[title=failed] input');
  await until(() => failed() !== null);
  failed()!.click();
  const box = shadow.querySelector<HTMLInputElement>('input[name=filter]')!;
  await until(() => box.value === 'state == "failed"');
  await until(() => shadow.querySelectorAll('tbody [data-run]').length === 1);
  // State is counted without its own picks, everything else with them.
  await until(() => asked.some(params => params.get('q') === 'state == "failed"'));
  await until(() => asked.some(params => params.getAll('keys').join() === 'state'));
  expect(asked.find(params => params.getAll('keys').join() === 'state')!.get('q')).toBeNull();
  failed()!.click();
  await until(() => box.value === '');
});
