import type { ICurve } from '../ui/model';
import { own } from '../ui/object';
import type { Series } from '../ui/series';
import type { IInterest } from '../ui/source';
import type { Store } from '../ui/store';
import type { Client } from './client';

/** Stretches asked for across a chart. */
const WIDTH = 1000;
/** A curve that grew to this many points by tails is read whole again, thinned by the server. */
const MAX_POINTS = 20000;
const PAUSE = 400;
/** After a whole reading that still disagrees with the run's count, trust the tails for so long. */
const DOUBT_PAUSE = 5000;
/** Runs asked for in one request. */
const BATCH = 10;

interface IWant {
  /** Null means every metric. */
  readonly metrics: ReadonlySet<string> | null;
  readonly clock: boolean;
}

/**
 * Keeps curves of followed runs up to date: whole the first time, then only the points from the last
 * step on, at most every 0.4 s and one round of requests at a time.
 */
export class CurveFetcher {
  private _wants = new Map<string, IWant>();
  private readonly _stale = new Set<string>();
  private readonly _wholeAt = new Map<string, number>();
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _due = Infinity;
  private _lastRound = 0;
  private _busy = false;
  private _disposed = false;

  constructor(
    private readonly _client: Client,
    private readonly _store: Store
  ) {}

  /** Follow what these interests want, nothing else; what is new is fetched at once. */
  want(interests: Iterable<IInterest>): void {
    const before = this._wants;
    this._wants = gather(interests);
    for (const [run, want] of this._wants) {
      const old = before.get(run);
      if (!old || (want.clock && !old.clock) || !covers(old.metrics, want.metrics)) {
        this._stale.add(run);
      }
    }
    this._schedule(Date.now());
  }

  /** Read the curves of the followed runs for which `touched` is true. */
  refresh(touched: (run: string) => boolean): void {
    for (const run of this._wants.keys()) {
      if (touched(run)) {
        this._stale.add(run);
      }
    }
    this._schedule(this._lastRound + PAUSE);
  }

  dispose(): void {
    this._disposed = true;
    clearTimeout(this._timer);
  }

  /** Begin a round at the time `due`, or when an earlier one is planned: changes that keep coming never put it off. */
  private _schedule(due: number): void {
    if (this._stale.size && !this._busy && !this._disposed && due < this._due) {
      clearTimeout(this._timer);
      this._due = due;
      this._timer = setTimeout(() => void this._work(), Math.max(due - Date.now(), 0));
    }
  }

  private async _work(): Promise<void> {
    this._busy = true;
    this._due = Infinity;
    this._lastRound = Date.now();
    const runs = [...this._stale].slice(0, BATCH);
    runs.forEach(run => this._stale.delete(run));
    const wanted = runs.filter(run => this._wants.has(run));
    const whole = wanted.filter(run => this._lastStep(run) === null);
    const tails = wanted.filter(run => this._lastStep(run) !== null);
    await Promise.allSettled([
      whole.length ? this._whole(whole) : undefined,
      ...tails.map(run => this._tail(run)),
      ...wanted.filter(run => this._wants.get(run)?.clock).map(run => this._clock(run))
    ]);
    this._busy = false;
    this._schedule(this._lastRound + PAUSE);
  }

  private async _whole(runs: readonly string[]): Promise<void> {
    const wants = runs.map(run => this._wants.get(run)?.metrics ?? null);
    const metrics = wants.includes(null)
      ? undefined
      : [...new Set(wants.flatMap(want => [...want!]))];
    const { curves, stages } = await this._client.curves({ runs, metrics, width: WIDTH });
    runs.forEach(run => this._wholeAt.set(run, Date.now()));
    this._store.setStages(stages);
    this._store.setCurves(curves);
  }

  private async _tail(run: string): Promise<void> {
    const metrics = this._wants.get(run)?.metrics;
    const names = metrics ? [...metrics] : undefined;
    const x0 = this._lastStep(run) ?? undefined;
    const { curves: tail, stages } = await this._client.curves({
      runs: [run],
      metrics: names,
      x0,
      width: WIDTH
    });
    this._store.setStages(stages);
    const fits = tail.map(curve => appendTail(this._store.ensureSeries(run, curve.metric), curve));
    const doubt = Date.now() - (this._wholeAt.get(run) ?? 0) > DOUBT_PAUSE && !this._agrees(run);
    if (doubt || fits.includes(false)) {
      return this._whole([run]);
    }
    this._store.changed.emit({ series: true });
  }

  /** The largest step known of any wanted metric; null when the curves were never read whole from here. */
  private _lastStep(run: string): number | null {
    const series = this._store.seriesOf(run);
    const wanted = this._wants.get(run)?.metrics;
    const known = [...series.values()].filter(one => one.length > 0);
    const missing = wanted ? [...wanted].some(name => !series.has(name)) : false;
    return known.length === 0 || missing || !this._wholeAt.has(run)
      ? null
      : Math.max(...known.map(one => one.x[one.length - 1]));
  }

  /** Whether the curves hold as many points as the run says; late points of small steps make it say no. */
  private _agrees(run: string): boolean {
    const metrics = this._store.runs.get(run)?.metrics;
    return [...this._store.seriesOf(run)].every(
      ([name, series]) => series.total >= (own(metrics, name)?.count ?? 0)
    );
  }

  private async _clock(run: string): Promise<void> {
    const [metric] = this._store.seriesOf(run).keys();
    const name = metric ?? Object.keys(this._store.runs.get(run)?.metrics ?? {})[0];
    if (name !== undefined) {
      this._store.setClock(run, await this._client.clock(run, name));
      this._store.changed.emit({ series: true });
    }
  }
}

/** Put the points of a window that reaches the end over a curve's end; false when it must be read whole. */
export function appendTail(series: Series, tail: ICurve): boolean {
  if (tail.x.length === 0) {
    return true;
  }
  const from = series.indexOf(tail.x[0]);
  if (!tail.exact || from + tail.x.length > MAX_POINTS) {
    return false;
  }
  const replaced = series.length - from;
  series.write(from, tail.x, tail.y);
  series.total += tail.x.length - replaced;
  return true;
}

function gather(interests: Iterable<IInterest>): Map<string, IWant> {
  const wants = new Map<string, IWant>();
  for (const interest of interests) {
    for (const run of interest.curves ?? []) {
      const old = wants.get(run);
      const every = !interest.metrics || (old && !old.metrics);
      const metrics = every
        ? null
        : new Set([...(old?.metrics ?? []), ...(interest.metrics ?? [])]);
      wants.set(run, { metrics, clock: Boolean(old?.clock || interest.clocks) });
    }
  }
  return wants;
}

function covers(whole: ReadonlySet<string> | null, part: ReadonlySet<string> | null): boolean {
  return whole === null || (part !== null && [...part].every(name => whole.has(name)));
}
