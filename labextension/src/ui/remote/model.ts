import { Value } from '../observable';
import { t } from '../text';
import { type Flow, type Happening, type IWish, next } from './flow';
import { Poll } from './poll';
import {
  type IConnection,
  type IRemoteHost,
  type IRemoteSession,
  type IRemoteSource,
  type ISecret,
  type ITarget,
  RemoteProblem
} from './source';
import { labelOf, parseTarget } from './target';

/** What is being done to a session or a login, or why it was not done. */
export interface IAct {
  readonly doing: 'start' | 'stop' | 'disconnect' | null;
  readonly problem: string;
}

/** Milliseconds between two looks at an installation. */
const STEP = 500;
const now = (): number => Date.now() / 1000;

/**
 * Other hosts as one page sees them: the sessions, and the way to a new one. Several views may share it.
 */
export class RemoteModel {
  readonly flow = new Value<Flow>({ at: 'closed' });
  /** Null until the first answer. */
  readonly sessions = new Value<readonly IRemoteSession[] | null>(null);
  readonly connections = new Value<readonly IConnection[]>([]);
  /** Hosts of the user's ssh configuration; null until they are read. */
  readonly hosts = new Value<readonly IRemoteHost[] | null>(null);
  /** Why the sessions cannot be read now. */
  readonly problem = new Value('');
  /** By the id of a session or login. */
  readonly acts = new Value<ReadonlyMap<string, IAct>>(new Map());
  private readonly _poll: Poll;
  private _waiting: AbortController | null = null;

  constructor(readonly source: IRemoteSource) {
    this._poll = new Poll(() => this._read(), {
      hurried: () => this._underWay(),
      watch: heard => source.watch?.(heard)
    });
  }

  /** Keep the sessions up to date until the returned function is called. */
  follow(): () => void {
    return this._poll.follow();
  }

  /** Read the sessions again. */
  refresh(): Promise<void> {
    return this._poll.now();
  }

  /** Ask which host. */
  pick(typed?: string): void {
    this._cancelWait();
    void this._readHosts();
    this._tell({ type: 'pick', typed });
  }

  /** Give up the step at hand. */
  cancel(): void {
    this._cancelWait();
    this._tell({ type: 'close' });
  }

  /** Log in, and with a wish go on to its runs. */
  async connect(
    target: ITarget,
    secret: ISecret | null = null,
    wish: IWish | null = null
  ): Promise<void> {
    const { signal } = this._wait();
    this._tell({ type: 'connect', now: now(), login: { target, wish } });
    await this._try(signal, async () => {
      const { id } = await this.source.connect(target, secret, signal);
      const connection = { id, host: this._label(id) };
      if (!signal.aborted) {
        this._tell({ type: 'connected', now: now(), connection });
        await (wish ? this._start(connection.id, wish, signal) : this._look(connection, signal));
      }
    });
  }

  /** Accept the key in question, and log in. */
  async acceptKey(): Promise<void> {
    const flow = this.flow.value;
    if (flow.at === 'key') {
      const { signal } = this._wait();
      const accepted = await this._try(signal, () => this.source.accept(flow.key));
      if (accepted) {
        await this.connect(flow.target, null, flow.wish);
      }
    }
  }

  /** Go on with a login that stands. */
  async look(connection: IConnection): Promise<void> {
    const { signal } = this._wait();
    this._tell({ type: 'look', now: now(), connection });
    await this._try(signal, () => this._look(connection, signal));
  }

  /** Install our viewer on the host; the reader has just said yes. */
  async install(): Promise<void> {
    const flow = this.flow.value;
    if (flow.at !== 'place') {
      return;
    }
    const { connection } = flow;
    const { signal } = this._wait();
    this._tell({ type: 'install' });
    await this._try(signal, async () => {
      await this.source.install(connection.id);
      for (let going = true; going && !signal.aborted;) {
        const progress = await this.source.installation(connection.id);
        this._tell({ type: 'installing', progress });
        if (progress.state === 'failed') {
          throw new RemoteProblem('install_failed', progress.reason);
        }
        going = progress.state === 'running';
        await new Promise(resolve => setTimeout(resolve, going ? STEP : 0));
      }
      await this._look(connection, signal);
    });
  }

  /** Start a viewer, or find the one that runs; null when it did not come to that, or was given up. */
  async start(wish: IWish): Promise<IRemoteSession | null> {
    const flow = this.flow.value;
    const started: IRemoteSession[] = [];
    if (flow.at === 'place') {
      const { signal } = this._wait();
      this._tell({ type: 'start', now: now(), wish });
      await this._try(signal, async () => {
        const session = await this._start(flow.connection.id, wish, signal);
        const named = this.sessions.value?.find(one => one.id === session.id);
        started.push(...(signal.aborted ? [] : [named ?? session]));
      });
    }
    return started[0] ?? null;
  }

