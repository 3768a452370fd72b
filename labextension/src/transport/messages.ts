import type { IDocument, IImage, IRun, IStage } from '../ui/model';
import type { Store } from '../ui/store';

/** Where the points of one curve go; the numbers stand in the message's buffer. */
export interface IPushedSeries {
  readonly run: string;
  readonly metric: string;
  readonly from: number;
  readonly n: number;
  readonly total: number;
  readonly exact: boolean;
  readonly clock?: boolean;
}

/** What the kernel pushes, numbered by `seq`. */
export type IPushed =
  | { type: 'runs'; seq: number; runs: IRun[]; gone?: string[]; total?: number }
  | { type: 'points'; seq: number; series: IPushedSeries[] }
  | { type: 'logs'; seq: number; run: string; lines: string[] }
  | { type: 'images'; seq: number; run: string; images: IImage[] }
  | { type: 'stages'; seq: number; stages: Record<string, IStage[]> }
  | { type: 'snapshot'; seq: number; doc: IDocument }
  | { type: 'closed'; seq: number };

/** Put one push into the store; false when it does not fit what is there. */
export function applyMessage(
  store: Store,
  message: IPushed,
  buffers: readonly DataView[]
): boolean {
  switch (message.type) {
    case 'runs':
      store.updateRuns(message.runs, message.gone, message.total);
      return true;
    case 'points':
      return applyPoints(store, message.series, buffers[0]);
    case 'logs':
      store.appendLogs(message.run, message.lines);
      return true;
    case 'images':
      store.setImages(message.run, message.images);
      return true;
    case 'stages':
      store.setStages(message.stages);
      return true;
    default:
      return true; // a newer kernel may say more than this page knows
  }
}

function applyPoints(
  store: Store,
  pushed: readonly IPushedSeries[],
  buffer: DataView | undefined
): boolean {
  const numbers = floats(buffer);
  let fits = true;
  let at = 0;
  for (const one of pushed) {
    const series = one.clock ? store.ensureClock(one.run) : store.ensureSeries(one.run, one.metric);
    const x = numbers.subarray(at, at + one.n);
    const y = numbers.subarray(at + one.n, at + 2 * one.n);
    at += 2 * one.n;
    if ((one.from === 0 || one.from === series.length) && y.length === one.n) {
      series.write(one.from, x, y);
      series.total = one.total;
      series.exact = one.exact;
    } else {
      fits = false;
    }
  }
  store.changed.emit({ series: true });
  return fits;
}

/** Copy a buffer to numbers: it may start at an odd offset of a larger one. */
function floats(buffer: DataView | undefined): Float64Array {
  if (!buffer) {
    return new Float64Array(0);
  }
  const { byteOffset, byteLength } = buffer;
  return new Float64Array(
    buffer.buffer.slice(byteOffset, byteOffset + byteLength - (byteLength % 8)) as ArrayBuffer
  );
}
