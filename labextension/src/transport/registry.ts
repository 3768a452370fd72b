import type { ISource } from '../ui/source';
import type { Value } from '../ui/observable';
import type { IClockSource } from './clocks';
import type { IReply } from './comm';

/** A source fed by a comm, as the output renderer sees it; both may come from different bundles. */
export interface ILiveSource extends ISource, IClockSource {
  /** Whether a kernel still stands behind it. */
  readonly alive: Value<boolean>;
  /** Whether it missed messages and waits for a snapshot. */
  readonly behind: Value<boolean>;
  /** Follow the life of the comm by the id of its model, which only the document names. */
  watch(modelId: string | undefined): Promise<void>;
  /** Ask the kernel something; rejects with its sentence. */
  ask(question: object): Promise<IReply>;
}

/** Told with `detail: key` when a source comes or goes. */
export const CHANGED = 'changed';

/** The live sources of this page by the key that stands in the document. */
export interface IRegistry {
  readonly stores: Map<string, ILiveSource>;
  readonly target: EventTarget;
  /** Whether outputs of ours are drawn by our own renderer in this page. */
  renderer?: boolean;
}

/** Told when our renderer comes. */
export const RENDERER = 'renderer';

const SYMBOL = Symbol.for('runicorn.live.v1');

/** Return the one registry of this page, whichever bundle asks first. */
export function registry(): IRegistry {
  const scope = globalThis as { [SYMBOL]?: IRegistry };
  return (scope[SYMBOL] ??= { stores: new Map(), target: new EventTarget() });
}

/** Leave the mark that this page has our renderer. */
export function markRenderer(): void {
  const page = registry();
  page.renderer = true;
  page.target.dispatchEvent(new Event(RENDERER));
}

/** Make a source known under its key until the returned function is called. */
export function register(key: string, source: ILiveSource): () => void {
  const { stores, target } = registry();
  stores.set(key, source);
  target.dispatchEvent(new CustomEvent(CHANGED, { detail: key }));
  return () => {
    if (stores.get(key) === source) {
      stores.delete(key);
      target.dispatchEvent(new CustomEvent(CHANGED, { detail: key }));
    }
  };
}
