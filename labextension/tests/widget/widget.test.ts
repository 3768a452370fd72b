import { beforeAll, expect, test } from 'vitest';
import widget from '../../src/widget/index';
import type { IModel } from '../../src/transport/comm';
import { registry } from '../../src/transport/registry';
import { makeDoc, makeRun, until } from '../make';

beforeAll(() => {
  globalThis.ResizeObserver = class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  };
});

function fakeModel(): IModel & { state: Record<string, unknown>; saved: number } {
  const state: Record<string, unknown> = {
    key: 'k1',
    doc: makeDoc([makeRun('a')], { key: 'k1' }),
    view: {}
  };
  return {
    state,
    saved: 0,
    get: name => state[name],
    set: (name, value) => void (state[name] = value),
    save_changes() {
      this.saved += 1;
    },
    on: () => undefined,
    off: () => undefined,
    send: () => undefined
  };
}

const shadows = (el: HTMLElement): number => el.querySelectorAll('.runicorn-host').length;

test('the store is there without a view, and leaves with the model', () => {
  const model = fakeModel();
  const stop = widget.initialize({ model });
  expect(registry().stores.has('k1')).toBe(true);
  stop();
  expect(registry().stores.has('k1')).toBe(false);
});

test('drawn, taken away and drawn again; two views at once', async () => {
  const model = fakeModel();
  const stop = widget.initialize({ model });
  const [one, two] = [document.createElement('div'), document.createElement('div')];
  document.body.append(one, two);
  widget.render({ model, el: one })();
  expect(shadows(one)).toBe(0);
  const cleanups = [widget.render({ model, el: one }), widget.render({ model, el: two })];
  await until(
    () => two.querySelector('.runicorn-host')?.shadowRoot?.querySelector('[data-run=a]') !== null
  );
  expect([shadows(one), shadows(two)]).toEqual([1, 1]);
  cleanups.forEach(cleanup => cleanup());
  expect([shadows(one), shadows(two)]).toEqual([0, 0]);
  stop();
});

test('what the reader chose reaches the view trait', async () => {
  const model = fakeModel();
  const stop = widget.initialize({ model });
  const el = document.createElement('div');
  document.body.append(el);
  const cleanup = widget.render({ model, el });
  const root = el.querySelector('.runicorn-host')!.shadowRoot!;
  await until(() => root.querySelector('[name=log-y]') !== null);
  root.querySelector<HTMLButtonElement>('[name=log-y]')!.click();
  await until(() => model.saved > 0);
  expect(model.state.view).toMatchObject({ logY: true });
  cleanup();
  stop();
});
