import type { IDocument } from '../ui/model';
import { entries } from '../ui/object';
import type { Store } from '../ui/store';
import { pack, unpack } from './pack';

/**
 * Put everything a document holds into a store. An empty store gets the runs at once and the curves when they are
 * decoded; a filled one changes in a single step, so that nothing blinks.
 */
export async function loadDocument(store: Store, doc: IDocument): Promise<void> {
  const empty = store.runs.size === 0;
  if (empty) {
    fill(store, doc);
  }
  const curves = await unpack(doc.curves);
  if (!empty) {
    store.clear();
    fill(store, doc);
  }
  for (const curve of curves.filter(one => one.clock)) {
    store.ensureClock(curve.run).replace(curve);
  }
  store.setCurves(curves.filter(curve => !curve.clock));
}

function fill(store: Store, doc: IDocument): void {
  for (const [run, lines] of entries(doc.logs)) {
    store.mergeLogs(run, lines);
  }
  for (const [run, images] of entries(doc.images)) {
    store.images.set(run, images);
  }
  store.setStages(doc.stages);
  store.setRuns(doc.runs ?? [], doc.total ?? doc.runs?.length ?? 0);
}

/** Points a curve keeps in a saved output. */
const SAVED_POINTS = 1000;
const SAVED_LINES = 50;

/** Make the final form of a document out of what a page knows by now. */
export async function saveDocument(store: Store, doc: IDocument): Promise<IDocument> {
  const runs = [...store.runs.values()].map(run => {
    const { run_dir: _dir, hostname: _host, ...item } = run;
    return item;
  });
  const ids = runs.map(run => run.id);
  const curves = ids.flatMap(run =>
    [...store.seriesOf(run)].map(([metric, { x, y, total, exact }]) =>
      thin({ run, metric, x, y, total, exact }, SAVED_POINTS)
    )
  );
  const clocks = ids.flatMap(run => {
    const clock = store.clocks.get(run);
    return clock
      ? [thin({ run, metric: '', x: clock.x, y: clock.y, total: clock.length, exact: true }, 200)]
      : [];
  });
  const { model_id: _model, ...kept } = doc;
  const logs = ids.map(id => [id, (store.logs.get(id) ?? []).slice(-SAVED_LINES)] as const);
  return {
    ...kept,
    live: false,
    runs,
    total: store.total,
    ...(doc.kind === 'run' && { logs: Object.fromEntries(logs) }),
    images: Object.fromEntries(ids.map(id => [id, store.images.get(id) ?? []])),
    stages: Object.fromEntries(store.stages),
    curves: await pack(curves, clocks)
  };
}

interface IPoints {
  run: string;
  metric: string;
  x: Float64Array;
  y: Float64Array;
  total: number;
  exact: boolean;
}

/** Keep the smallest and largest value of each of equally long stretches, so that no spike is lost. */
export function thin(curve: IPoints, points: number): IPoints {
  const n = curve.x.length;
  if (n <= points) {
    return curve;
  }
  const keep: number[] = [];
  const stretches = points >> 1;
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = Math.floor((stretch * n) / stretches);
    const to = Math.floor(((stretch + 1) * n) / stretches);
    let low = from;
    let high = from;
    for (let i = from; i < to; i++) {
      low = curve.y[i] < curve.y[low] || Number.isNaN(curve.y[low]) ? i : low;
      high = curve.y[i] > curve.y[high] || Number.isNaN(curve.y[high]) ? i : high;
    }
    keep.push(Math.min(low, high), ...(low === high ? [] : [Math.max(low, high)]));
  }
  const pick = (values: Float64Array): Float64Array => Float64Array.from(keep, i => values[i]);
  return { ...curve, x: pick(curve.x), y: pick(curve.y), exact: false };
}
