import { useEffect, useState } from 'preact/hooks';
import type { Client } from '../transport/client';
import { type IFacet, readFacets } from '../transport/facets';
import type { Query } from '../transport/url';
import { useApp } from './hooks';
import { Value } from './observable';
import { isQuery } from './query';
import { pieces, without } from './query/edit';
import type { ISource } from './source';

/** How the panel is kept from one visit to the next. */
export interface IFacetChoice {
  readonly open: boolean;
  /** Keys counted besides state, project and tags; null until the reader chose. */
  readonly keys: readonly string[] | null;
}

const PLACE = 'runicorn-facets';
const CLOSED: IFacetChoice = { open: false, keys: null };

/** The one choice of this page; every table follows it. */
export const facetChoice = new Value<IFacetChoice>(kept());

/** Choose, and keep the choice in this browser. */
export function chooseFacets(choice: Partial<IFacetChoice>): void {
  facetChoice.value = { ...facetChoice.value, ...choice };
  try {
    localStorage.setItem(PLACE, JSON.stringify(facetChoice.value));
  } catch {
    // A browser without storage forgets the choice, nothing else.
  }
}

function kept(): IFacetChoice {
  try {
    const found = JSON.parse(localStorage.getItem(PLACE) ?? '{}') as Partial<IFacetChoice>;
    const keys = Array.isArray(found.keys) ? found.keys.map(String) : null;
    return { open: found.open === true, keys };
  } catch {
    return CLOSED;
  }
}

/** What the panel shows: a facet for each key, or why there is none. */
export interface IFacetAnswer {
  readonly facets: ReadonlyMap<string, IFacet>;
  readonly fault: string;
}

const PAUSE = 300;
/** Milliseconds between two countings while runs change. */
const AGAIN = 2000;
const NOTHING: IFacetAnswer = { facets: new Map(), fault: '' };

/**
 * Count the values of these keys among the runs that the text means. A key that the text picks values of is counted
 * without those picks, so that the others stay in sight.
 */
export function useFacets(text: string, keys: readonly string[]): IFacetAnswer {
  const { source } = useApp();
  const [answer, setAnswer] = useState(NOTHING);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const control = new AbortController();
    const timer = setTimeout(() => {
      count(source, text, keys, control.signal).then(
        facets => control.signal.aborted || setAnswer({ facets, fault: '' }),
        (error: Error) =>
          control.signal.aborted || setAnswer(last => ({ ...last, fault: error.message }))
      );
    }, PAUSE);
    return () => {
      control.abort();
      clearTimeout(timer);
    };
  }, [source, text, keys.join('\n'), round]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = (): void => void (timer ??= setTimeout(() => setRound(round + 1), AGAIN));
    const stops = [
      source.store.changed.connect(({ runs }) => runs && soon()),
      source.swapped.connect(soon)
    ];
    return () => {
      stops.forEach(stop => stop());
      clearTimeout(timer);
    };
  }, [source, source.store, round]);
  return answer;
}

async function count(
  source: ISource,
  text: string,
  keys: readonly string[],
  signal: AbortSignal
): Promise<ReadonlyMap<string, IFacet>> {
  const { calls, about = {} } = source;
  if (!calls) {
    return new Map();
  }
  const query = isQuery(text);
  const picked = new Set(query ? pieces(text).map(piece => piece.key) : []);
  const plain = keys.filter(key => !picked.has(key));
  const asked = [
    ask(calls, about, query ? text : undefined, query ? undefined : text, plain, signal),
    ...keys
      .filter(key => picked.has(key))
      .map(key => ask(calls, about, without(text, key), undefined, [key], signal))
  ];
  return new Map((await Promise.all(asked)).flat());
}

async function ask(
  calls: Client,
  about: Query,
  query: string | undefined,
  words: string | undefined,
  keys: readonly string[],
  signal: AbortSignal
): Promise<[string, IFacet][]> {
  if (keys.length === 0) {
    return [];
  }
  const both = about.query && query ? `(${String(about.query)}) and (${query})` : query;
  const where = { ...about, query: both || about.query, text: words?.trim() || about.text };
  const facets = await readFacets(calls, where, keys, signal);
  return facets.map((facet, i) => [keys[i], facet]);
}
