import { t } from '../text';
import { written } from './target';
import type {
  IConnection,
  IFarPlaces,
  IHostKey,
  IInstallation,
  IRemoteSession,
  ITarget,
  RemoteProblem
} from './source';

/** Which runs of a host are wanted, when that is known before the login. */
export interface IWish {
  readonly environment: string;
  readonly root: string;
}

interface ILogin {
  readonly target: ITarget;
  readonly wish: IWish | null;
}

/**
 * The steps from "which host?" to a session. Each wait is a step of its own with a way out; no step holds a password.
 */
export type Flow =
  | { readonly at: 'closed' }
  | { readonly at: 'pick'; readonly typed: string; readonly problem: string }
  | ({ readonly at: 'connecting'; readonly since: number } & ILogin)
  | ({ readonly at: 'key'; readonly key: IHostKey } & ILogin)
  | ({
      readonly at: 'secret';
      readonly kind: 'password' | 'passphrase';
      readonly problem: string;
    } & ILogin)
  | ({ readonly at: 'changed'; readonly message: string } & ILogin)
  | {
      readonly at: 'looking';
      readonly connection: IConnection;
      readonly wish: IWish | null;
      readonly since: number;
    }
  | {
      readonly at: 'place';
      readonly connection: IConnection;
      readonly places: IFarPlaces;
      /** What was wanted before, when that did not start. */
      readonly wish: IWish | null;
      readonly problem: string;
    }
  | {
      readonly at: 'installing';
      readonly connection: IConnection;
      readonly places: IFarPlaces;
      readonly progress: IInstallation | null;
    }
  | {
      readonly at: 'starting';
      readonly connection: IConnection;
      /** Null when what is wanted was known before the login. */
      readonly places: IFarPlaces | null;
      readonly wish: IWish;
      readonly since: number;
    };

/** What the reader does, and what comes back. */
export type Happening =
  | { readonly type: 'pick'; readonly typed?: string }
  | { readonly type: 'close' }
  | { readonly type: 'connect'; readonly now: number; readonly login: ILogin }
  | { readonly type: 'connected'; readonly now: number; readonly connection: IConnection }
  | { readonly type: 'places'; readonly places: IFarPlaces }
  | { readonly type: 'look'; readonly now: number; readonly connection: IConnection }
  | { readonly type: 'install' }
  | { readonly type: 'installing'; readonly progress: IInstallation }
  | { readonly type: 'start'; readonly now: number; readonly wish: IWish }
  | { readonly type: 'started'; readonly session: IRemoteSession }
  | { readonly type: 'failed'; readonly problem: RemoteProblem };

/** Return the step after `flow`; what does not fit the step at hand, as an answer that comes after a cancel, changes nothing. */
export function next(flow: Flow, event: Happening): Flow {
  switch (event.type) {
    case 'pick':
      return { at: 'pick', typed: event.typed ?? '', problem: '' };
    case 'close':
    case 'started':
      return { at: 'closed' };
    case 'connect':
      return { at: 'connecting', since: event.now, ...event.login };
    case 'look':
      return { at: 'looking', connection: event.connection, wish: null, since: event.now };
    case 'connected':
      return flow.at === 'connecting' ? arrived(flow, event.connection, event.now) : flow;
    case 'places':
      return flow.at === 'looking' || flow.at === 'installing'
        ? {
            at: 'place',
            connection: flow.connection,
            places: event.places,
            wish: null,
            problem: ''
          }
        : flow;
    case 'install':
      return flow.at === 'place'
        ? { at: 'installing', connection: flow.connection, places: flow.places, progress: null }
        : flow;
    case 'installing':
      return flow.at === 'installing' ? { ...flow, progress: event.progress } : flow;
    case 'start':
      return flow.at === 'place'
        ? {
            at: 'starting',
            connection: flow.connection,
            places: flow.places,
            wish: event.wish,
            since: event.now
          }
        : flow;
    case 'failed':
      return failed(flow, event.problem);
  }
}

function arrived({ wish }: ILogin, connection: IConnection, now: number): Flow {
  return wish
    ? { at: 'starting', connection, places: null, wish, since: now }
    : { at: 'looking', connection, wish, since: now };
}

function failed(flow: Flow, problem: RemoteProblem): Flow {
  const { message } = problem;
  if (flow.at === 'connecting') {
    return refused(flow, problem);
  }
  if (problem.code === 'connection_not_found' && 'connection' in flow) {
    const closed = t('That login was closed meanwhile: connect again.');
    return { at: 'pick', typed: flow.connection.id, problem: closed };
  }
  if (flow.at === 'key') {
    return { at: 'pick', typed: written(flow.target), problem: message };
  }
  if ((flow.at === 'starting' || flow.at === 'installing') && flow.places) {
    const { connection, places } = flow;
    const wish = flow.at === 'starting' ? flow.wish : null;
    return { at: 'place', connection, places, wish, problem: message };
  }
  const lost = flow.at === 'looking' || flow.at === 'starting';
  return lost ? { at: 'pick', typed: flow.connection.id, problem: message } : flow;
}

/** A login that was not let in: some causes are a question to the reader. */
function refused({ target, wish }: ILogin, problem: RemoteProblem): Flow {
  const { key, message } = problem;
  const login = { target, wish };
  const again = (said: string): Flow => ({ at: 'pick', typed: written(target), problem: said });
  switch (problem.code) {
    case 'host_key_confirmation_required':
      return key ? { at: 'key', key, ...login } : again(message);
    case 'host_key_changed':
      return { at: 'changed', message, ...login };
    case 'authentication_failed':
      return problem.takesPassword === false
        ? again(
            `${message} ${t('Name the right one as IdentityFile of this host in your ~/.ssh/config.')}`
          )
        : { at: 'secret', kind: 'password', problem: message, ...login };
    case 'passphrase_required':
      return { at: 'secret', kind: 'passphrase', problem: message, ...login };
    default:
      return again(message);
  }
}

/** The environment to begin with: the first one that can show runs. */
export function firstUsable({ environments }: IFarPlaces): string | null {
  return environments.find(one => one.distribution === 'runicorn-jupyter')?.name ?? null;
}
