import type { ICurve, IDocument, IRun } from '../ui/model';
import { Signal, Value } from '../ui/observable';
import type { IFind, IInterest, ISource, ISourceStatus, IWindowQuery } from '../ui/source';
import type { Store } from '../ui/store';
import type { Client } from './client';
import { followClocks } from './clocks';
import { EmbeddedSource } from './embedded';
import { HttpSource } from './http';
import { CHANGED, type ILiveSource, registry } from './registry';
import type { Query } from './url';

/**
 * The source of an output: a live comm first, then HTTP, then the points the comm left behind, then what the document
 * itself holds. It changes over by itself when a comm comes, falls behind or dies; interests move along.
 */
export class LiveSource implements ISource {
  readonly swapped = new Signal<void>();
  readonly status = new Value<ISourceStatus>({ phase: 'loading', live: false });
  private readonly _embedded: EmbeddedSource;
  private _active: ISource;
  private _adopted = false;
  private _comm: ILiveSource | undefined;
  private _http: HttpSource | undefined;
  private _probing = false;
  private _refused = false;
  private readonly _interests = new Map<IInterest, () => void>();
  private _stops: (() => void)[] = [];
  private _stopStatus: () => void = () => undefined;
  private _disposed = false;

  constructor(
    private _doc: IDocument,
    private _client: Client | null,
    /** Makes calls to the kernel look like those to a server. */
    private readonly _kernel?: (comm: ILiveSource) => Client
  ) {
    this._embedded = new EmbeddedSource(_doc);
    this._active = this._embedded;
    this._adopt(this._embedded);
    registry().target.addEventListener(CHANGED, this._look);
    this._look();
  }

  get kind(): ISource['kind'] {
    return this._active.kind;
  }

  get store(): Store {
    return this._active.store;
  }

  get calls(): Client | null {
    return this.server ?? this.kernel;
  }

  /** The server; whether it has the artifact of a document is found out by who shows it. */
  get server(): Client | null {
    return (this._doc.artifact ? this._client : this._http?.client) ?? null;
  }

  /** The kernel, while it is there. */
  get kernel(): Client | null {
    const comm = this._comm?.alive.value ? this._comm : undefined;
    return (comm && this._kernel?.(comm)) ?? null;
  }

  get about(): Query {
    return this._doc.query ?? {};
  }

  get label(): string {
    return this._doc.source ?? '';
  }

  get canWindow(): boolean {
    return this._windows !== undefined;
  }

  get canClock(): boolean {
    return this._active.canClock || this._http !== undefined;
  }

  get waitingText(): string {
    return this._windows?.waitingText ?? '';
  }

  /** Whether a kernel feeds this output right now. */
  get comm(): ILiveSource | undefined {
    return this._comm;
  }

  /** Take a newer form of the document (the output was updated in place). */
  update(doc: IDocument): Promise<void> {
    this._doc = doc;
    this._look();
    return this._embedded.update(doc);
  }

  /** Allow asking the server, e.g. after a click in a notebook that is not trusted. */
  allow(client: Client): void {
    this._client = client;
    this._choose();
  }

  follow(interest: IInterest): () => void {
    this._interests.set(interest, this._followNow(interest));
    return () => {
      this._interests.get(interest)?.();
      this._interests.delete(interest);
    };
  }

  window(query: IWindowQuery): Promise<ICurve[]> {
    return (this._windows ?? this._embedded).window(query);
  }

  find(asked: IFind): Promise<readonly IRun[]> {
    return (this._http ?? this._active).find?.(asked) ?? Promise.resolve([]);
  }

  image(run: string, path: string): Promise<string> {
    return (this._http ?? this._active).image(run, path);
  }

  dispose(): void {
    this._disposed = true;
    registry().target.removeEventListener(CHANGED, this._look);
    this._stops.forEach(stop => stop());
    this._stopStatus();
    this._interests.forEach(stop => stop());
    this._interests.clear();
    this._http?.dispose();
  }

