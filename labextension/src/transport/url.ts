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
