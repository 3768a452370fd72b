import type { ICurve, IDocument } from '../ui/model';
import { Signal, Value } from '../ui/observable';
import type { ISource, ISourceStatus } from '../ui/source';
import { Store } from '../ui/store';
import { loadDocument } from './document';

/**
 * What a saved output holds, and nothing else: no kernel and no server is asked.
 */
export class EmbeddedSource implements ISource {
  readonly kind = 'embedded';
  readonly store = new Store();
  readonly swapped = new Signal<void>();
  readonly status = new Value<ISourceStatus>({ phase: 'loading', live: false });
  readonly waitingText = '';
  readonly canWindow = false;
  readonly canClock = false;
  readonly ready: Promise<void>;

  constructor(private _doc: IDocument) {
    this.ready = this._load();
  }

  get label(): string {
    return this._doc.source ?? '';
  }

  /** Show a newer form of the same document; what did not change stays in place. */
  update(doc: IDocument): Promise<void> {
    this._doc = doc;
    return this._load();
  }

  follow(): () => void {
    return () => undefined;
  }

  window(): Promise<ICurve[]> {
    return Promise.reject(new Error('A saved output holds no more points than it shows.'));
  }

  image(): Promise<string> {
    return Promise.reject(new Error('This image is not part of the saved output.'));
  }

  dispose(): void {
    // Nothing was opened.
  }

  private async _load(): Promise<void> {
    try {
      await loadDocument(this.store, this._doc);
      this.status.value = { phase: 'ready', live: false };
    } catch (error) {
      this.status.value = { phase: 'ready', live: false, message: (error as Error).message };
    }
  }
}
