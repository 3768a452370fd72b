import type { Client } from './client';
import { readJson } from './read';
import { logPageUrl, logSearchUrl } from './url';

/** One line of a log; `at` is the byte at which it begins. */
export interface ILogLine {
  readonly at: number;
  readonly text: string;
  readonly cut?: boolean;
}

/** Lines from byte `start` to byte `end` of `size`. */
export interface ILogPage {
  readonly lines: readonly ILogLine[];
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

/** A line that was searched for; `spans` are the matches in its text. */
export interface ILogHit {
  readonly at: number;
  readonly text: string;
  readonly spans: readonly (readonly [number, number])[];
}

/** What is searched for. */
export interface ILogQuery {
  readonly text: string;
  readonly regex: boolean;
  readonly matchCase: boolean;
}

/** How far a search has come: `done` is the share of the log, from 0 to 1. */
export interface ILogProgress {
  readonly hits: readonly ILogHit[];
  readonly done: number;
  /** Whether it goes on; false also when there are more hits than anybody reads. */
  readonly busy: boolean;
}

/** Hits kept in a page. */
export const MOST_HITS = 1000;

interface ISlice {
  readonly hits: readonly ILogHit[];
  readonly cursor: number | null;
  readonly searched: number;
  readonly size: number;
}

/** Search a log from its end up, slice by slice; `tell` hears each of them until the signal is aborted. */
export async function searchLog(
  client: Client,
  run: string,
  query: ILogQuery,
  tell: (progress: ILogProgress) => void,
  signal: AbortSignal
): Promise<void> {
  let hits: readonly ILogHit[] = [];
  let cursor: number | null | undefined;
  while (cursor !== null && !signal.aborted) {
    const slice: ISlice = await readJson(client, logSearchUrl(client.urls, run, query, cursor), {
      signal
    });
    cursor = slice.cursor;
    hits = [...hits, ...slice.hits];
    const done = slice.size ? 1 - slice.searched / slice.size : 1;
    const busy = cursor !== null && hits.length < MOST_HITS;
    tell({ hits, done, busy });
    if (!busy) {
      return;
    }
  }
}

/** Read lines of a log from byte `at` on, or before it. */
export function logPage(
  client: Client,
  run: string,
  at: number,
  count: number,
  direction: 'forward' | 'backward'
): Promise<ILogPage> {
  return readJson(client, logPageUrl(client.urls, run, at, count, direction));
}
