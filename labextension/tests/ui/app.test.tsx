import { afterEach, beforeAll, expect, test } from 'vitest';
import { EmbeddedSource } from '../../src/transport/embedded';
import { App } from '../../src/ui/components/App';
import type { IDocument } from '../../src/ui/model';
import { type IMounted, mount } from '../../src/ui/mount';
import { makeDoc, makeRun, parsed, until } from '../make';

const EVIL = '<img src=x onerror="globalThis.hit = 1">';
let mounted: IMounted | undefined;

// uPlot wants a canvas, which the test page has not; its own tests are in a real browser.
beforeAll(() => {
  globalThis.ResizeObserver = class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  };
});

afterEach(() => {
  mounted?.dispose();
  mounted = undefined;
});

async function show(doc: IDocument): Promise<ShadowRoot> {
  const source = new EmbeddedSource(doc);
  mounted = mount(
    document.body,
    { source },
    <App kind={doc.kind} run={doc.kind === 'run' ? doc.runs[0].id : undefined} />
  );
  await source.ready;
  const shadow = document.querySelector('.runicorn-host')!.shadowRoot!;
  await until(() => shadow.querySelector('.rn-table, .rn-card, .rn-empty') !== null);
  return shadow;
}

test('hostile names, config, tags, problems and logs are text and nothing else', async () => {
  const run = makeRun(EVIL, {
    name: EVIL,
    project: EVIL,
    tags: [EVIL],
    state: 'failed',
    state_reason: EVIL,
    problems: [EVIL],
    notes: EVIL,
    config: parsed(JSON.stringify({ [EVIL]: EVIL })),
    summary: { x: EVIL }
  });
  const logs = Object.fromEntries([[EVIL, [EVIL, `\x1b[31m${EVIL}`]]]);
  const images = Object.fromEntries([
    [EVIL, [{ key: EVIL, path: 'x', caption: EVIL, src: 'javascript:alert(1)' }]]
  ]);
  for (const kind of ['run', 'runs'] as const) {
    const shadow = await show(makeDoc([run], { kind, logs, images }));
    expect(shadow.textContent).toContain(EVIL);
    expect(shadow.querySelectorAll('img, script, iframe, a')).toHaveLength(0);
    mounted!.dispose();
  }
  expect((globalThis as { hit?: number }).hit).toBeUndefined();
});

test('the table sorts, filters and opens a run in place', async () => {
  const runs = [0.3, 0.1, 0.2].map((lr, i) => makeRun(`r${i}`, { name: `n${i}`, config: { lr } }));
  const shadow = await show(makeDoc(runs));
  const ids = (): (string | null)[] =>
    [...shadow.querySelectorAll('tbody tr[data-run]')].map(row => row.getAttribute('data-run'));
  expect(ids()).toEqual(['r0', 'r1', 'r2']);
  shadow.querySelector<HTMLButtonElement>('[data-column="config.lr"]')!.click();
  await until(() => ids()[0] === 'r1');
  const filter = shadow.querySelector<HTMLInputElement>('input[name=filter]')!;
  filter.value = 'n2';
  filter.dispatchEvent(new Event('input', { bubbles: true }));
  await until(() => ids().length === 1);
  shadow.querySelector<HTMLButtonElement>('.rn-open')!.click();
  await until(() => shadow.querySelector('.rn-card') !== null);
  shadow.querySelector<HTMLButtonElement>('.rn-back')!.click();
  await until(() => shadow.querySelector('.rn-table') !== null);
});

test('of thousands of rows only those in view are in the page', async () => {
  const runs = Array.from({ length: 5000 }, (_, i) => makeRun(`r${i}`, { config: { i } }));
  const shadow = await show(makeDoc(runs));
  expect(shadow.querySelectorAll('tbody tr[data-run]').length).toBeLessThan(100);
  expect(shadow.querySelector('table')!.getAttribute('aria-rowcount')).toBe('5000');
});

test('no runs: how to make one', async () => {
  const shadow = await show(makeDoc([]));
  expect(shadow.querySelector('pre')!.textContent).toContain('rn.init(');
});

test('a card tells the best value once, and why a run is lost beside its state', async () => {
  const run = makeRun('a', {
    state: 'lost',
    state_reason: 'process 7 is gone',
    best_metric_name: 'acc',
    best_metric_value: 0.9,
    summary: { best_metric_name: 'acc', best_metric_step: 170, best_metric_mode: 'max', kept: 1 }
  });
  const shadow = await show(makeDoc([run], { kind: 'run', logs: { a: ['one', 'two'] } }));
  const facts = shadow.querySelector('.rn-card-facts')!.textContent;
  expect(facts).toContain('kept');
  expect(facts).not.toContain('best_metric');
  expect(shadow.querySelector('.rn-figures')!.textContent).toContain('0.9 at step 170');
  expect(shadow.querySelector('.rn-reason')!.textContent).toBe('process 7 is gone');
  expect(shadow.querySelector('.rn-note')).toBeNull();
  await until(() => shadow.querySelectorAll('.rn-log-line').length === 2);
  expect(shadow.querySelector('[name=follow]')).toBeNull();
});

test('mounting, disposing and mounting again leaves nothing behind', async () => {
  await show(makeDoc([makeRun('a')]));
  mounted!.dispose();
  expect(document.querySelector('.runicorn-host')).toBeNull();
  const shadow = await show(makeDoc([makeRun('b')]));
  expect(shadow.querySelector('[data-run=b]')).not.toBeNull();
});