  /** Try now what is tried later, or start again what ended; a login that is gone is asked for first. */
  async again({ id, connection, environment, root }: IRemoteSession): Promise<void> {
    let gone = false;
    await this._act(id, 'start', async () => {
      try {
        await this.source.start(connection, environment, root);
      } catch (error) {
        gone = error instanceof RemoteProblem && error.code === 'connection_not_found';
        if (!gone) {
          throw error;
        }
      }
    });
    if (gone) {
      const target = parseTarget(connection) ?? { host: connection };
      await this.connect(target, null, { environment, root });
    }
  }

  stop(session: string): Promise<void> {
    return this._act(session, 'stop', () => this.source.stop(session));
  }

  /** Close a login; `about` is the session from which it was asked, or the login itself. */
  disconnect(connection: string, about = connection): Promise<void> {
    return this._act(about, 'disconnect', () => this.source.disconnect(connection));
  }

  dispose(): void {
    this._cancelWait();
    this._poll.dispose();
  }

  private async _look(connection: IConnection, signal: AbortSignal): Promise<void> {
    const places = await this.source.places(connection.id);
    if (!signal.aborted) {
      this._tell({ type: 'places', places });
      void this.refresh();
    }
  }

  private async _start(
    connection: string,
    wish: IWish,
    signal: AbortSignal
  ): Promise<IRemoteSession> {
    const session = await this.source.start(connection, wish.environment, wish.root);
    await this.refresh();
    if (!signal.aborted) {
      this._tell({ type: 'started', session });
    }
    return session;
  }

  private async _act(
    about: string,
    doing: 'start' | 'stop' | 'disconnect',
    act: () => Promise<void>
  ): Promise<void> {
    this._mark(about, { doing, problem: '' });
    let problem = '';
    try {
      await act();
    } catch (error) {
      problem = (error as Error).message;
    }
    await this.refresh();
    this._mark(about, problem ? { doing: null, problem } : null);
  }

  private _mark(about: string, act: IAct | null): void {
    const acts = new Map(this.acts.value);
    if (act) {
      acts.set(about, act);
    } else {
      acts.delete(about);
    }
    this.acts.value = acts;
  }

  private _label(connection: string): string {
    return labelOf(connection, this.hosts.value);
  }

  private async _readHosts(): Promise<void> {
    try {
      replace(this.hosts, await this.source.hosts());
    } catch {
      this.hosts.value ??= []; // what is typed works without them
    }
  }

  private async _read(): Promise<void> {
    try {
      const [sessions, connections] = await Promise.all([
        this.source.sessions(),
        this.source.connections(),
        this.hosts.value ?? this._readHosts() // before the first names are shown
      ]);
      replace(
        this.sessions,
        sessions.map(one => ({ ...one, host: this._label(one.connection) }))
      );
      replace(
        this.connections,
        connections.map(one => ({ ...one, host: this._label(one.id) }))
      );
      this.problem.value = '';
    } catch (error) {
      const { message, code = '' } = error as Partial<RemoteProblem>;
      const futile = code === 'token_required' || code === 'forbidden';
      this.problem.value = `${message}${futile ? '' : ` ${t('Trying again.')}`}`;
      throw error;
    }
  }

  private _underWay(): boolean {
    const { at } = this.flow.value;
    const passing = (one: IRemoteSession): boolean =>
      one.state === 'connecting' || one.state === 'reconnecting';
    return at === 'starting' || this.sessions.value?.some(passing) === true;
  }

  private _tell(event: Happening): void {
    this.flow.value = next(this.flow.value, event);
  }

  private _wait(): AbortController {
    this._cancelWait();
    return (this._waiting = new AbortController());
  }

  private _cancelWait(): void {
    this._waiting?.abort();
    this._waiting = null;
  }

  /** Do something of the step at hand; false when it failed, which the step then says, unless it was given up. */
  private async _try(signal: AbortSignal, act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      if (!signal.aborted) {
        const problem =
          error instanceof RemoteProblem
            ? error
            : new RemoteProblem('ssh_error', (error as Error).message);
        this._tell({ type: 'failed', problem });
      }
      return false;
    }
  }
}

/** Put a new answer in the place of an old one, unless it says the same: then nobody need draw again. */
function replace<T>(value: Value<T>, found: T): void {
  if (JSON.stringify(found) !== JSON.stringify(value.value)) {
    value.value = found;
  }
}
