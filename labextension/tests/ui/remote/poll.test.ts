import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Poll } from '../../../src/ui/remote/poll';

let hurried = false;
let hidden = false;

beforeEach(() => {
  hurried = hidden = false;
  vi.useFakeTimers();
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
});
afterEach(() => vi.useRealTimers());

function make(ask: () => Promise<void>): Poll {
  return new Poll(ask, { hurried: () => hurried });
}

test('it asks every two seconds while somebody looks, faster while something is under way', async () => {
  const ask = vi.fn(async () => undefined);
  const stop = make(ask).follow();
  await vi.advanceTimersByTimeAsync(4100);
  expect(ask).toHaveBeenCalledTimes(3);
  hurried = true;
  await vi.advanceTimersByTimeAsync(2000); // one more calm pause, then hurried ones
  const calls = ask.mock.calls.length;
  await vi.advanceTimersByTimeAsync(2000);
  expect(ask.mock.calls.length - calls).toBe(4);
  stop();
  await vi.advanceTimersByTimeAsync(9000);
  expect(ask.mock.calls.length - calls).toBe(4);
});

test('nothing is asked while the page is hidden, and at once when it comes back', async () => {
  const ask = vi.fn(async () => undefined);
  const stop = make(ask).follow();
  await vi.advanceTimersByTimeAsync(10);
  hidden = true;
  document.dispatchEvent(new Event('visibilitychange'));
  await vi.advanceTimersByTimeAsync(60000);
  expect(ask).toHaveBeenCalledTimes(1);
  hidden = false;
  document.dispatchEvent(new Event('visibilitychange'));
  expect(ask).toHaveBeenCalledTimes(2);
  stop();
});

test('failures make it rarer', async () => {
  const ask = vi.fn(async () => Promise.reject(new Error('no')));
  const stop = make(ask).follow();
  await vi.advanceTimersByTimeAsync(62000);
  expect(ask.mock.calls.length).toBeLessThan(6);
  stop();
});

test('it never asks twice at once, and asks again when it was told to meanwhile', async () => {
  const answers: (() => void)[] = [];
  const ask = vi.fn(() => new Promise<void>(resolve => answers.push(resolve)));
  const poll = make(ask);
  const first = poll.now();
  void poll.now();
  void poll.now();
  expect(ask).toHaveBeenCalledTimes(1);
  answers[0]();
  await vi.advanceTimersByTimeAsync(0);
  expect(ask).toHaveBeenCalledTimes(2);
  answers[1]();
  await first;
  poll.dispose();
});
