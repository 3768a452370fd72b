import type { ICurve, IRun } from '../ui/model';
import { Signal, Value } from '../ui/observable';
import type { IFind, IInterest, ISource, ISourceStatus, IWindowQuery } from '../ui/source';
import { Store } from '../ui/store';
import type { Client } from './client';
import { WIDE } from './client';
import { CurveFetcher } from './curves';
import type { IFeedChange } from './feed';
import { followLogs } from './logs';
import type { Query } from './url';

/** What an HTTP source is about: a filtered list, or named runs. */
export interface IHttpScope {
  readonly query?: Query;
  readonly only?: readonly string[];
  readonly columns?: readonly string[];
  readonly limit?: number;
  readonly label?: string;
}

/** More changed runs than this and the list is read again instead of each of them. */
const MANY = 8;
const PAUSE = 1000;

/**
 * Runs over the HTTP API, followed by its change feed.
 */
export class HttpSource implements ISource {
  readonly kind = 'http';
  readonly store: Store;
  readonly swapped = new Signal<void>();
  readonly status: Value<ISourceStatus>;
  readonly waitingText = 'Asking the server…';
  readonly canWindow = true;
  readonly canClock = true;
  private readonly _interests = new Set<IInterest>();
  private readonly _curves: CurveFetcher;
  private readonly _logs = new Map<string, { users: number; stop: () => void }>();
  private _stopFeed: (() => void) | null = null;
  private _listTimer: ReturnType<typeof setTimeout> | undefined;
  private _listing = false;
  private _disposed = false;

  constructor(
    readonly client: Client,
    readonly scope: IHttpScope,
    store = new Store()
  ) {
    this.store = store;
    this.status = new Value<ISourceStatus>({
      phase: store.runs.size ? 'ready' : 'loading',
      live: true
    });
    this._curves = new CurveFetcher(client, this.store);
  }

  get calls(): Client {
    return this.client;
  }

  get about(): Query {
    return this.scope.query ?? {};
  }

  get label(): string {
    return this.scope.label ?? '';
  }

  follow(interest: IInterest): () => void {
    this._interests.add(interest);
    this._stopFeed ??= this.client.feed.listen(change => this._onChange(change));
    if (interest.list) {
      void this.refresh();
    }
    this._curves.want(this._interests);
    const stopLogs = interest.logs ? this._followLogs(interest.logs) : undefined;
    if (interest.images) {
      void this._fetchImages(interest.images);
    }
    return () => {
      this._interests.delete(interest);
      this._curves.want(this._interests);
      stopLogs?.();
      if (this._interests.size === 0) {
        this._stopFeed?.();
        this._stopFeed = null;
      }
    };
  }

  /** Read the list, or the named runs, again. */
  async refresh(): Promise<void> {
    if (this._listing || this._disposed) {
      return;
    }
    this._listing = true;
    try {
      await (this.scope.only ? this._readOnly(this.scope.only) : this._readList());
      this.status.value = { phase: 'ready', live: true };
    } catch (error) {
      const phase = this.store.runs.size ? 'ready' : 'error';
      this.status.value = { phase, live: false, message: (error as Error).message };
    } finally {
      this._listing = false;
    }
  }

  window(query: IWindowQuery): Promise<ICurve[]> {
    return this.client.curves(query).then(({ curves }) => curves);
  }

  async find({ query, text }: IFind): Promise<readonly IRun[]> {
    const { query: scope = {}, columns = WIDE, limit } = this.scope;
    const both = scope.query && query ? `(${scope.query}) and (${query})` : (query ?? scope.query);
    const asked = { ...scope, text: scope.text ?? text, query: both };
    return (await this.client.runs(asked, columns, limit)).runs;
  }

  image(run: string, path: string): Promise<string> {
    return this.client.media(run, path);
  }

  dispose(): void {
    this._disposed = true;
    this._stopFeed?.();
    this._curves.dispose();
    clearTimeout(this._listTimer);
    for (const log of this._logs.values()) {
      log.stop();
    }
  }

  private async _readOnly(ids: readonly string[]): Promise<void> {
    const runs = await Promise.all(ids.map(id => this.client.run(id)));
    this.store.setRuns(runs, runs.length);
  }

  private async _readList(): Promise<void> {
    const { query = {}, columns = WIDE, limit } = this.scope;
    const page = await this.client.runs(query, columns, limit);
    this.store.complete = page.complete;
    this.store.setRuns(page.runs, page.total);
    if (!page.complete) {
      this._refreshSoon();
    }
  }

  private _refreshSoon(): void {
    if (this._listTimer === undefined && !this._disposed) {
      this._listTimer = setTimeout(() => {
        this._listTimer = undefined;
        void this.refresh();
      }, PAUSE);
    }
  }

  private _onChange(change: IFeedChange): void {
    const interests = [...this._interests];
    const touched = (id: string): boolean => change.all === true || change.changed.includes(id);
    if (change.all) {
      this._refreshSoon();
    } else {
      void this._onRuns(change);
    }
    this._curves.refresh(touched);
    for (const run of new Set(interests.flatMap(interest => interest.images ?? []))) {
      if (touched(run)) {
        void this._fetchImages(run);
      }
    }
  }

  private async _onRuns(change: IFeedChange): Promise<void> {
    const known = change.changed.filter(id => this.store.runs.has(id));
    const gone = change.gone.filter(id => this.store.runs.has(id));
    if (gone.length) {
      this.store.updateRuns([], gone, this.store.total - gone.length);
    }
    const unknown = !this.scope.only && known.length < change.changed.length;
    if (unknown || known.length > MANY) {
      this._refreshSoon();
    } else if (known.length) {
      const read = await Promise.all(known.map(id => this.client.run(id).catch(() => undefined)));
      this.store.updateRuns(
        read.filter((run): run is IRun => run !== undefined),
        [],
        this.store.total
      );
    }
  }

  private async _fetchImages(run: string): Promise<void> {
    try {
      this.store.setImages(run, await this.client.images(run));
    } catch {
      // A card without pictures is still a card; the next change asks again.
    }
  }

  private _followLogs(run: string): () => void {
    const open = (): WebSocket => this.client.host.socket(this.client.urls.logSocket(run));
    const log = this._logs.get(run) ?? { users: 0, stop: followLogs(this.store, run, open) };
    log.users += 1;
    this._logs.set(run, log);
    return () => {
      log.users -= 1;
      if (log.users === 0) {
        log.stop();
        this._logs.delete(run);
      }
    };
  }
}
