import type { JSX } from 'preact';
import type { IRun } from '../model';
import { t } from '../text';
import { Icon, type IconName } from './Icon';

const KNOWN: readonly string[] = [
  'running',
  'idle',
  'finished',
  'failed',
  'interrupted',
  'lost',
  'stale',
  'unknown'
];

/** The state of a run as a word, a shape and a colour; the reason on hover. */
export function StateChip({ run, small = false }: { run: IRun; small?: boolean }): JSX.Element {
  const state = run.state || run.status || 'unknown';
  const look = KNOWN.includes(state) ? state : 'unknown';
  return (
    <span
      class={`rn-chip rn-state-${look}`}
      title={run.state_reason || undefined}
      data-state={state}
    >
      <Icon name={look as IconName} />
      {small ? <span class="rn-sr-only">{t(state)}</span> : t(state)}
    </span>
  );
}
