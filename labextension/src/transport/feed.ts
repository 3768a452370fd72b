import { Signal, Value } from '../ui/observable';

/** Ids to read again and ids that are gone; `all` when only "something may have changed" is known. */
export interface IFeedChange {
  readonly changed: readonly string[];
  readonly gone: readonly string[];
  readonly all?: boolean;
}

const FIRST_DELAY = 1000;
const LAST_DELAY = 30000;
/** After so many attempts in a row without an answer the feed also polls. */
const FAILURES_BEFORE_POLLING = 2;

/**
 * The change feed of one server: a websocket while somebody listens, reopened with a growing pause;
 * where websockets do not pass, a poll at the same pace, and none while the page is hidden.
 */
export class Feed {
  readonly changed = new Signal<IFeedChange>();
  readonly connected = new Value(false);
  private _users = 0;
  private _socket: WebSocket | null = null;
  private _version: number | undefined;
  private _complete: boolean | undefined;
  private _failures = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly _open: (since?: number) => WebSocket) {}

  /** Listen until the returned function is called; the socket lives while anybody does. */
  listen(listener: (change: IFeedChange) => void): () => void {
    const stop = this.changed.connect(listener);
    this._users += 1;
    if (this._users === 1) {
      this._connect();
    }
    let open = true;
    return () => {
      if (open) {
        open = false;
        stop();
        this._users -= 1;
        if (this._users === 0) {
          this._close();
        }
      }
    };
  }

  private _connect(): void {
    let socket: WebSocket;
    try {
      socket = this._open(this._version);
    } catch {
      this._retry();
      return;
    }
    this._socket = socket;
    socket.onmessage = event => this._receive(String(event.data));
    socket.onclose = () => {
      if (this._socket === socket) {
        this._socket = null;
        this.connected.value = false;
        this._retry();
      }
    };
  }

  private _receive(text: string): void {
    const frame = JSON.parse(text) as {
      version: number;
      changed: string[];
      gone: string[];
      all?: boolean;
      complete?: boolean;
    };
    // `all`: what we know is too old, or of an index that was begun again. A smaller version says so, too. And once
    // every run has been looked at, lists that said they are not whole are to be read again.
    const again =
      frame.all === true ||
      (this._version !== undefined && frame.version < this._version) ||
      (frame.complete === true && this._complete === false);
    this._complete = frame.complete;
    const blind = this._failures >= FAILURES_BEFORE_POLLING;
    this._version = frame.version;
    this._failures = 0;
    this.connected.value = true;
    if (again || blind || frame.changed.length || frame.gone.length) {
      this.changed.emit({ changed: frame.changed, gone: frame.gone, all: again || blind });
    }
  }

  private _retry(): void {
    if (this._users === 0) {
      return;
    }
    this._failures += 1;
    const delay = Math.min(LAST_DELAY, FIRST_DELAY * 2 ** (this._failures - 1));
    this._timer = setTimeout(() => this._again(), delay * (0.8 + 0.4 * Math.random()));
  }

  private _again(): void {
    if (globalThis.document?.hidden) {
      this._timer = setTimeout(() => this._again(), FIRST_DELAY);
      return;
    }
    if (this._failures >= FAILURES_BEFORE_POLLING) {
      this.changed.emit({ changed: [], gone: [], all: true });
    }
    this._connect();
  }

  private _close(): void {
    clearTimeout(this._timer);
    const socket = this._socket;
    this._socket = null;
    this._failures = 0;
    this.connected.value = false;
    socket?.close();
  }
}
