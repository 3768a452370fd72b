import type { IWindowQuery } from '../ui/source';

/** Which runs a list is about, as the document's `query` says it. */
export type Query = Readonly<Record<string, unknown>>;

const FILTERS = ['project', 'name', 'status', 'text'];

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
    const params = new URLSearchParams();
    for (const name of FILTERS) {
      const value = query[name];
      if (typeof value === 'string' && value) {
        params.set(name, value);
      }
    }
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
