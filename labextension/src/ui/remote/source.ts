/** A host that the user's ssh configuration names. */
export interface IRemoteHost {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly username: string | null;
  /** Hosts to go through, joined by commas. */
  readonly jump: string | null;
}

/** Where to log in; `host` may be an alias of the ssh configuration, which then says the rest. */
export interface ITarget {
  readonly host: string;
  readonly username?: string;
  readonly port?: number;
}

/** What the page sends and does not keep. */
export interface ISecret {
  readonly kind: 'password' | 'passphrase';
  readonly text: string;
}

/** An open login. */
export interface IConnection {
  /** `user@host:port` */
  readonly id: string;
  /** What it is called. */
  readonly host: string;
}

/** The key that a host showed and nobody has accepted yet; it goes back as it came. */
export interface IHostKey {
  readonly host: string;
  readonly port: number;
  readonly key_type: string;
  readonly fingerprint_sha256: string;
  readonly public_key?: string;
}

/** One Python of a host. */
export interface IFarEnvironment {
  readonly name: string;
  readonly type: string;
  readonly path: string;
  readonly python: string | null;
  /** `runicorn-jupyter`, whose viewer can be started, or upstream's `runicorn`, or null. */
  readonly distribution: string | null;
  readonly version: string | null;
}

/** A folder of a host that looks like a storage root. */
export interface IFarRoot {
  readonly path: string;
  readonly runs: number | null;
}

/** What a host offers to choose from. */
export interface IFarPlaces {
  readonly environments: readonly IFarEnvironment[];
  /** The one to begin with first; those that hold no runs yet have null of them. */
  readonly roots: readonly IFarRoot[];
}

/** The folders in a folder of a host. */
export interface IFarFolder {
  readonly path: string;
  readonly folders: readonly string[];
}

/** How far an installation is. */
export interface IInstallation {
  readonly state: 'running' | 'done' | 'failed';
  /** What is being done, as a sentence. */
  readonly step: string;
  readonly done: number;
  readonly total: number;
  readonly reason: string;
  /** The environment it became. */
  readonly environment: string | null;
}

export type SessionState = 'connecting' | 'running' | 'reconnecting' | 'degraded' | 'stopped';

/** One viewer on another host; times in seconds since 1970. */
export interface IRemoteSession {
  readonly id: string;
  readonly connection: string;
  readonly host: string;
  readonly root: string;
  readonly environment: string;
  readonly state: SessionState;
  /** Why it is not running, or what happened last. */
  readonly reason: string;
  readonly since: number;
  readonly started: number;
  readonly version: string | null;
  readonly nextTry: number | null;
  /** Where its page is, for hosts that show pages; empty where there is none. */
  readonly page: string;
}

/** Lines of the log of a viewer; `end` is where the next question goes on. */
export interface IFarLog {
  readonly lines: readonly string[];
  readonly end: number;
}

/** Other hosts, whoever asks them: the server over HTTP, or a kernel over its comm. Rejects with a `RemoteProblem`. */
export interface IRemoteSource {
  hosts(): Promise<readonly IRemoteHost[]>;
  connections(): Promise<readonly IConnection[]>;
  /** Log in; an aborted signal ends the wait at once. */
  connect(target: ITarget, secret: ISecret | null, signal: AbortSignal): Promise<IConnection>;
  /** Trust this very key from now on. */
  accept(key: IHostKey): Promise<void>;
  places(connection: string): Promise<IFarPlaces>;
  folder(connection: string, path: string): Promise<IFarFolder>;
  start(connection: string, environment: string, root: string): Promise<IRemoteSession>;
  /** Begin to install our viewer into an environment of its own on the host; only after an explicit yes. */
  install(connection: string): Promise<void>;
  installation(connection: string): Promise<IInstallation>;
  sessions(): Promise<readonly IRemoteSession[]>;
  logs(session: string, after: number | null): Promise<IFarLog>;
  stop(session: string): Promise<void>;
  /** Close a login, and end the viewers that it carries. */
  disconnect(connection: string): Promise<void>;
  /** Hear that sessions may have changed, where somebody tells; called besides being asked every few seconds. */
  watch?(heard: () => void): () => void;
}

/** Why something was not done: the code of decision D33, and one sentence. */
export class RemoteProblem extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** With `host_key_confirmation_required`: the key. */
    readonly key: IHostKey | null = null,
    /** With `authentication_failed`: whether the host takes passwords; null where nobody knows. */
    readonly takesPassword: boolean | null = null
  ) {
    super(message);
  }
}
