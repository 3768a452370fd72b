import { afterEach, expect, test, vi } from 'vitest';
import { EmbeddedSource } from '../../src/transport/embedded';
import { App } from '../../src/ui/components/App';
import { Explorer } from '../../src/ui/components/Explorer';
import type { IRun } from '../../src/ui/model';
import { type IMounted, mount } from '../../src/ui/mount';
import type { IFind, ISource } from '../../src/ui/source';
import { makeDoc, makeRun, until } from '../make';

let mounted: IMounted | undefined;

afterEach(() => mounted?.dispose());

const runs = [
  makeRun('a', { config: { lr: 0.001 }, tags: ['baseline'] }),
  makeRun('b', { config: { lr: 0.1 }, name: 'cnn' }),
  makeRun('c', { config: { lr: 'auto' } })
];

async function show(
  find?: ISource['find'],
  total = runs.length,
  tree = <App kind="runs" />
): Promise<ShadowRoot> {
  const source: ISource = Object.assign(new EmbeddedSource(makeDoc(runs, { total })), { find });
  mounted = mount(document.body, { source }, tree);
  const shadow = document.querySelector('.runicorn-host')!.shadowRoot!;
  await until(() => shadow.querySelectorAll('tbody [data-run], .rn-leaf').length === runs.length);
  return shadow;
}

const box = (shadow: ShadowRoot): HTMLInputElement =>
  shadow.querySelector<HTMLInputElement>('input[name=filter]')!;

function type(shadow: ShadowRoot, text: string): void {
  box(shadow).value = text;
  box(shadow).setSelectionRange(text.length, text.length);
  box(shadow).dispatchEvent(new Event('input', { bubbles: true }));
}

function press(shadow: ShadowRoot, key: string): void {
  box(shadow).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
}

const rows = (shadow: ShadowRoot): string[] =>
  [...shadow.querySelectorAll<HTMLElement>('tbody [data-run]')].map(row => row.dataset.run!);

const options = (shadow: ShadowRoot): string[] =>
  [...shadow.querySelectorAll('[role=option] span')].map(option => option.textContent);

test('a query keeps the runs it is true of, words search as before', async () => {
  const shadow = await show();
  type(shadow, 'lr < 1e-2 or lr == auto');
  await until(() => rows(shadow).join() === 'a,c');
  type(shadow, 'cnn');
  await until(() => rows(shadow).join() === 'b');
  type(shadow, '"baseline" in tags');
  await until(() => rows(shadow).join() === 'a');
  press(shadow, 'Escape');
  await until(() => rows(shadow).length === 3);
});

test('a mistake is underlined and told after a pause, and the rows stay', async () => {
  const shadow = await show();
  type(shadow, 'lr < 1e-2');
  await until(() => rows(shadow).join() === 'a');
  type(shadow, 'lr =< 1e-2');
  await until(() => shadow.querySelector('.rn-fault') !== null);
  expect(shadow.querySelector('.rn-fault')!.textContent).toBe('Write <= instead of =<.');
  expect(shadow.querySelector('.rn-under u')!.textContent).toBe('=<');
  expect(box(shadow).getAttribute('aria-invalid')).toBe('true');
  expect(box(shadow).getAttribute('aria-describedby')).toBe(shadow.querySelector('.rn-fault')!.id);
  expect(rows(shadow)).toEqual(['a']);
  type(shadow, 'lr <= 1e-2');
  await until(() => shadow.querySelector('.rn-fault') === null);
});

test('half a query says nothing while it is typed', async () => {
  const shadow = await show();
  for (const text of ['lr', 'lr ', 'lr <', 'lr < ', 'lr < 1']) {
    type(shadow, text);
    expect(shadow.querySelector('.rn-fault')).toBeNull();
  }
  await until(() => rows(shadow).join() === 'a,b');
  expect(box(shadow).getAttribute('aria-invalid')).toBe('false');
});

test('the rows stay while the name of a further condition is typed, and go when it was meant so', async () => {
  const shadow = await show();
  type(shadow, 'lr < 1e-2');
  await until(() => rows(shadow).join() === 'a');
  const seen = new Set<string>();
  for (const text of ['lr < 1e-2 o', 'lr < 1e-2 or', 'lr < 1e-2 or lo', 'lr < 1e-2 or loss']) {
    type(shadow, text);
    await new Promise(resolve => requestAnimationFrame(resolve));
    seen.add(rows(shadow).join());
  }
  expect([...seen]).toEqual(['a']);
  await until(() => rows(shadow).join() === 'a,b,c');
});

test('names are offered, chosen by key, and the list closes without harm', async () => {
  const shadow = await show();
  type(shadow, 'tags ~ base and lo');
  await until(() => options(shadow).includes('loss'));
  expect(box(shadow).getAttribute('aria-expanded')).toBe('true');
  press(shadow, 'ArrowDown');
  await until(() => box(shadow).getAttribute('aria-activedescendant') === 'rn-name-0');
  press(shadow, 'Enter');
  await until(() => box(shadow).value === 'tags ~ base and loss');
  expect(options(shadow)).toEqual([]);
  type(shadow, 'tags ~ base and loss.m');
  await until(() => options(shadow).join() === 'loss.min,loss.max,loss.mean');
  press(shadow, 'ArrowUp');
  await until(() => box(shadow).getAttribute('aria-activedescendant') === 'rn-name-2');
  press(shadow, 'Escape');
  await until(() => options(shadow).length === 0);
  expect(box(shadow).value).toBe('tags ~ base and loss.m');
});

test('where the page holds a part of the runs only, the source is asked', async () => {
  const far = makeRun('far', { config: { lr: 0.002 } });
  const find = vi.fn<(asked: IFind) => Promise<readonly IRun[]>>(() => Promise.resolve([far]));
  const shadow = await show(find, 5000);
  type(shadow, 'lr < 0.01');
  await until(() => rows(shadow).join() === 'a,far');
  expect(find.mock.calls).toEqual([[{ query: 'lr < 0.01' }]]);
  type(shadow, '');
  await until(() => rows(shadow).join() === 'a,b,c');
});

test('the tree has no config: the source answers its queries, and a refusal is told', async () => {
  const find = vi.fn(({ query }: IFind): Promise<readonly IRun[]> =>
    query === 'lr < 1' ? Promise.resolve([runs[1]]) : Promise.reject(new Error('No answer.'))
  );
  const tree = <Explorer onOpen={() => undefined} />;
  const shadow = await show(find, runs.length, tree);
  const leaves = (): string[] =>
    [...shadow.querySelectorAll<HTMLElement>('.rn-leaf')].map(leaf => leaf.dataset.run!);
  type(shadow, 'lr < 1');
  await until(() => leaves().join() === 'b');
  type(shadow, 'cnn');
  await until(() => leaves().join() === 'b');
  type(shadow, 'lr < 2');
  await until(() => shadow.querySelector('.rn-fault')?.textContent === 'No answer.');
});
