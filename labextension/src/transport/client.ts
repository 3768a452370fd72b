import type { ICurve, IImage, IRun, IStage, UserKeys } from '../ui/model';
import type { IWindowQuery } from '../ui/source';
import { Feed } from './feed';
import type { IHost } from './host';
import { type Query, Urls } from './url';

/** An answer that is not a success; `message` is the server's sentence. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string
  ) {
    super(message);
  }
}

/** One page of the list of runs. */
export interface IRunPage {
  readonly runs: readonly IRun[];
  readonly total: number;
  readonly complete: boolean;
}

/** What GET /health says. */
export interface IHealth {
  readonly status?: string;
  readonly version?: string;
  readonly api_version?: unknown;
  readonly complete?: boolean;
  readonly pending?: number;
}

/** The columns a table or a card shows. */
export const WIDE = ['config', 'summary', 'metrics'];

/**
 * The API as typed calls. One client serves every view of a page, so that they share one change feed.
 */
export class Client {
  readonly urls: Urls;
  readonly feed: Feed;

  constructor(readonly host: IHost) {
    this.urls = new Urls(host.api);
    this.feed = new Feed(since => host.socket(this.urls.eventSocket(since)));
  }

  health(): Promise<IHealth> {
    return this._json(this.urls.health());
  }

  async runs(query: Query, columns: readonly string[] = WIDE, limit = 1000): Promise<IRunPage> {
    const response = await this._get(this.urls.runs(query, columns, limit));
    const runs = (await response.json()) as IRun[];
    const total = Number(response.headers.get('X-Total-Count') ?? runs.length);
    return { runs, total, complete: response.headers.get('X-Runicorn-Complete') !== 'false' };
  }

  run(id: string): Promise<IRun> {
    return this._json(this.urls.run(id));
  }

  async curves(query: Partial<IWindowQuery> & { runs: readonly string[] }): Promise<ICurves> {
    const { curves, stages } = await this._json<{ curves: IWireCurve[] } & Pick<ICurves, 'stages'>>(
      this.urls.curves(query)
    );
    return { curves: curves.map(fromWire), stages };
  }

  /** Return the run's steps and the seconds since its first event at each of them. */
  async clock(id: string, metric: string): Promise<IClock> {
    const answer = await this._json<{ rows: Record<string, unknown>[] }>(
      this.urls.steps(id, metric, 1000)
    );
    return readClock(answer.rows);
  }

  async images(id: string): Promise<readonly IImage[]> {
    return (await this._json<{ images: IImage[] }>(this.urls.images(id))).images;
  }

  /** Fetch a picture as a blob: URL; an <img> never runs scripts in it. */
  async media(id: string, path: string): Promise<string> {
    const response = await this._get(this.urls.media(id, path));
    return URL.createObjectURL(await response.blob());
  }

  private async _json<T>(url: string): Promise<T> {
    return (await (await this._get(url)).json()) as T;
  }

  private async _get(url: string): Promise<Response> {
    const response = await this.host.request(url);
    if (!response.ok) {
      throw new HttpError(response.status, await sentence(response));
    }
    return response;
  }
}

/** Curves, and the stages of the runs that logged any, on the same axis. */
export interface ICurves {
  readonly curves: ICurve[];
  readonly stages?: UserKeys<readonly IStage[]>;
}

/** Seconds `y` since the first event at steps `x`; that event was at the Unix time `origin`. */
export interface IClock {
  readonly x: number[];
  readonly y: number[];
  readonly origin?: number;
}

/** The JSON form of a curve: a value that is not finite is null. */
export interface IWireCurve extends Omit<ICurve, 'x' | 'y'> {
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
}

/** Turn the JSON form of a curve into numbers. */
export function fromWire(curve: IWireCurve): ICurve {
  return { ...curve, y: curve.y.map(value => value ?? NaN) };
}

/** Read step and time out of metric rows; time starts at 0 with the first event. */
export function readClock(rows: readonly Record<string, unknown>[]): IClock {
  const x: number[] = [];
  const y: number[] = [];
  for (const row of rows) {
    const { global_step: step, time } = row;
    if (typeof step === 'number' && typeof time === 'number') {
      x.push(step);
      y.push(time - (rows[0].time as number));
    }
  }
  return { x, y, origin: rows[0]?.time as number | undefined };
}

/** Return what the server says about an answer that is not a success. */
export async function sentence(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { message?: unknown; detail?: unknown };
    for (const text of [body.message, body.detail]) {
      if (typeof text === 'string' && text) {
        return text;
      }
    }
  } catch {
    // No JSON: the status line is all there is.
  }
  return `The server answered ${response.status} ${response.statusText}`.trim();
}
