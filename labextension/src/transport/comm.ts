import type { ICurve, IDocument, IRun } from '../ui/model';
import { Signal, Value } from '../ui/observable';
import type { IFind, ISourceStatus, IWindowQuery } from '../ui/source';
import { Store } from '../ui/store';
import { fromWire, type IClock, type IWireCurve } from './client';
import { loadDocument } from './document';
import { type IPushed, applyMessage } from './messages';
import { type ILiveSource, RENDERER, registry } from './registry';

/** The part of anywidget's model that is used here. */
export interface IModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback?: ((...args: never[]) => void) | null): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  readonly widget_manager?: { get_model(id: string): Promise<unknown> };
}

/** The ipywidgets model behind it, where there is one. */
interface IBackedModel {
  readonly comm_live?: boolean;
  on?(event: string, callback: () => void): void;
}

/** What the kernel answers; which field is filled depends on the question. */
export interface IReply {
  readonly id: number;
  readonly ok: boolean;
  readonly curves?: IWireCurve[];
  readonly runs?: IRun[];
  readonly clock?: IClock;
  /** What a call that HTTP would take came to: JSON, or with `base64` the bytes of a file. */
  readonly status?: number;
  readonly body?: unknown;
  readonly base64?: string;
  readonly error?: string;
}

/**
 * Runs pushed by the kernel through a widget model; works where there is no server, and while a cell runs.
 */
export class CommSource implements ILiveSource {
  readonly kind = 'comm';
  readonly store = new Store();
  readonly swapped = new Signal<void>();
  readonly status = new Value<ISourceStatus>({ phase: 'loading', live: true });
  readonly alive = new Value(true);
  readonly behind = new Value(false);
  readonly waitingText = 'Waiting until the kernel is idle…';
  readonly canWindow = true;
  readonly canClock = true;
  readonly doc: IDocument;
  private _seq: number | null = null;
  private _watched = false;
  private _loads = 0;
  private _asked = true;
  private _questions = new Map<number, { resolve(r: IReply): void; reject(e: Error): void }>();
  private _lastQuestion = 0;
  private readonly _first: ReturnType<typeof setTimeout>;
  private _early: [IPushed, DataView[]][] | null = [];

  constructor(private readonly _model: IModel) {
    const doc = _model.get('doc') as Partial<IDocument> | undefined;
    this.doc = { version: 1, kind: 'runs', runs: [], ...doc };
    _model.on('msg:custom', this._onMessage);
    void this._load(this.doc, Array.isArray(doc?.runs));
    // Plugins that are being activated in this turn get the chance to leave their mark.
    this._first = setTimeout(this._hello);
    registry().target.addEventListener(RENDERER, this._hello);
  }

  get label(): string {
    return this.doc.source ?? '';
  }

  async watch(id: string | undefined): Promise<void> {
    if (!id || this._watched || !this._model.widget_manager) {
      return;
    }
    this._watched = true;
    try {
      const model = (await this._model.widget_manager.get_model(id)) as IBackedModel;
      const look = (): void => {
        this.alive.value = this.alive.value && model.comm_live !== false;
      };
      model.on?.('comm_live_update', look);
      look();
    } catch {
      this.alive.value = false;
    }
  }

  follow(): () => void {
    return () => undefined;
  }

  async window(query: IWindowQuery): Promise<ICurve[]> {
    return ((await this.ask({ type: 'curves', ...query })).curves ?? []).map(fromWire);
  }

  async clock(run: string, metric: string): Promise<IClock> {
    return (await this.ask({ type: 'clock', run, metric })).clock!;
  }

  async find(asked: IFind): Promise<readonly IRun[]> {
    return (await this.ask({ type: 'find', ...asked })).runs ?? [];
  }

  ask(question: object): Promise<IReply> {
    if (!this.alive.value) {
      return Promise.reject(new Error('The kernel is gone; these are the points it sent.'));
    }
    const id = ++this._lastQuestion;
    return new Promise((resolve, reject) => {
      this._questions.set(id, { resolve, reject });
      this._model.send({ ...question, id });
    });
  }

  image(): Promise<string> {
    return Promise.reject(
      new Error('This image stays with the run; the server extension would show it.')
    );
  }

  dispose(): void {
    clearTimeout(this._first);
    registry().target.removeEventListener(RENDERER, this._hello);
    this._model.off('msg:custom', this._onMessage);
    this.alive.value = false;
    this._questions.forEach(({ reject }) => reject(new Error('The widget was closed.')));
    this._questions.clear();
  }

  private readonly _onMessage = (message: IPushed | IReply, buffers: DataView[] = []): void => {
    if ('ok' in message) {
      this._onReply(message);
    } else if (message.type === 'closed') {
      this.alive.value = false;
      this.status.value = { phase: 'ready', live: false };
    } else if (message.type === 'snapshot') {
      this._seq = message.seq;
      this._asked = false;
      void this._load(message.doc, true);
      this.behind.value = false;
    } else if (this._early) {
      // The document's curves are still being decoded: points put now would be overwritten.
      this._early.push([message, buffers]);
    } else {
      this._push(message, buffers);
    }
  };

  private _push(message: IPushed, buffers: DataView[]): void {
    const expected = (this._seq ?? 0) + 1;
    if (this._seq !== null && message.seq < expected) {
      return; // older than the snapshot
    }
    const whole = message.seq === expected;
    this._seq = message.seq;
    if (message.type === 'runs' && this.status.value.phase === 'loading') {
      this.status.value = { phase: 'ready', live: true };
    }
    if (!applyMessage(this.store, message, buffers) || !whole) {
      this._askAgain();
    }
  }

  private _askAgain(): void {
    this.behind.value = true;
    if (!this._asked) {
      this._asked = true;
      this._hello();
    }
  }

  /** Ask for everything, and say whether this page can draw the document without us. Said again when it can later. */
  private readonly _hello = (): void => {
    clearTimeout(this._first);
    this._model.send({ type: 'hello', renderer: registry().renderer === true });
  };

  private async _load(doc: IDocument, filled: boolean): Promise<void> {
    const load = ++this._loads;
    this._early ??= [];
    if (filled) {
      await loadDocument(this.store, doc).catch(() => this._askAgain());
      this.status.value = { phase: 'ready', live: this.alive.value };
    }
    if (load === this._loads) {
      const early = this._early;
      this._early = null;
      early.forEach(([message, buffers]) => this._push(message, buffers));
    }
  }

  private _onReply(reply: IReply): void {
    const question = this._questions.get(reply.id);
    this._questions.delete(reply.id);
    if (reply.ok) {
      question?.resolve(reply);
    } else {
      question?.reject(new Error(reply.error ?? 'The kernel could not answer.'));
    }
  }
}
