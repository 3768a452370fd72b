import type { Client } from '../transport/client';
import { type ILogLine, type ILogPage, logPage } from '../transport/logsearch';
import { Signal, Value } from './observable';

/** Lines read at once, and the most that are held. */
const PAGE = 200;
const MOST = 1200;

/** A stretch of a log of any size: read around a place, grown at one edge and let go at the other. */
export class LogPager {
  /** The lines held, null while the first ones are read. */
  readonly lines = new Value<readonly ILogLine[] | null>(null);
  readonly problem = new Value('');
  /** Speaks right before lines are put in at the beginning, that a view can keep its place. */
  readonly changing = new Signal<void>();
  private _start = 0;
  private _end = 0;
  private _size = 0;
  private _reading = false;
  private _turn = 0;

  constructor(
    private readonly _client: Client,
    private readonly _run: string
  ) {}

  /** Hold the lines around byte `at`; nothing is read when they are held already. */
  async show(at: number): Promise<void> {
    if (this.lines.value?.length && at >= this._start && at < this._end) {
      return;
    }
    const turn = ++this._turn;
    this._reading = true;
    this.lines.value = null;
    try {
      const [before, after] = await Promise.all([
        this._read(at, PAGE / 2, 'backward'),
        this._read(at, PAGE, 'forward')
      ]);
      if (turn === this._turn) {
        this._hold([...before.lines, ...after.lines], before.start, after.end, after.size);
      }
    } catch (error) {
      this.problem.value = (error as Error).message;
    } finally {
      this._reading = false;
    }
  }

  /** Read more at one edge, unless it is the log's own or a reading is under way. */
  async grow(direction: 'backward' | 'forward'): Promise<void> {
    const held = this.lines.value;
    const back = direction === 'backward';
    if (!held || this._reading || (back ? this._start <= 0 : this._end >= this._size)) {
      return;
    }
    const turn = this._turn;
    this._reading = true;
    try {
      const page = await this._read(back ? this._start : this._end, PAGE, direction);
      if (turn === this._turn) {
        back ? this._prepend(page, held) : this._append(page, held);
      }
    } catch (error) {
      this.problem.value = (error as Error).message;
    } finally {
      this._reading = false;
    }
  }

  private _prepend(page: ILogPage, held: readonly ILogLine[]): void {
    const all = [...page.lines, ...held];
    this.changing.emit();
    this._hold(all.slice(0, MOST), page.start, all[MOST]?.at ?? this._end, this._size);
  }

  private _append(page: ILogPage, held: readonly ILogLine[]): void {
    // A line that was unfinished when it was held comes again, longer.
    const kept = held.filter(line => line.at < page.start);
    const all = [...kept, ...page.lines];
    const from = Math.max(0, all.length - MOST);
    this.changing.emit();
    this._hold(all.slice(from), from ? all[from].at : this._start, page.end, page.size);
  }

  private _hold(lines: readonly ILogLine[], start: number, end: number, size: number): void {
    [this._start, this._end, this._size] = [start, end, size];
    this.problem.value = '';
    this.lines.value = lines;
  }

  private async _read(
    at: number,
    count: number,
    direction: 'backward' | 'forward'
  ): Promise<ILogPage> {
    if (direction === 'backward' && at === 0) {
      return { lines: [], start: 0, end: 0, size: 0 };
    }
    return logPage(this._client, this._run, at, count, direction);
  }
}
