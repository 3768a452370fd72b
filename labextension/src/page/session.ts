import { readConfig } from '../transport/host';
import { homeApi } from '../transport/url';

/** Whose runs a page shows when it is not this machine's. */
export interface IPageSession {
  readonly id: string;
  readonly host: string;
  readonly root: string;
}

/** What the server writes into its page. */
export interface IPageConfig {
  readonly api: string;
  readonly session: IPageSession | null;
  /** From a session: the API of the server that leads to it, where that is reached from here. */
  readonly home: string | null;
}

/** Read what the server wrote into this page. */
export function pageConfig(): IPageConfig {
  const { api: said, session } = readConfig('runicorn-config') ?? {};
  const api = typeof said === 'string' ? said : 'api';
  return { api, session: sessionOf(session), home: session ? homeApi(api) : null };
}

function sessionOf(said: unknown): IPageSession | null {
  if (said === null || typeof said !== 'object') {
    return null;
  }
  const { id, host, root } = said as Record<string, unknown>;
  return { id: String(id ?? ''), host: String(host ?? ''), root: String(root ?? '') };
}
