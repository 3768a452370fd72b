import { afterEach, expect, test } from 'vitest';
import { EmbeddedSource } from '../../src/transport/embedded';
import { Explorer } from '../../src/ui/components/Explorer';
import type { IRun } from '../../src/ui/model';
import { type IMounted, mount } from '../../src/ui/mount';
import { makeDoc, makeRun, until } from '../make';

let mounted: IMounted | undefined;

afterEach(() => mounted?.dispose());

async function show(runs: IRun[], current?: string): Promise<[EmbeddedSource, ShadowRoot]> {
  const source = new EmbeddedSource(makeDoc(runs));
  const tree = <Explorer onOpen={() => undefined} current={current} brief />;
  mounted = mount(document.body, { source }, tree);
  await source.ready;
  const shadow = document.querySelector('.runicorn-host')!.shadowRoot!;
  await until(() => shadow.querySelector('.rn-tree, .rn-calm') !== null);
  return [source, shadow];
}

const named = (name: string, n: number, more: Partial<IRun> = {}): IRun[] =>
  Array.from({ length: n }, (_, i) => makeRun(`${name}${i}`, { name, ...more }));

const leaves = (shadow: ShadowRoot): number => shadow.querySelectorAll('.rn-leaf').length;

const branch = (shadow: ShadowRoot, name: string): HTMLButtonElement =>
  shadow.querySelector<HTMLButtonElement>(`.rn-branch-name[title='${name}']`)!;

function type(shadow: ShadowRoot, text: string): void {
  const filter = shadow.querySelector<HTMLInputElement>('input[name=filter]')!;
  filter.value = text;
  filter.dispatchEvent(new Event('input', { bubbles: true }));
}

test('few runs stand open, and stay so when they become many', async () => {
  const [source, shadow] = await show(named('mlp', 30));
  expect(leaves(shadow)).toBe(30);
  source.store.updateRuns(named('cnn', 20));
  await until(() => branch(shadow, 'cnn') !== null);
  expect(leaves(shadow)).toBe(30);
});

test('of many runs those that live stand open, and the one that is read', async () => {
  const live = { state: 'running', status: 'running' };
  const runs = [...named('mlp', 50), ...named('cnn', 2), ...named('vit', 3, live)];
  const [source, shadow] = await show(runs, 'cnn1');
  expect(leaves(shadow)).toBe(5);
  source.store.updateRuns(named('vit', 3));
  await until(() => shadow.querySelector('.rn-live-count') === null);
  expect(leaves(shadow)).toBe(5);
});

test('a filter opens what matches; what the reader does wins', async () => {
  const [, shadow] = await show([...named('mlp', 50), ...named('cnn', 2)]);
  expect(leaves(shadow)).toBe(0);
  type(shadow, 'cnn');
  await until(() => leaves(shadow) === 2);
  branch(shadow, 'cnn').click();
  await until(() => leaves(shadow) === 0);
  type(shadow, '');
  await until(() => branch(shadow, 'mlp') !== null);
  branch(shadow, 'cnn').click();
  await until(() => leaves(shadow) === 2);
  branch(shadow, 'digits').click();
  await until(() => leaves(shadow) === 0);
});

test('words for one run and for none', async () => {
  const [, shadow] = await show([makeRun('only')]);
  expect(shadow.querySelector('footer')!.textContent).toBe('1 run');
  type(shadow, 'nowhere');
  await until(() => leaves(shadow) === 0);
  expect(shadow.querySelector('footer')!.textContent).toBe('0 of 1 run');
  mounted!.dispose();
  const [, empty] = await show([]);
  expect(empty.textContent).toBe('No runs yet.');
});
