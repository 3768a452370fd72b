import { isLive } from '../ui/model';
import type { Store } from '../ui/store';
import type { Client } from './client';

const PAUSE = 3000;

/**
 * Bring the clocks of some runs by HTTP into a store whose points come another way, and those of live runs again and
 * again, until the returned function is called.
 */
export function followClocks(client: Client, store: Store, runs: readonly string[]): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = async (id: string): Promise<void> => {
    const [metric] = store.seriesOf(id).keys();
    if (metric !== undefined) {
      const { x, y } = await client.clock(id, metric);
      store.ensureClock(id).write(0, x, y);
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
