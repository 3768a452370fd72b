import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RemoteModel } from '../../../src/ui/remote/model';
import { mountRemote } from '../../../src/ui/remote/mount';
import { type IRemoteSession, RemoteProblem } from '../../../src/ui/remote/source';
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
  openSession?: (session: IRemoteSession) => void,
  roomy = false
): IShown {
  const source = new FakeSource();
  prepare(source);
  const model = new RemoteModel(source);
  mounted = mountRemote(document.body, model, { openSession, roomy });
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

test('a cut is told once: in the row, or in full below the open log', async () => {
  const cut = makeSession('s1', { state: 'degraded', reason: 'Cut.' });
  const { find } = show(source => {
    source.held = [cut];
    source.logs = async () => Promise.reject(new RemoteProblem('viewer_unavailable', 'Cut.'));
  });
  const said = (): number => find('[data-session=s1]')!.textContent!.split('Cut.').length - 1;
  await until(() => find('[data-session=s1]') !== null);
  expect(said()).toBe(1);
  find('button[name=log]')!.click();
  await until(() => find('[role=log]')?.textContent === 'It cannot be read now.');
  expect(said()).toBe(1);
});

test.each([true, false])(
  'what was started opens by itself where there is room: %s',
  async roomy => {
    const opened: string[] = [];
    const open = (session: IRemoteSession): void => void opened.push(session.host);
    const { find, model } = show(undefined, open, roomy);
    await model.connect({ host: 'gpu1' });
    await until(() => find('button[name=start]') !== null);
    find('button[name=start]')!.click();
    await until(() => find('[data-session=s1]') !== null && opened.length === Number(roomy));
    expect(opened).toEqual(roomy ? ['gpu1'] : []);
  }
);

function typeInto(field: HTMLInputElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

test('a folder that cannot be read stays as it was typed, and what is shown is what is started', async () => {
  const { find, root, model, source } = show();
  source.folder = async (_, path) => {
    if (path !== '~') {
      throw new RemoteProblem('folder_not_found', `There is no folder ${path}.`);
    }
    return { path: '/home/ada', folders: ['data'] };
  };
  source.start = async (...args) => {
    source.asked.push(['start', ...args]);
    throw new RemoteProblem('root_missing', 'Nothing there.');
  };
  await model.connect({ host: 'gpu1' });
  await until(() => find('button[name=start]') !== null);
  find('[data-root=""] input')!.click();
  const field = (): HTMLInputElement => find<HTMLInputElement>('input[name=path]')!;
  await until(() => find('input[name=path]') !== null && field().value === '/home/ada');
  expect(find('.rn-folder')!.textContent).toBe('data');
  typeInto(field(), '~/no-such');
  field().dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
  await until(() => find('.rn-folders [role=alert]') !== null);
  expect(find('.rn-folders')!.textContent).toBe('There is no folder ~/no-such.');
  expect(field().value).toBe('~/no-such');
  find('button[name=start]')!.click();
  await until(() => root.querySelector('form > [role=alert]') !== null);
  expect(source.asked.at(-1)).toEqual(['start', 'ada@10.0.0.1:22', 'torch', '~/no-such']);
  await until(() => find('input[name=path]') !== null);
  expect(field().value).toBe('~/no-such');
  expect(find<HTMLInputElement>('[data-root=""] input')!.checked).toBe(true);
});

test('a start that failed keeps the folder and the Python', async () => {
  const { find, model, source } = show();
  const other = { ...TORCH, name: 'jax' };
  source.places = async () => ({
    environments: [TORCH, other],
    roots: ['/a', '/b'].map(path => ({ path, runs: 1 }))
  });
  source.start = async () => Promise.reject(new RemoteProblem('viewer_failed', 'It ended.'));
  await model.connect({ host: 'gpu1' });
  await until(() => find('button[name=start]') !== null);
  find('[data-root="/b"] input')!.click();
  find('[data-environment=jax] input')!.click();
  await until(() => find<HTMLInputElement>('[data-environment=jax] input')!.checked);
  find('button[name=start]')!.click();
  await until(() => find('form > [role=alert]') !== null);
  expect(find<HTMLInputElement>('[data-root="/b"] input')!.checked).toBe(true);
  expect(find<HTMLInputElement>('[data-environment=jax] input')!.checked).toBe(true);
});

test('a wrong port and a host that is not in the list are told in one sentence each', async () => {
  const { find, root, model } = show();
  model.pick();
  await until(() => root.querySelectorAll('[role=option]').length === 2);
  const problems = (): string[] =>
    [...root.querySelectorAll('[role=alert], [role=presentation]')].map(one => one.textContent!);
  typeInto(find<HTMLInputElement>('input[name=host]')!, 'elsewhere:99999');
  await until(() => problems().length === 1);
  expect(problems()[0]).toContain('as it is typed');
  find('button[name=connect]')!.click();
  await until(() => find('[role=alert]') !== null);
  expect(problems()).toEqual(['The port must be a number from 1 to 65535.']);
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
