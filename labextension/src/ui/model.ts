/**
 * What crosses the wire, as types. Names follow the JSON; times are Unix seconds.
 */

/** One metric of a run in five numbers; `count` counts every point. */
export interface IMetricSummary {
  last: number | null;
  min: number | null;
  max: number | null;
  first: number | null;
  count: number;
}

/** A JSON object whose keys a user chose: read it with `object.ts`, never with `obj[key]`. */
export type UserKeys<T> = Readonly<Record<string, T>>;

/** One run as every door shows it. */
export interface IRun {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly status: string;
  readonly state: string;
  readonly state_reason?: string;
  readonly path?: string | null;
  readonly alias?: string | null;
  readonly tags?: readonly string[];
  readonly notes?: string;
  readonly created_at?: number | null;
  readonly created_time?: number | null;
  readonly started_at?: number | null;
  readonly ended_at?: number | null;
  readonly updated_at?: number | null;
  readonly hostname?: string | null;
  readonly run_dir?: string;
  readonly last_step?: number | null;
  readonly best_metric_name?: string | null;
  readonly best_metric_value?: number | null;
  readonly best_metric_step?: number | null;
  readonly best_metric_mode?: string | null;
  readonly problems?: readonly string[];
  readonly config?: UserKeys<unknown>;
  readonly summary?: UserKeys<unknown>;
  readonly metrics?: UserKeys<IMetricSummary>;
}

/** Points of one metric of one run; a value that is not finite is NaN in `y`. */
export interface ICurve {
  readonly run: string;
  readonly metric: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly total: number;
  readonly exact: boolean;
}

/** A stretch of a run that was logged with one `stage`, in steps. */
export interface IStage {
  readonly stage: string;
  readonly x0: number;
  readonly x1: number;
}

/** One logged image; `src` is a data: URL when the picture travels with the document. */
export interface IImage {
  readonly key: string;
  readonly path: string;
  readonly step?: number | null;
  readonly caption?: string | null;
  readonly time?: number | null;
  readonly src?: string;
}

/** One curve inside the packed blob. */
export interface IPackedSeries {
  readonly run: string;
  readonly metric: string;
  readonly n: number;
  readonly total: number;
  readonly exact: boolean;
  /** True for the curve that maps the run's steps to seconds since its first event. */
  readonly clock?: boolean;
  readonly x: { readonly start: number; readonly step: number } | IRange;
  readonly y: IRange;
}

/** The smallest and largest value of a quantised array. */
export interface IRange {
  readonly min: number | null;
  readonly max: number | null;
}

/** All curves of a document in one compressed blob (`u16-delta-zlib-1`). */
export interface IPacked {
  readonly encoding: string;
  readonly data: string;
  readonly series: readonly IPackedSeries[];
}

/** What a saved output holds of an artifact: one version, and the first of its files. */
export interface IShownArtifact {
  readonly name: string;
  readonly type: string;
  readonly version: number;
  readonly size_bytes: number;
  readonly num_files: number;
  readonly created_at?: number | null;
  readonly metadata?: UserKeys<unknown>;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** What a saved output holds (`application/vnd.runicorn.v1+json`). */
export interface IDocument {
  readonly version: number;
  readonly kind: 'run' | 'runs' | 'artifact';
  readonly key?: string;
  readonly model_id?: string;
  readonly live?: boolean;
  readonly source?: string;
  readonly made_at?: number;
  readonly title?: string;
  readonly query?: UserKeys<unknown>;
  readonly total?: number;
  readonly runs: readonly IRun[];
  readonly logs?: UserKeys<readonly string[]>;
  readonly images?: UserKeys<readonly IImage[]>;
  readonly stages?: UserKeys<readonly IStage[]>;
  readonly curves?: IPacked;
  /** One version of an artifact, in a document of that kind. */
  readonly artifact?: IShownArtifact;
}

/** The MIME type of the document. */
export const MIME = 'application/vnd.runicorn.v1+json';

/** States in which more points may still come. */
export function isLive(run: IRun): boolean {
  return run.state === 'running' || run.state === 'idle';
}
