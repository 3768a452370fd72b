import type { IWindowQuery } from '../ui/source';

/** Which runs a list is about, as the document's `query` says it. */
export type Query = Readonly<Record<string, unknown>>;

const FILTERS = ['project', 'name', 'status', 'text', 'query', 'ids'];

/**
 * Every address of the API, built in this one place. `api` may be a path under any base URL
 * ("/user/a%20b/runicorn/api", already encoded) or a whole URL.
 */
export class Urls {
  readonly api: string;

  constructor(api: string) {
    this.api = api.replace(/\/+$/, '');
  }

  health(): string {
    return `${this.api}/health`;
  }

  runs(query: Query, columns: readonly string[], limit: number): string {
    const params = conditions(query);
    params.set('limit', String(limit));
    if (columns.length) {
      params.set('columns', columns.join(','));
    }
    return `${this.api}/runs?${params}`;
  }

  run(id: string): string {
    return `${this.api}/runs/${encodeURIComponent(id)}`;
  }

  curves(query: Partial<IWindowQuery> & { runs: readonly string[] }): string {
    const params = new URLSearchParams();
    query.runs.forEach(run => params.append('runs', run));
    query.metrics?.forEach(metric => params.append('metrics', metric));
    if (query.x && query.x !== 'step') {
      params.set('x', query.x);
    }
    for (const name of ['x0', 'x1', 'width'] as const) {
      const value = query[name];
      if (value !== undefined && Number.isFinite(value)) {
        params.set(name, String(value));
      }
    }
    return `${this.api}/curves?${params}`;
  }

  /** Rows of one metric, read for the step and time that stand in each of them. */
  steps(id: string, metric: string, points: number): string {
    const params = new URLSearchParams({ downsample: String(points), metrics: metric });
    return `${this.run(id)}/metrics_step?${params}`;
  }

  images(id: string): string {
    return `${this.run(id)}/images`;
  }

  media(id: string, path: string): string {
    return `${this.run(id)}/media/${path.split('/').map(encodeURIComponent).join('/')}`;
  }

  logSocket(id: string): string {
    return toSocket(`${this.run(id)}/logs/ws`);
  }

  eventSocket(since?: number): string {
    return toSocket(`${this.api}/events/ws${since === undefined ? '' : `?since=${since}`}`);
  }
}

/** Turn an address of ours into the websocket address of the same origin. */
export function toSocket(url: string): string {
  const absolute = new URL(url, globalThis.location?.href ?? 'http://localhost/');
  absolute.protocol = absolute.protocol === 'https:' ? 'wss:' : 'ws:';
  return absolute.href;
}

function conditions(query: Query): URLSearchParams {
  const params = new URLSearchParams();
  for (const name of FILTERS) {
    const value = query[name];
    if (value && (typeof value === 'string' || Array.isArray(value))) {
      params.set(name === 'query' ? 'q' : name, String(value));
    }
  }
  return params;
}

// Functions, not methods: the widget leaves out what it does not call.

/** How often which values occur among the runs that `query` is about. */
export function facetsUrl({ api }: Urls, query: Query, keys: readonly string[]): string {
  const params = conditions(query);
  keys.forEach(key => params.append('keys', key));
  return `${api}/facets?${params}`;
}

/** The recycle bin: what is in it, and the three things that can be done. */
export function binUrl({ api }: Urls, verb: 'list' | 'delete' | 'restore' | 'empty'): string {
  if (verb === 'delete') {
    return `${api}/runs/soft-delete`;
  }
  return `${api}/recycle-bin${verb === 'list' ? '' : `/${verb}`}`;
}

/** Lines of a log from byte `at` on, or before it. */
export function logPageUrl(
  urls: Urls,
  id: string,
  at: number,
  count: number,
  direction: string
): string {
  const params = new URLSearchParams({ at: String(at), count: String(count), direction });
  return `${urls.run(id)}/logs?${params}`;
}

/** One slice of a search in a log. */
export function logSearchUrl(
  urls: Urls,
  id: string,
  query: { readonly text: string; readonly regex: boolean; readonly matchCase: boolean },
  cursor?: number | null
): string {
  const params = new URLSearchParams({
    q: query.text,
    regex: String(query.regex),
    case: String(query.matchCase)
  });
  if (typeof cursor === 'number') {
    params.set('cursor', String(cursor));
  }
  return `${urls.run(id)}/logs/search?${params}`;
}

/** The log as a file. */
export function rawLogUrl(urls: Urls, id: string): string {
  return `${urls.run(id)}/logs/raw`;
}

/** What is asked about other hosts. */
export type RemoteVerb =
  | 'ssh-hosts'
  | 'connect'
  | 'connections'
  | 'known-hosts/accept'
  | 'environments'
  | 'environments/detect'
  | 'storage-candidates'
  | 'fs/list'
  | 'viewer/start'
  | 'viewer/stop'
  | 'viewer/install'
  | 'viewer/sessions'
  | 'viewer/logs';

/** Other hosts. */
export function remoteUrl(
  { api }: Urls,
  verb: RemoteVerb,
  params: Readonly<Record<string, string>> = {}
): string {
  const search = new URLSearchParams(params).toString();
  return `${api}/remote/${verb}${search && `?${search}`}`;
}

/** One open login. */
export function connectionUrl({ api }: Urls, id: string): string {
  return `${api}/remote/connections/${encodeURIComponent(id)}`;
}

/** The API of a session on another host, beside ours: `<base>/runicorn/api` leads to `<base>/runicorn/remote/<id>/api`. */
export function sessionApi(api: string, id: string): string {
  return api.replace(/api\/*$/, `remote/${encodeURIComponent(id)}/api`);
}

/** The way back from `sessionApi`; null when `api` is of no session. */
export function homeApi(api: string): string | null {
  const found = /^(.*)\/remote\/[^/]+\/api\/*$/.exec(api);
  return found && `${found[1]}/api`;
}
