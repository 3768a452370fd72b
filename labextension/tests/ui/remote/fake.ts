import {
  type IConnection,
  type IFarEnvironment,
  type IRemoteSession,
  type IRemoteSource,
  RemoteProblem
} from '../../../src/ui/remote/source';

/** A session that runs. */
export function makeSession(id: string, more: Partial<IRemoteSession> = {}): IRemoteSession {
  return {
    id,
    connection: 'ada@10.0.0.1:22',
    host: '10.0.0.1',
    root: '/data/runs',
    environment: 'torch',
    state: 'running',
    reason: '',
    since: 1000,
    started: 1000,
    version: '0.1.0',
    nextTry: null,
    page: '',
    ...more
  };
}

export const TORCH: IFarEnvironment = {
  name: 'torch',
  type: 'conda',
  path: '/opt/torch',
  python: '3.12.1',
  distribution: 'runicorn-jupyter',
  version: '0.1.0'
};

export const KEY = {
  host: '10.0.0.1',
  port: 22,
  key_type: 'ssh-ed25519',
  fingerprint_sha256: 'SHA256:abcdefghij'
};

const LOGIN: IConnection = { id: 'ada@10.0.0.1:22', host: '10.0.0.1' };

/** A source that lets everybody in, starts at once and counts what it is asked; a test replaces what it is about. */
export class FakeSource implements IRemoteSource {
  asked: [string, ...unknown[]][] = [];
  held: IRemoteSession[] = [];
  logins: IConnection[] = [];
  environment = TORCH;

  hosts: IRemoteSource['hosts'] = async () => [
    { name: 'gpu1', host: '10.0.0.1', port: 22, username: 'ada', jump: null },
    { name: 'gpu2', host: '10.0.0.2', port: 2222, username: 'ada', jump: 'bastion' }
  ];
  connections: IRemoteSource['connections'] = async () => this.logins;
  connect: IRemoteSource['connect'] = async (...args) => {
    this.asked.push(['connect', ...args.slice(0, 2)]);
    this.logins = [LOGIN];
    return LOGIN;
  };
  accept: IRemoteSource['accept'] = async key => void this.asked.push(['accept', key]);
  places: IRemoteSource['places'] = async () => ({
    environments: [this.environment],
    roots: [{ path: '/data/runs', runs: 3 }]
  });
  folder: IRemoteSource['folder'] = async (_, path) => ({ path, folders: [] });
  start: IRemoteSource['start'] = async (...args) => {
    this.asked.push(['start', ...args]);
    this.held = [makeSession('s1')];
    return this.held[0];
  };
  install: IRemoteSource['install'] = async connection => {
    this.asked.push(['install', connection]);
    this.environment = TORCH;
  };
  installation: IRemoteSource['installation'] = async () => ({
    state: 'done',
    step: 'Done',
    done: 1,
    total: 1,
    reason: '',
    environment: 'runicorn'
  });
  sessions: IRemoteSource['sessions'] = async () => this.held;
  logs: IRemoteSource['logs'] = async (_, after) =>
    after === null ? { lines: ['first'], end: 6 } : { lines: [], end: after };
  stop: IRemoteSource['stop'] = async id => {
    this.asked.push(['stop', id]);
    this.held = this.held.filter(one => one.id !== id);
  };
  disconnect: IRemoteSource['disconnect'] = async id => {
    this.asked.push(['disconnect', id]);
    this.held = [];
    this.logins = [];
  };
}

/** Refuse every login for one reason. */
export function refusing(code: string, message = code): IRemoteSource['connect'] {
  return async () => {
    throw new RemoteProblem(code, message, code.startsWith('host_key_confirm') ? KEY : null);
  };
}
