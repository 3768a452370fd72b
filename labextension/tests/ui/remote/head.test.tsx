import { render } from 'preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RemoteModel } from '../../../src/ui/remote/model';
import { SessionHead } from '../../../src/ui/remote/SessionHead';
import { until } from '../../make';
import { FakeSource, makeSession } from './fake';

const box = document.createElement('div');
// This DOM lays nothing out, so it never tells that something can be seen.
beforeEach(() => void vi.stubGlobal('IntersectionObserver', undefined));
afterEach(() => {
  render(null, box);
  vi.unstubAllGlobals();
});

test('the head of a session keeps its name, leaves the reason to others, and claims nothing it does not know', async () => {
  const source = new FakeSource();
  const model = new RemoteModel(source);
  const said = (): string => box.textContent!;
  source.held = [makeSession('s1', { state: 'reconnecting', reason: 'Cut.' })];
  render(<SessionHead id="s1" host="10.0.0.1" root="/data/runs" model={model} />, box);
  await until(() => said().includes('reconnecting'));
  expect(said()).toContain('gpu1');
  expect(said()).toContain('Stale since');
  expect(said()).not.toContain('Cut.');
  const sessions = source.sessions;
  source.sessions = async () => Promise.reject(new Error('Away.'));
  await model.refresh();
  await until(() => said().includes('nobody knows'));
  expect(said()).not.toContain('reconnecting');
  source.sessions = sessions;
  source.held = [];
  await model.refresh();
  await until(() => said().includes('stopped'));
  expect(said()).toContain('gpu1');
  model.dispose();
});
