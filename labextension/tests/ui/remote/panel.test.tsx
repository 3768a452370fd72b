import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RemoteModel } from '../../../src/ui/remote/model';
import { mountRemote } from '../../../src/ui/remote/mount';
import type { IRemoteSession } from '../../../src/ui/remote/source';
import { until } from '../../make';
import { FakeSource, TORCH, makeSession, refusing } from './fake';

let mounted: { dispose(): void } | undefined;
// This DOM lays nothing out, so it never tells that something can be seen.
beforeEach(() => void vi.stubGlobal('IntersectionObserver', undefined));
afterEach(() => {
  mounted?.dispose();
  vi.unstubAllGlobals();
});

interface IShown {
  readonly root: ShadowRoot;
  readonly source: FakeSource;
  readonly model: RemoteModel;
  find<T extends HTMLElement = HTMLElement>(selector: string): T | null;
}

function show(
  prepare: (source: FakeSource) => void = () => undefined,
  openSession?: (session: IRemoteSession) => void
): IShown {
  const source = new FakeSource();
  prepare(source);
  const model = new RemoteModel(source);
  mounted = mountRemote(document.body, model, { openSession });
  const root = document.querySelector('.runicorn-host')!.shadowRoot!;
  return { root, source, model, find: selector => root.querySelector(selector) };
}

test('without hosts one sentence says what this is for, and a host is picked from the list', async () => {
  const { find, root, source } = show();
  await until(() => find('.rn-far-empty') !== null);
  expect(find('.rn-far-empty')!.textContent).toContain('See the runs of a GPU server here');
  find('button[name=add-host]')!.click();
  await until(() => root.querySelectorAll('[role=option]').length === 2);
  expect(find('[data-host=gpu2]')!.textContent).toContain('via bastion');
  find('[data-host=gpu1]')!.click();
  await until(() => find('button[name=start]') !== null);
  find('button[name=start]')!.click();
  await until(() => find('[data-session=s1]') !== null);
  expect(source.asked).toEqual([
    ['connect', { host: 'gpu1' }, null],
    ['start', 'ada@10.0.0.1:22', 'torch', '/data/runs']
  ]);
});

test('the password field is empty before its content is sent', async () => {
  const { find, model, source } = show();
  source.connect = refusing('authentication_failed', 'No.');
  await model.connect({ host: 'gpu1' });
  await until(() => find('input[name=secret]') !== null);
  const field = find<HTMLInputElement>('input[name=secret]')!;
  expect([field.type, field.autocomplete]).toEqual(['password', 'off']);
  let seen: unknown;
  let left: string | undefined;
  source.connect = async (_target, secret) => {
    [seen, left] = [secret, field.value];
    throw new Error('No.');
  };
  field.value = 'tr0ub4dor';
  find('button[name=connect]')!.click();
  await until(() => seen !== undefined);
  expect(seen).toEqual({ kind: 'password', text: 'tr0ub4dor' });
  expect(left).toBe('');
});

test('a changed key leaves nothing to click but another host', async () => {
  const { find, root, model, source } = show();
  source.connect = refusing('host_key_changed', 'Another key.');
  await model.connect({ host: 'gpu1' });
  await until(() => find('.rn-stop') !== null);
  expect(find('.rn-stop')!.querySelectorAll('button, a, input').length).toBe(0);
  const names = [...root.querySelectorAll('button')].map(button => button.name);
  expect(names).toEqual(['add-host']);
});

test('a session is opened by the host of the panel, its log grows, and its change is announced', async () => {
  const opened: string[] = [];
  const prepare = (source: FakeSource): void => void (source.held = [makeSession('s1')]);
  const { find, model, source } = show(prepare, session => opened.push(session.id));
  await until(() => find('[data-session=s1]') !== null);
  find('button[name=open]')!.click();
  expect(opened).toEqual(['s1']);
  find('button[name=log]')!.click();
  await until(() => find('[role=log]')?.textContent === 'first');
  source.held = [makeSession('s1', { state: 'reconnecting', reason: 'Cut.' })];
  await model.refresh();
  const announced = (): string => find('[aria-live]')!.textContent ?? '';
  await until(() => announced() !== '');
  expect(announced()).toBe('gpu1: reconnecting. Cut.');
  expect(find('[data-session=s1]')!.dataset.state).toBe('reconnecting');
});

test('an installation needs a yes of its own', async () => {
  const { find, model, source } = show();
  source.environment = { ...TORCH, distribution: 'runicorn', version: '0.7.2' };
  await model.connect({ host: 'gpu1' });
  await until(() => find('button[name=install]') !== null);
  expect(find<HTMLButtonElement>('button[name=start]')!.disabled).toBe(true);
  find('button[name=install]')!.click();
  await until(() => find('dialog') !== null);
  find('dialog button[name=no]')!.click();
  await until(() => find('dialog') === null);
  expect(source.asked.filter(([verb]) => verb === 'install')).toEqual([]);
  find('button[name=install]')!.click();
  await until(() => find('dialog') !== null);
  find('dialog button[name=yes]')!.click();
  await until(() => find<HTMLButtonElement>('button[name=start]')?.disabled === false);
  expect(source.asked.filter(([verb]) => verb === 'install')).toHaveLength(1);
});

test('a panel that cannot be seen asks nothing', async () => {
  vi.useFakeTimers();
  let see: (seen: boolean) => void = () => undefined;
  class Watch {
    constructor(heard: (found: { isIntersecting: boolean }[]) => void) {
      see = isIntersecting => heard([{ isIntersecting }]);
    }
    observe = (): void => undefined;
    disconnect = (): void => undefined;
  }
  vi.stubGlobal('IntersectionObserver', Watch);
  let asked = 0;
  const { source } = show();
  source.sessions = async () => {
    asked += 1;
    return [];
  };
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toBe(0);
  see(true);
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toBe(3);
  see(false);
  await vi.advanceTimersByTimeAsync(60000);
  expect(asked).toBe(3);
  vi.useRealTimers();
});
