import type { IDocument, IRun } from '../src/ui/model';

/** A run with little in it. */
export function makeRun(id: string, more: Partial<IRun> = {}): IRun {
  return {
    id,
    project: 'digits',
    name: 'mlp',
    status: 'finished',
    state: 'finished',
    config: { lr: 0.1 },
    metrics: { loss: { last: 1, min: 0, max: 2, first: 2, count: 3 } },
    ...more
  };
}

/** A document of these runs. */
export function makeDoc(runs: IRun[], more: Partial<IDocument> = {}): IDocument {
  return { version: 1, kind: 'runs', key: 'k', source: 'data', runs, total: runs.length, ...more };
}

/** Parse JSON as a message would be: `__proto__` becomes an own key. */
export function parsed<T>(text: string): T {
  return JSON.parse(text) as T;
}

/** Wait until something is true; the test's own time limit ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise(resolve => setTimeout(resolve, 2));
  }
}
