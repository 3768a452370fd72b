import type { JSX } from 'preact';
import { useStatus, useStore } from '../hooks';
import { EmptyState, ErrorNote, Loading } from './Notes';

/** What stands in the place of runs: bones while they are read, the sentence of an error, or how to make one. */
export function NoRuns(): JSX.Element {
  const store = useStore('runs');
  const { phase, message } = useStatus();
  if (phase === 'error') {
    return <ErrorNote message={message ?? ''} />;
  }
  return phase === 'loading' || !store.complete ? <Loading rows={8} /> : <EmptyState />;
}
