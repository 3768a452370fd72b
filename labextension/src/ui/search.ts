import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { matches } from './components/columns';
import { useApp, useNow } from './hooks';
import type { IRun } from './model';
import { QueryError, type Test, compile, isQuery } from './query';

/** What is wrong with the text, and where; a length of 0 means nothing in particular. */
export interface IFault {
  readonly message: string;
  readonly at: number;
  readonly length: number;
}

/** A search over the runs of a page, and over those that only the source has. */
export interface ISearch {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly kept: readonly IRun[];
  readonly fault: IFault | null;
}

/** Milliseconds without typing after which a mistake is told: half a query is none yet. */
const THINKING = 600;
const ASKING = 250;
/** Milliseconds after a change of the runs before the source is asked again, or ten times what its last answer took. */
const AGAIN = 1000;
/** A condition that has only its name so far: the rows stay while it is typed. */
const UNFINISHED = /(\b(and|or|not)\s|[(&|!])\s*[^\s"'()=<>~!]*$/i;

/**
 * Keep the runs that a text means: a query, or else plain words. What the page cannot answer itself, since it holds
 * only a part of the runs (or, with `light`, of each run), the source is asked.
 */
export function useSearch(runs: readonly IRun[], light = false): ISearch {
  const now = useNow(5);
  const [text, setText] = useState('');
  const asked = useAsked(text, runs, light);
  const last = useRef<Test | null>(null);
  const paused = usePause(text);
  const [test, wrong] = useMemo(() => understood(text, light), [text, light]);
  if (paused || !UNFINISHED.test(text)) {
    last.current = test ?? last.current;
  }
  const [kept, slow] = useMemo(
    () => keep(last.current, runs, asked, now),
    [last.current, runs, asked, now]
  );
  return { text, setText, kept, fault: paused ? (wrong ?? slow ?? asked.fault) : null };
}

interface IAsked {
  readonly runs: readonly IRun[] | null;
  readonly fault: IFault | null;
}

const NOTHING: IAsked = { runs: null, fault: null };

/** Return the test that the text is, null where only the source can tell; or what is wrong with it. */
function understood(text: string, light: boolean): [Test | null, IFault | null] {
  if (!isQuery(text)) {
    return [run => matches(run, text), null];
  }
  try {
    const test = compile(text);
    return [light ? ASK : test, null];
  } catch (error) {
    const { message, at, length } = error as QueryError;
    return [null, { message, at, length }];
  }
}

/** Stands for a query about things that the page does not have. */
const ASK: Test = () => false;

function keep(
  test: Test | null,
  runs: readonly IRun[],
  asked: IAsked,
  now: number
): [readonly IRun[], IFault | null] {
  const here = new Set(runs.map(run => run.id));
  const there = new Set(asked.runs?.map(run => run.id));
  const all = [...runs, ...(asked.runs ?? []).filter(run => !here.has(run.id))];
  if (!test || (test === ASK && !asked.runs)) {
    return [all, null];
  }
  try {
    return [all.filter(run => (test === ASK ? there.has(run.id) : test(run, now))), null];
  } catch (error) {
    return [all, { message: (error as Error).message, at: 0, length: 0 }];
  }
}

/** Ask the source for what the page lacks; an answer stays until the next one, so that nothing flickers. */
function useAsked(text: string, runs: readonly IRun[], light: boolean): IAsked {
  const { source } = useApp();
  const [answer, setAnswer] = useState(NOTHING);
  const [round, setRound] = useState(0);
  const took = useRef(0);
  const query = isQuery(text);
  const wanted = text.trim() !== '' && ((light && query) || source.store.total > runs.length);
  useEffect(() => {
    if (!wanted || !source.find) {
      setAnswer(NOTHING);
      return;
    }
    let over = false;
    const done = (asked: IAsked): void => void (over || setAnswer(asked));
    const timer = setTimeout(() => {
      const began = Date.now();
      source.find!(query ? { query: text } : { text }).then(
        found => {
          took.current = Date.now() - began;
          done({ runs: found, fault: null });
        },
        (error: Error) => done({ runs: null, fault: { message: error.message, at: 0, length: 0 } })
      );
    }, ASKING);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [text, wanted, source, source.store, round]);
  // What was asked for follows the runs: one that comes to match appears, one that stops to goes.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = source.store.changed.connect(({ runs: changed }) => {
      if (wanted && changed) {
        timer ??= setTimeout(() => setRound(round + 1), Math.max(AGAIN, 10 * took.current));
      }
    });
    return () => (stop(), clearTimeout(timer));
  }, [wanted, source.store, round]);
  return wanted ? answer : NOTHING;
}

/** Return whether the reader paused; false while typing goes on. */
function usePause(text: string): boolean {
  const [read, setRead] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setRead(text), THINKING);
    return () => clearTimeout(timer);
  }, [text]);
  return read === text;
}
