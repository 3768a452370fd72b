import type { Store } from '../ui/store';

const FIRST_DELAY = 1000;
const LAST_DELAY = 30000;

/** What the server says about the log rather than out of it (contract R10). */
const NOTICES = /^\[info\] (No logs available yet\.|Logs are now available)/;

/**
 * Follow the log of one run over its websocket into a store; reopened with a growing pause. Each
 * opening brings the whole tail again, so the first frames of it replace what is there.
 */
export function followLogs(store: Store, run: string, open: () => WebSocket): () => void {
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let flushTimer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let stopped = false;
  let fresh = true;
  let pending: string[] = [];

  const flush = (): void => {
    flushTimer = undefined;
    const lines = pending;
    pending = [];
    if (fresh) {
      fresh = false;
      store.setLogs(run, lines);
    } else {
      store.appendLogs(run, lines);
    }
  };
  const connect = (): void => {
    fresh = true;
    socket = open();
    socket.onmessage = event => {
      failures = 0;
      const line = String(event.data);
      if (NOTICES.test(line)) {
        return;
      }
      pending.push(line);
      // Thousands of lines come at once: one change of the store for all of them.
      flushTimer ??= setTimeout(flush, 30);
    };
    socket.onclose = event => {
      // 1000 is the server's own end: there is no such run, asking again would not help.
      if (!stopped && event.code !== 1000) {
        failures += 1;
        timer = setTimeout(connect, Math.min(LAST_DELAY, FIRST_DELAY * 2 ** (failures - 1)));
      }
    };
  };
  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    clearTimeout(flushTimer);
    socket?.close();
  };
}
