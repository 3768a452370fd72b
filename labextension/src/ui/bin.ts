import {
  type IDeletedRun,
  type IDoomed,
  type Outcome,
  deleteRuns,
  emptyBin,
  listBin,
  restoreRuns
} from '../transport/bin';
import type { Client } from '../transport/client';
import { Signal, Value } from './observable';

/** What was done last, for the line that says so and offers the way back. */
export interface IBinNote {
  readonly done: 'deleted' | 'restored' | 'emptied' | 'failed';
  /** The runs it was done to. */
  readonly runs: readonly IDoomed[];
  /** Sentences about those it was not done to. */
  readonly errors: readonly string[];
}

/**
 * The recycle bin of one server as a page sees it. One bin serves every view of a page, so that the way back stays
 * when a table goes.
 */
export class Bin {
  readonly note = new Value<IBinNote | null>(null);
  /** Speaks after each change made here. */
  readonly changed = new Signal<void>();

  constructor(private readonly _client: Client) {}

  list(): Promise<readonly IDeletedRun[]> {
    return listBin(this._client);
  }

  /** Hear of changes in the root, whoever made them. */
  listen(heard: () => void): () => void {
    return this._client.feed.listen(heard);
  }

  delete(runs: readonly IDoomed[], force: boolean): Promise<void> {
    return this._do('deleted', runs, () => deleteRuns(this._client, runs, force));
  }

  restore(runs: readonly IDoomed[]): Promise<void> {
    return this._do('restored', runs, () => restoreRuns(this._client, runs));
  }

  /** Take back what the note says was deleted. */
  undo(): Promise<void> {
    return this.restore(this.note.value?.runs ?? []);
  }

  empty(): Promise<void> {
    return this._do('emptied', [], () => emptyBin(this._client));
  }

  private async _do(
    done: 'deleted' | 'restored' | 'emptied',
    runs: readonly IDoomed[],
    act: () => Promise<Outcome>
  ): Promise<void> {
    try {
      const outcome = await act();
      const errors = [...outcome].filter(([, error]) => error);
      this.note.value = {
        done,
        runs: runs.filter(run => outcome.get(run.id) === ''),
        errors: errors.map(([id, error]) => `${id}: ${error}`)
      };
    } catch (error) {
      this.note.value = { done: 'failed', runs: [], errors: [(error as Error).message] };
    }
    this.changed.emit();
  }
}
