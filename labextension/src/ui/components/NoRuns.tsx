import type { JSX } from 'preact';
import { useStatus, useStore } from '../hooks';
import { t } from '../text';
import { EmptyState, ErrorNote, Loading } from './Notes';

/**
 * What stands in the place of runs: bones while they are read, the sentence of an error, or how to make one, which
 * `brief` leaves to somebody else on the screen.
 */
export function NoRuns({ brief }: { brief?: boolean }): JSX.Element {
  const store = useStore('runs');
  const { phase, message } = useStatus();
  if (phase === 'error') {
    return <ErrorNote message={message ?? ''} />;
  }
  if (phase === 'loading' || !store.complete) {
    return <Loading rows={8} />;
  }
  return brief ? <p class="rn-calm rn-brief">{t('No runs yet.')}</p> : <EmptyState />;
}