  /** What the comm pushes has no times: HTTP is asked for them where it answers, else the kernel. */
  private _followNow(interest: IInterest): () => void {
    const stop = this._active.follow(interest);
    const clocks = this._http?.client ?? (this._active.canClock ? this._comm : undefined);
    if (!interest.clocks || !clocks || this._active === this._http) {
      return stop;
    }
    const stopClocks = followClocks(clocks, this._active.store, interest.curves ?? []);
    return () => (stopClocks(), stop());
  }

  /** HTTP answers while a cell runs, so it is asked first even when a comm draws. */
  private get _windows(): ISource | undefined {
    return this._http ?? (this._active.canWindow ? this._active : undefined);
  }

  private readonly _look = (): void => {
    const comm = this._doc.key ? registry().stores.get(this._doc.key) : undefined;
    if (comm !== this._comm) {
      this._stops.forEach(stop => stop());
      this._stops = [];
      this._comm = comm ?? this._comm;
      if (comm) {
        void comm.watch(this._doc.model_id);
        const choose = (): void => this._choose();
        this._stops = [
          comm.alive.changed.connect(() => (choose(), this._tell())),
          comm.behind.changed.connect(choose),
          comm.store.changed.connect(change => void (change.runs && choose()))
        ];
        this._tell();
      }
    }
    this._choose();
  };

  /** A document without runs changes its source only in who may be called. */
  private _tell(): void {
    if (this._doc.artifact) {
      this.swapped.emit();
    }
  }

  private _choose(): void {
    if (this._disposed) {
      return;
    }
    // A model that a saved notebook's widget state brought back holds nothing, and no kernel stands behind it.
    const comm = this._comm?.store.runs.size ? this._comm : undefined;
    if (comm?.alive.value && !comm.behind.value) {
      this._adopt(comm);
    } else if (this._http) {
      this._adopt(this._http);
    } else {
      this._adopt(comm ?? this._embedded);
    }
    void this._probe();
  }

  /** Ask once whether the server knows these runs: it may serve another root than the kernel writes to. */
  private async _probe(): Promise<void> {
    if (!this._client || this._doc.artifact || this._http || this._probing || this._refused) {
      return;
    }
    this._probing = true;
    const ids = this._doc.runs.map(run => run.id);
    const { kind, query, source } = this._doc;
    const scope = kind === 'run' ? { only: ids } : { query: query ?? {} };
    try {
      const http = new HttpSource(this._client, { ...scope, label: source });
      await http.refresh();
      const known = ids.length === 0 || ids.some(id => http.store.runs.has(id));
      if (http.status.value.phase === 'ready' && known && !this._disposed) {
        this._http = http;
      } else {
        http.dispose();
        this._refused = true;
      }
    } finally {
      this._probing = false;
    }
    if (this._http) {
      this._choose();
      this.swapped.emit();
    }
  }

  private _adopt(source: ISource): void {
    if (source === this._active && this._adopted) {
      return;
    }
    const before = this._active.store;
    this._active = source;
    this._adopted = true;
    this._stopStatus();
    this._stopStatus = source.status.changed.connect(status => {
      this.status.value = status;
    });
    if (source.kind === 'http') {
      inherit(source.store, before);
    }
    for (const [interest, stop] of this._interests) {
      stop();
      this._interests.set(interest, this._followNow(interest));
    }
    this.status.value = source.status.value;
    this.swapped.emit();
  }
}

/** Start with the curves, logs and pictures that are on the screen, so that changing over does not blink. */
function inherit(store: Store, before: Store): void {
  for (const id of before.runs.keys()) {
    if (store.seriesOf(id).size === 0) {
      for (const [metric, { x, y, total, exact }] of before.seriesOf(id)) {
        store.ensureSeries(id, metric).replace({ run: id, metric, x, y, total, exact });
      }
    }
    if (!store.logs.has(id) && before.logs.has(id)) {
      store.logs.set(id, before.logs.get(id)!);
      store.logEnds.set(id, before.logEnds.get(id)!);
    }
    if (!store.images.has(id) && before.images.has(id)) {
      store.images.set(id, before.images.get(id)!);
    }
    const clock = before.clocks.get(id);
    if (clock && !store.clocks.has(id)) {
      store.ensureClock(id).write(0, clock.x, clock.y);
    }
    const stages = before.stages.get(id);
    if (stages && !store.stages.has(id)) {
      store.stages.set(id, stages);
    }
  }
}
