import type { Client } from '../transport/client';
import type { Query } from '../transport/url';
import type { ICurve, IRun } from './model';
import type { Signal, Value } from './observable';
import type { Store } from './store';
import type { XAxis } from './view';

/** How a source is doing, in words a person can read. */
export interface ISourceStatus {
  /** `loading` until the first answer, `error` when there is nothing to show but `message`. */
  readonly phase: 'loading' | 'ready' | 'error';
  /** Whether what is on the screen follows the run. */
  readonly live: boolean;
  /** One calm sentence, when there is something to say. */
  readonly message?: string;
}

/** What a component on the screen wants kept up to date. */
export interface IInterest {
  /** The list of runs. */
  readonly list?: boolean;
  /** Curves of these runs. */
  readonly curves?: readonly string[];
  /** Only these metrics of them; all when absent. */
  readonly metrics?: readonly string[];
  /** The clock of these runs too, for the relative time axis. */
  readonly clocks?: boolean;
  /** Log lines of this run. */
  readonly logs?: string;
  /** Images of this run. */
  readonly images?: string;
}

/** A question for the exact points of a window, or of the whole axis when it has no ends. */
export interface IWindowQuery {
  readonly runs: readonly string[];
  readonly metrics: readonly string[];
  readonly x: XAxis;
  readonly x0?: number;
  readonly x1?: number;
  readonly width: number;
}

/** What is searched for: a query, or words. */
export interface IFind {
  readonly query?: string;
  readonly text?: string;
}

/** The one transport interface: HTTP, comm and embedded data implement it. */
export interface ISource {
  readonly kind: 'http' | 'comm' | 'embedded';
  /** What is known now; a source may swap it for another, and says so by `swapped`. */
  readonly store: Store;
  readonly swapped: Signal<void>;
  readonly status: Value<ISourceStatus>;
  /** What is asked for while it waits, e.g. "Waiting until the cell is done". */
  readonly waitingText: string;
  /** Label of the place the runs come from, never a path. */
  readonly label: string;

  /** Keep something up to date until the returned function is called. */
  follow(interest: IInterest): () => void;

  /** Calls to the server, or to the kernel where there is none; null when nobody answers. */
  readonly calls?: Client | null;
  /** The server and the kernel by themselves. */
  readonly server?: Client | null;
  readonly kernel?: Client | null;
  /** Which runs the list is about. */
  readonly about?: Query;

  /** Whether `window` can be asked. */
  readonly canWindow: boolean;
  /** Whether clocks can be had for runs that have none yet. */
  readonly canClock: boolean;

  /** Fetch the points of a window; rejects with a sentence. */
  window(query: IWindowQuery): Promise<ICurve[]>;

  /** Fetch the runs that a query or words find, those beyond the store's included; rejects with a sentence. */
  find?(asked: IFind): Promise<readonly IRun[]>;

  /** Fetch an image of a run as something an <img> can show. */
  image(run: string, path: string): Promise<string>;

  dispose(): void;
}
