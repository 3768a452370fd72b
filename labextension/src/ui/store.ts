import type { ICurve, IImage, IRun, IStage } from './model';
import { entries } from './object';
import { Signal } from './observable';
import { Series } from './series';

/** What a change touched. */
export interface IChange {
  readonly runs?: boolean;
  readonly series?: boolean;
  readonly logs?: boolean;
  readonly images?: boolean;
}

/** Log lines kept in a page. */
export const MAX_LOG_LINES = 5000;

/**
 * What a page knows about runs. Transports fill it, components read it; both hear `changed`.
 */
export class Store {
  readonly changed = new Signal<IChange>();
  runs = new Map<string, IRun>();
  /** Runs that matched, which may be more than the ones here. */
  total = 0;
  /** False while the first walk over the root is under way. */
  complete = true;
  readonly logs = new Map<string, string[]>();
  /** Per run: how many log lines there were, those not kept included. */
  readonly logEnds = new Map<string, number>();
  readonly images = new Map<string, readonly IImage[]>();
  /** Per run: the curve from step to seconds since the run's first event. */
  readonly clocks = new Map<string, Series>();
  /** Per run: the Unix time at which its clock says 0. */
  readonly origins = new Map<string, number>();
  readonly stages = new Map<string, readonly IStage[]>();
  private readonly _series = new Map<string, Map<string, Series>>();

  /** Return the curve of one metric of one run, if any point is known. */
  series(run: string, metric: string): Series | undefined {
    return this._series.get(run)?.get(metric);
  }

  /** Return the curves of one run by metric. */
  seriesOf(run: string): ReadonlyMap<string, Series> {
    return this._series.get(run) ?? EMPTY;
  }

  /** Return the curve of one metric of one run, made when it is new. */
  ensureSeries(run: string, metric: string): Series {
    let metrics = this._series.get(run);
    if (!metrics) {
      this._series.set(run, (metrics = new Map()));
    }
    return ensure(metrics, metric);
  }

  /** Return the clock of a run, made when it is new. */
  ensureClock(run: string): Series {
    return ensure(this.clocks, run);
  }

  /** Replace the clock of a run. */
  setClock(run: string, { x, y, origin }: { x: number[]; y: number[]; origin?: number }): void {
    this.ensureClock(run).write(0, x, y);
    if (origin !== undefined) {
      this.origins.set(run, origin);
    }
  }

  /** Replace the list. */
  setRuns(runs: Iterable<IRun>, total: number): void {
    this.runs = new Map([...runs].map(run => [run.id, run]));
    this.total = total;
    this.changed.emit({ runs: true });
  }

  /** Put changed runs into the list (new ones first) and drop those that are gone. */
  updateRuns(changed: Iterable<IRun>, gone: Iterable<string> = [], total?: number): void {
    const fresh: [string, IRun][] = [];
    const next = new Map(this.runs);
    for (const run of changed) {
      if (next.has(run.id)) {
        next.set(run.id, run);
      } else {
        fresh.push([run.id, run]);
      }
    }
    for (const id of gone) {
      next.delete(id);
    }
    this.runs = fresh.length ? new Map([...fresh, ...next]) : next;
    this.total = total ?? Math.max(this.total, this.runs.size);
    this.changed.emit({ runs: true });
  }

  /** Replace whole curves. */
  setCurves(curves: Iterable<ICurve>): void {
    for (const curve of curves) {
      this.ensureSeries(curve.run, curve.metric).replace(curve);
    }
    this.changed.emit({ series: true });
  }

  /** Replace the stages of some runs. */
  setStages(stages: Readonly<Record<string, readonly IStage[]>> | undefined): void {
    let changed = false;
    for (const [run, found] of entries(stages)) {
      if (JSON.stringify(found) !== JSON.stringify(this.stages.get(run))) {
        this.stages.set(run, found);
        changed = true;
      }
    }
    if (changed) {
      this.changed.emit({ runs: true });
    }
  }

  /** Append log lines, keeping the newest. */
  appendLogs(run: string, lines: readonly string[]): void {
    const all = [...(this.logs.get(run) ?? []), ...lines];
    this._setLogs(run, all, (this.logEnds.get(run) ?? 0) + lines.length);
  }

  /** Put the last lines of a log behind what is known; without an overlap they replace it. */
  mergeLogs(run: string, lines: readonly string[]): void {
    const known = this.logs.get(run) ?? [];
    let overlap = Math.min(known.length, lines.length);
    while (overlap > 0 && !known.slice(-overlap).every((line, i) => line === lines[i])) {
      overlap -= 1;
    }
    if (overlap) {
      this.appendLogs(run, lines.slice(overlap));
    } else {
      this.setLogs(run, lines);
    }
  }

  /** Replace the log lines of a run. */
  setLogs(run: string, lines: readonly string[]): void {
    this._setLogs(run, lines, lines.length);
  }

  private _setLogs(run: string, lines: readonly string[], end: number): void {
    this.logs.set(run, lines.slice(-MAX_LOG_LINES));
    this.logEnds.set(run, end);
    this.changed.emit({ logs: true });
  }

  /** Replace the images of a run. */
  setImages(run: string, images: readonly IImage[]): void {
    this.images.set(run, images);
    this.changed.emit({ images: true });
  }

  /** Forget runs and curves without a word; whoever clears fills again and then tells. Clocks stay true. */
  clear(): void {
    this.runs = new Map();
    this.total = 0;
    this._series.clear();
    this.images.clear();
  }
}

const EMPTY: ReadonlyMap<string, Series> = new Map();

function ensure(map: Map<string, Series>, key: string): Series {
  let series = map.get(key);
  if (!series) {
    map.set(key, (series = new Series()));
  }
  return series;
}
