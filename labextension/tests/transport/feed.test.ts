import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Feed } from '../../src/transport/feed';

interface IFakeSocket {
  onmessage: (event: { data: string }) => void;
  onclose: () => void;
  close: () => void;
}

let sockets: { socket: IFakeSocket; since?: number }[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
});
afterEach(() => vi.useRealTimers());

function makeFeed(): Feed {
  return new Feed(since => {
    const socket = { close: vi.fn() } as unknown as IFakeSocket;
    sockets.push({ socket, since });
    return socket as unknown as WebSocket;
  });
}

function frame(version: number, changed: string[] = []): { data: string } {
  return { data: JSON.stringify({ version, changed, gone: [] }) };
}

test('one socket for all listeners, closed with the last of them', () => {
  const feed = makeFeed();
  const heard = vi.fn();
  const stops = [feed.listen(heard), feed.listen(() => undefined)];
  expect(sockets).toHaveLength(1);
  sockets[0].socket.onmessage(frame(4));
  expect(heard).not.toHaveBeenCalled();
  sockets[0].socket.onmessage(frame(5, ['a']));
  expect(heard).toHaveBeenCalledWith({ changed: ['a'], gone: [], all: false });
  stops[0]();
  expect(sockets[0].socket.close).not.toHaveBeenCalled();
  stops[1]();
  expect(sockets[0].socket.close).toHaveBeenCalled();
});

test('it reopens from the version it knows, ever more slowly, and polls where websockets do not pass', () => {
  const feed = makeFeed();
  const heard = vi.fn();
  feed.listen(heard);
  sockets[0].socket.onmessage(frame(4));
  sockets[0].socket.onclose();
  vi.advanceTimersByTime(1300);
  expect(sockets[1].since).toBe(4);
  sockets[1].socket.onclose();
  vi.advanceTimersByTime(1300);
  expect(sockets).toHaveLength(2);
  vi.advanceTimersByTime(1300);
  expect(sockets).toHaveLength(3);
  expect(heard).toHaveBeenCalledWith({ changed: [], gone: [], all: true });
});

test('a server that counts from the beginning again has everything read anew', () => {
  const feed = makeFeed();
  const heard = vi.fn();
  feed.listen(heard);
  sockets[0].socket.onmessage(frame(400));
  sockets[0].socket.onmessage(frame(2));
  expect(heard).toHaveBeenCalledWith({ changed: [], gone: [], all: true });
});

test('everything is read again when the server says so, or once it has seen every run', () => {
  const feed = makeFeed();
  const heard = vi.fn();
  feed.listen(heard);
  const tell = (rest: object): void =>
    sockets[0].socket.onmessage({
      data: JSON.stringify({ version: 5, changed: [], gone: [], ...rest })
    });
  tell({ complete: false, pending: 3 });
  tell({ complete: false, pending: 1 });
  expect(heard).not.toHaveBeenCalled();
  tell({ complete: true, pending: 0 });
  expect(heard).toHaveBeenLastCalledWith({ changed: [], gone: [], all: true });
  tell({ complete: true, pending: 0 });
  expect(heard).toHaveBeenCalledTimes(1);
  tell({ version: 9, changed: ['a'], all: true, complete: true });
  expect(heard).toHaveBeenLastCalledWith({ changed: ['a'], gone: [], all: true });
});
