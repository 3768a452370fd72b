import { useEffect, useState } from 'preact/hooks';
import type { Client } from '../../transport/client';

/** An answer of the server: what it was, or why there is none. */
export interface IAnswer<T> {
  readonly value: T | null;
  readonly problem: string;
  readonly retry: () => void;
}

/** Milliseconds between two readings while runs change. */
const AGAIN = 2000;

/**
 * Ask once, and again when one of `inputs` changes or, with `live`, when something changed in the root. A new answer
 * to the same question takes the place of the old one without a gap.
 */
export function useAnswer<T>(
  client: Client,
  ask: () => Promise<T>,
  inputs: readonly unknown[],
  live = false
): IAnswer<T> {
  const [round, setRound] = useState(0);
  const question = JSON.stringify(inputs);
  const [held, setHeld] = useState<{ question: string; value: T | null; problem: string } | null>(
    null
  );
  useEffect(() => {
    let over = false;
    const done = (value: T | null, problem: string): void => {
      if (!over) {
        setHeld(old => {
          const keep = value === null && old?.question === question && old.value !== null;
          return keep ? old : { question, value, problem };
        });
      }
    };
    ask().then(
      value => done(value, ''),
      (error: Error) => done(null, error.message)
    );
    return () => {
      over = true;
    };
  }, [client, question, round]);
  useEffect(() => {
    if (!live) {
      return;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = client.feed.listen(() => {
      timer ??= setTimeout(() => setRound(round + 1), AGAIN);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [client, live, round]);
  const here = held?.question === question ? held : null;
  return {
    value: here?.value ?? null,
    problem: here?.problem ?? '',
    retry: () => setRound(round + 1)
  };
}
