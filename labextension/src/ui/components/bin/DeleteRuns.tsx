import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Bin } from '../../bin';
import { nameOf, shortId } from '../../labels';
import { type IRun, isLive } from '../../model';
import { t } from '../../text';
import { Icon } from '../Icon';
import { Dialog } from './Dialog';

/** Names told in the question; of more there is only the number. */
const TOLD = 8;

/** The button that deletes the runs ticked by the reader, after a question that names them. */
export function DeleteRuns({ bin, runs }: { bin: Bin; runs: readonly IRun[] }): JSX.Element {
  const [asking, setAsking] = useState<readonly IRun[] | null>(null);
  const none = runs.length === 0;
  return (
    <>
      <button
        class="rn-toggle"
        name="delete"
        disabled={none}
        title={none ? t('Tick the runs to delete') : t('Move the ticked runs to the recycle bin')}
        onClick={() => setAsking(runs)}
      >
        <Icon name="trash" />
        {none ? t('Delete') : t('Delete %1', runs.length)}
      </button>
      {asking && <Question bin={bin} runs={asking} onClose={() => setAsking(null)} />}
    </>
  );
}

function Question(props: { bin: Bin; runs: readonly IRun[]; onClose: () => void }): JSX.Element {
  const { bin, runs, onClose } = props;
  const [force, setForce] = useState(false);
  const live = runs.filter(isLive);
  const doomed = force ? runs : runs.filter(run => !isLive(run));
  return (
    <Dialog
      title={runs.length === 1 ? t('Delete this run?') : t('Delete %1 runs?', runs.length)}
      action={t('Delete %1', doomed.length)}
      ready={doomed.length > 0}
      onAction={() => void bin.delete(doomed, force)}
      onClose={onClose}
    >
      <p>{t('They move to the recycle bin. You can undo this, or restore them from there.')}</p>
      <ul>
        {runs.slice(0, TOLD).map(run => (
          <li key={run.id}>
            <span class="rn-muted">{run.project} / </span>
            {nameOf(run)} <small class="rn-muted rn-num">{shortId(run.id)}</small>
          </li>
        ))}
        {runs.length > TOLD && <li class="rn-muted">{t('and %1 more', runs.length - TOLD)}</li>}
      </ul>
      {live.length > 0 && (
        <label>
          <input
            type="checkbox"
            name="force"
            checked={force}
            onChange={event => setForce(event.currentTarget.checked)}
          />
          {live.length === 1
            ? t('Also delete the one that is still running; its process goes on')
            : t('Also delete the %1 that are still running; their processes go on', live.length)}
        </label>
      )}
    </Dialog>
  );
}
