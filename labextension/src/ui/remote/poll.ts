const CALM = 2000;
const HURRIED = 500;
const LONGEST = 30000;

interface IOptions {
  /** Whether something is under way that should be seen soon. */
  readonly hurried: () => boolean;
  /** Hear of changes from somebody who tells, if anybody does. */
  readonly watch?: (heard: () => void) => (() => void) | undefined;
}

/** Ask again and again while anybody looks; never twice at once, not while the page is hidden, and rarer while it fails. */
export class Poll {
  private _users = 0;
  private _failures = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _asking: Promise<void> | null = null;
  private _again = false;
  private _stopWatching: (() => void) | undefined;
  private _disposed = false;

  constructor(
    private readonly _ask: () => Promise<void>,
    private readonly _options: IOptions
  ) {}

  /** Ask until the returned function is called. */
  follow(): () => void {
    this._users += 1;
    if (this._users === 1) {
      globalThis.document?.addEventListener('visibilitychange', this._onVisible);
      this._stopWatching = this._options.watch?.(() => void this.now());
      void this.now();
    }
    let on = true;
    return () => {
      if (on) {
        on = false;
        this._users -= 1;
        if (this._users === 0) {
          this._rest();
        }
      }
    };
  }

  /** Ask now; a question that is under way is followed by another, since it may have been too early. */
  now(): Promise<void> {
    if (this._disposed) {
      return Promise.resolve();
    }
    if (this._asking) {
      this._again = true;
      return this._asking;
    }
    return (this._asking = this._round());
  }

  dispose(): void {
    this._disposed = true;
    this._rest();
  }

  private async _round(): Promise<void> {
    do {
      this._again = false;
      try {
        await this._ask();
        this._failures = 0;
      } catch {
        this._failures += 1; // what is asked says itself why
      }
    } while (this._again && !this._disposed);
    this._asking = null; // at once: who asks from here on is not answered by what was
    this._later();
  }

  private _later(): void {
    clearTimeout(this._timer);
    if (this._users > 0 && !this._disposed && !globalThis.document?.hidden) {
      const pause = this._options.hurried() ? HURRIED : CALM;
      const wait = this._failures ? CALM * 2 ** Math.min(this._failures, 4) : pause;
      this._timer = setTimeout(() => void this.now(), Math.min(LONGEST, wait));
    }
  }

  private _rest(): void {
    clearTimeout(this._timer);
    globalThis.document?.removeEventListener('visibilitychange', this._onVisible);
    this._stopWatching?.();
    this._stopWatching = undefined;
  }

  private readonly _onVisible = (): void => {
    if (globalThis.document.hidden) {
      clearTimeout(this._timer);
    } else {
      void this.now();
    }
  };
}
