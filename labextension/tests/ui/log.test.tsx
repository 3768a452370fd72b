import { afterEach, expect, test } from 'vitest';
import { EmbeddedSource } from '../../src/transport/embedded';
import { LogView } from '../../src/ui/components/LogView';
import { type IMounted, mount } from '../../src/ui/mount';
import { MAX_LOG_LINES, Store } from '../../src/ui/store';
import { makeDoc, makeRun, until } from '../make';

let mounted: IMounted | undefined;

afterEach(() => mounted?.dispose());

function lines(n: number, from = 0): string[] {
  return Array.from({ length: n }, (_, i) => `line ${from + i}`);
}

async function show(): Promise<[Store, HTMLElement]> {
  const source = new EmbeddedSource(makeDoc([makeRun('a')], { kind: 'run' }));
  mounted = mount(document.body, { source }, <LogView run="a" />);
  await source.ready;
  source.store.setLogs('a', lines(1000));
  const { shadowRoot } = document.querySelector('.runicorn-host')!;
  await until(() => shadowRoot!.querySelector('.rn-log-box') !== null);
  return [source.store, shadowRoot!.querySelector<HTMLElement>('.rn-log-box')!];
}

const drawn = (box: HTMLElement): string[] =>
  [...box.querySelectorAll('.rn-log-line')].map(line => line.textContent ?? '');

test('who scrolled up keeps the lines in view while others come', async () => {
  const [store, box] = await show();
  expect([drawn(box).length, drawn(box)[0]]).toEqual([300, 'line 700']);
  Object.defineProperty(box, 'scrollHeight', { value: 6000 });
  Object.defineProperty(box, 'clientHeight', { value: 300 });
  box.scrollTop = 100;
  box.dispatchEvent(new Event('scroll'));
  const first = box.querySelector('.rn-log-line');
  store.appendLogs('a', lines(50, 1000));
  await until(() => drawn(box).at(-1) === 'line 1049');
  expect(drawn(box)[0]).toBe('line 700');
  expect(box.querySelector('.rn-log-line')).toBe(first);
  expect(box.scrollTop).toBe(100);
  box.scrollTop = 5700;
  box.dispatchEvent(new Event('scroll'));
  await until(() => drawn(box)[0] === 'line 750');
});

test('older lines come back on demand', async () => {
  const [, box] = await show();
  box.querySelector<HTMLButtonElement>('.rn-link')!.click();
  await until(() => drawn(box).length === 1000);
  expect(box.querySelector('.rn-link')).toBeNull();
});

test('lines are counted from the beginning of the log, those not kept included', () => {
  const store = new Store();
  store.setLogs('a', lines(10));
  store.appendLogs('a', lines(MAX_LOG_LINES, 10));
  store.mergeLogs('a', lines(4, MAX_LOG_LINES + 8));
  expect(store.logs.get('a')).toHaveLength(MAX_LOG_LINES);
  expect(store.logEnds.get('a')).toBe(MAX_LOG_LINES + 12);
  store.mergeLogs('a', ['another']);
  expect(store.logEnds.get('a')).toBe(1);
});
