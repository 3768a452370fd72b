import { Signal, Value } from '../ui/observable';
import type { IRemoteSession } from '../ui/remote/source';
import type { IModel, IReply } from './comm';
import { CHANGED, registry } from './registry';

/** Which runs of which host the cell asked for. */
export interface IKernelWish {
  /** `user@host:port`, or a name of the ssh configuration. */
  readonly target: string;
  readonly root: string;
  readonly environment: string;
}

type Message = IReply | ({ readonly type: 'wish' } & IKernelWish) | { readonly type: 'changed' };

/** The part of the widget manager's model that tells whether a kernel stands behind it. */
interface IBacked {
  readonly comm_live?: boolean;
  on?(event: string, callback: () => void): void;
}

/**
 * The comm of one `rn.remote()`: it carries the wish of the cell, and where no server is, every question of the panel.
 */
export class RemoteLink {
  /** Speaks when something changed in the kernel's own sessions. */
  readonly changed = new Signal<void>();
  readonly alive = new Value(true);
  private readonly _questions = new Map<
    number,
    { resolve(reply: IReply): void; reject(error: Error): void }
  >();
  private readonly _wished = new Signal<IKernelWish>();
  private _last = 0;
  private _taken = false;
  private _told = '';

  constructor(private readonly _model: IModel) {
    _model.on('msg:custom', this._onMessage);
    void this._watch(String(_model.get('key') ?? ''));
  }

  /** Ask the kernel; rejects when it is gone. */
  ask(question: object): Promise<IReply> {
    if (!this.alive.value) {
      return Promise.reject(new Error(GONE));
    }
    const id = ++this._last;
    return new Promise((resolve, reject) => {
      this._questions.set(id, { resolve, reject });
      this._model.send({ ...question, id });
    });
  }

  /** Say that the panel is there; the wish of the cell is heard once, by whoever is first. */
  greet(renderer: boolean, heard: (wish: IKernelWish) => void): () => void {
    const stop = this._wished.connect(wish => {
      if (!this._taken) {
        this._taken = true;
        this._model.send({ type: 'begun' });
        heard(wish);
      }
    });
    this._model.send({ type: 'hello', renderer });
    return stop;
  }

  /** Tell the kernel what the server said, for `sessions` in Python. */
  tell(sessions: readonly IRemoteSession[]): void {
    const told = sessions.map(({ id, host, root, environment, state, reason, since }) => ({
      ...{ id, host, root, environment, state, reason, since }
    }));
    const text = JSON.stringify(told);
    if (this.alive.value && text !== this._told) {
      this._told = text;
      this._model.send({ type: 'told', sessions: told });
    }
  }

  dispose(): void {
    this._model.off('msg:custom', this._onMessage);
    this._end();
  }

  private readonly _onMessage = (message: Message): void => {
    if ('ok' in message) {
      const question = this._questions.get(message.id);
      this._questions.delete(message.id);
      question?.resolve(message);
    } else if (message.type === 'wish') {
      this._wished.emit(message);
    } else if (message.type === 'changed') {
      this.changed.emit();
    }
  };

  private async _watch(id: string): Promise<void> {
    try {
      const model = (await this._model.widget_manager?.get_model(id)) as IBacked | undefined;
      const look = (): void => {
        if (model?.comm_live === false) {
          this._end();
        }
      };
      model?.on?.('comm_live_update', look);
      look();
    } catch {
      // A host without a manager of this kind says nothing; questions then wait for the kernel.
    }
  }

  private _end(): void {
    this.alive.value = false;
    this._questions.forEach(({ reject }) => reject(new Error(GONE)));
    this._questions.clear();
  }
}

const GONE = 'The kernel is gone; run the cell again.';

interface IPage {
  remotes?: Map<string, RemoteLink>;
}

/** The links of this page, in whichever bundle they were made. */
function links(): Map<string, RemoteLink> {
  const page = registry() as IPage;
  return (page.remotes ??= new Map());
}

/** Make a link known until the returned function is called. */
export function registerLink(key: string, link: RemoteLink): () => void {
  links().set(key, link);
  registry().target.dispatchEvent(new CustomEvent(CHANGED, { detail: key }));
  return () => {
    if (links().get(key) === link) {
      links().delete(key);
    }
    link.dispose();
  };
}

/** Return the link of a key, if it is there. */
export function linkOf(key: string): RemoteLink | undefined {
  return links().get(key);
}

/** Hear of the link of a key, now or when it comes, until the returned function is called. */
export function whenLinked(key: string, heard: (link: RemoteLink) => void): () => void {
  const { target } = registry();
  let known: RemoteLink | undefined;
  const look = (): void => {
    const link = linkOf(key);
    if (link && link !== known) {
      known = link;
      heard(link);
    }
  };
  target.addEventListener(CHANGED, look);
  look();
  return () => target.removeEventListener(CHANGED, look);
}
