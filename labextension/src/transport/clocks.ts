import { isLive } from '../ui/model';
import type { Store } from '../ui/store';
import type { IClock } from './client';

const PAUSE = 3000;

/** Where clocks come from: the server or the kernel. */
export interface IClockSource {
  clock(run: string, metric: string): Promise<IClock>;
}

/**
 * Bring the clocks of some runs into a store whose points come another way, and those of live runs again and again,
 * until the returned function is called.
 */
export function followClocks(
  source: IClockSource,
  store: Store,
  runs: readonly string[]
): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = async (id: string): Promise<void> => {
    const [metric] = store.seriesOf(id).keys();
    if (metric !== undefined) {
      store.setClock(id, await source.clock(id, metric));
    }
  };
  const round = async (): Promise<void> => {
    const due = runs.filter(id => {
      const run = store.runs.get(id);
      return run && (isLive(run) || !store.clocks.has(id));
    });
    await Promise.allSettled(due.map(read));
    if (!stopped) {
      store.changed.emit({ series: due.length > 0 });
      timer = setTimeout(() => void round(), PAUSE);
    }
  };
  void round();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
