import {
  type IConnection,
  type IFarEnvironment,
  type IFarFolder,
  type IFarLog,
  type IFarPlaces,
  type IFarRoot,
  type IHostKey,
  type IInstallation,
  type IRemoteHost,
  type IRemoteSession,
  type IRemoteSource,
  type ISecret,
  type ITarget,
  RemoteProblem
} from '../ui/remote/source';
import { t } from '../ui/text';
import type { Client } from './client';
import { type IWireSession, fromWireSession } from './remotewire';
import { type RemoteVerb, connectionUrl, remoteUrl } from './url';

/** Lines of a log that one question may bring. */
const LINES = 500;

interface IWireConnection {
  readonly connection_id: string;
  readonly host: string;
}

interface IWireEnvironment extends Omit<IFarEnvironment, 'python' | 'version'> {
  readonly python_version: string | null;
  readonly runicorn_version: string | null;
  readonly storage_root?: string;
}

/** Other hosts over the HTTP API. */
export class HttpRemote implements IRemoteSource {
  constructor(private readonly _client: Client) {}

  hosts(): Promise<readonly IRemoteHost[]> {
    return this._get('ssh-hosts');
  }

  async connections(): Promise<readonly IConnection[]> {
    const found = await this._get<{ connections: IWireConnection[] }>('connections');
    return found.connections.map(fromWireConnection);
  }

  async connect(
    { host, username, port }: ITarget,
    secret: ISecret | null,
    signal: AbortSignal
  ): Promise<IConnection> {
    const login = { host, ssh_config: true, ...(username && { username }), ...(port && { port }) };
    const body = { ...login, ...(secret && { [secret.kind]: secret.text }) };
    return fromWireConnection(await this._post<IWireConnection>('connect', body, signal));
  }

  async accept(key: IHostKey): Promise<void> {
    await this._post('known-hosts/accept', key);
  }

  async places(connection: string): Promise<IFarPlaces> {
    const about = { connection_id: connection };
    const [{ environments }, { candidates }] = await Promise.all([
      this._get<{ environments: IWireEnvironment[] }>('environments', about),
      this._get<{ candidates: { path: string; run_count: number }[] }>('storage-candidates', about)
    ]);
    const usual = environments.find(one => one.storage_root)?.storage_root;
    const roots = candidates.map(({ path, run_count: runs }) => ({ path, runs }));
    return {
      environments: environments.map(({ python_version: python, runicorn_version, ...one }) => ({
        ...one,
        python,
        version: runicorn_version
      })),
      roots: inOrder(roots, usual)
    };
  }

  async folder(connection: string, path: string): Promise<IFarFolder> {
    const found = await this._get<{ path: string; items: { name: string; is_dir: boolean }[] }>(
      'fs/list',
      { connection_id: connection, path }
    );
    const folders = found.items.filter(one => one.is_dir).map(one => one.name);
    return { path: found.path, folders };
  }

  async start(connection: string, environment: string, root: string): Promise<IRemoteSession> {
    // With `env_name`, the word of 0.5.0, a session that runs already would be refused.
    const body = { connection_id: connection, conda_env: environment, remote_root: root };
    const { session } = await this._post<{ session: IWireSession }>('viewer/start', body);
    return fromWireSession(session);
  }

  async install(connection: string): Promise<void> {
    await this._post('viewer/install', { connection_id: connection, confirm: true });
  }

  async installation(connection: string): Promise<IInstallation> {
    const found = await this._get<Partial<IInstallation>>('viewer/install', {
      connection_id: connection
    });
    return {
      state: found.state ?? 'running',
      step: found.step ?? '',
      done: found.done ?? 0,
      total: found.total ?? 0,
      reason: found.reason ?? '',
      environment: found.environment ?? null
    };
  }

  async sessions(): Promise<readonly IRemoteSession[]> {
    const found = await this._get<{ sessions: IWireSession[] }>('viewer/sessions');
    return found.sessions.map(fromWireSession);
  }

  async logs(session: string, after: number | null): Promise<IFarLog> {
    const found = await this._get<{ logs: string[]; end: number }>('viewer/logs', {
      session_id: session,
      lines: String(LINES),
      ...(after !== null && { after: String(after) })
    });
    return { lines: found.logs, end: found.end };
  }

  async stop(session: string): Promise<void> {
    await this._post('viewer/stop', { session_id: session });
  }

  async disconnect(connection: string): Promise<void> {
    await this._ask(connectionUrl(this._client.urls, connection), { method: 'DELETE' });
  }

  private _get<T>(verb: RemoteVerb, params?: Record<string, string>): Promise<T> {
    return this._ask(remoteUrl(this._client.urls, verb, params));
  }

  private _post<T>(verb: RemoteVerb, body: object, signal?: AbortSignal): Promise<T> {
    return this._ask(remoteUrl(this._client.urls, verb), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal
    });
  }

  private async _ask<T>(url: string, init?: RequestInit): Promise<T> {
    const response = await this._client.host.request(url, init).catch(unanswered);
    const body = (await response.json().catch(() => ({}))) as IWireProblem;
    if (!response.ok) {
      const plain = `The server answered ${response.status} ${response.statusText}`.trim();
      throw new RemoteProblem(
        body.error ?? '',
        body.message ?? plain,
        body.host_key ?? null,
        body.takes_password ?? null
      );
    }
    return body as T;
  }
}

/** The default of the host first when it holds runs and last when not, the others by how many they hold. */
function inOrder(roots: readonly IFarRoot[], usual: string | undefined): readonly IFarRoot[] {
  const known = roots.filter(root => root.path === usual);
  const others = roots.filter(root => root.path !== usual);
  others.sort((one, other) => (other.runs ?? 0) - (one.runs ?? 0));
  const unknown = known.length || !usual ? [] : [{ path: usual, runs: null }];
  return [...known, ...others, ...unknown];
}

interface IWireProblem {
  readonly error?: string;
  readonly message?: string;
  readonly host_key?: IHostKey;
  readonly takes_password?: boolean;
}

/** A request that came to no answer has only words of the browser. */
function unanswered(error: unknown): never {
  throw error instanceof TypeError
    ? new RemoteProblem('', t('The server of this page does not answer.'))
    : error;
}

function fromWireConnection({ connection_id: id, host }: IWireConnection): IConnection {
  return { id, host };
}
