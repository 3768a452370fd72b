import type { IRemoteSession, SessionState } from '../ui/remote/source';

/** A session as the server tells of it; times may be in milliseconds, as upstream's `startedAt` is. */
export interface IWireSession {
  readonly sessionId: string;
  readonly connectionId: string;
  readonly host: string;
  readonly remoteRoot: string | null;
  readonly environment: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly since: number;
  readonly startedAt: number;
  readonly nextTry: number | null;
  readonly version?: string | null;
  readonly proxyPath?: string | null;
}

const STATES: readonly string[] = ['connecting', 'running', 'reconnecting', 'degraded', 'stopped'];
/** No session is from the year 5138. */
const LAST_SECOND = 1e11;

/** Read a session. */
export function fromWireSession(wire: IWireSession): IRemoteSession {
  return {
    id: wire.sessionId,
    connection: wire.connectionId,
    host: wire.host,
    root: wire.remoteRoot ?? '',
    environment: wire.environment ?? '',
    state: (STATES.includes(wire.state) ? wire.state : 'degraded') as SessionState,
    reason: wire.reason ?? '',
    since: seconds(wire.since),
    started: seconds(wire.startedAt),
    version: wire.version ?? null,
    nextTry: wire.nextTry === null || wire.nextTry === undefined ? null : seconds(wire.nextTry),
    page: wire.proxyPath ?? ''
  };
}

function seconds(time: number): number {
  return time > LAST_SECOND ? time / 1000 : time;
}
