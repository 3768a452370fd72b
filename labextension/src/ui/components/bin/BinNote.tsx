import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Bin, IBinNote } from '../../bin';
import { useValue } from '../../hooks';
import { t } from '../../text';
import { Icon } from '../Icon';

/** Seconds after which a line without errors goes by itself. */
const STAYS = 30;

/** The line that says what was deleted, with the way back. */
export function BinNote({ bin }: { bin: Bin }): JSX.Element | null {
  const note = useValue(bin.note);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (note && note.errors.length === 0 && bin.note.value === note) {
        bin.note.value = null;
      }
    }, STAYS * 1000);
    return () => clearTimeout(timer);
  }, [note]);
  if (!note) {
    return null;
  }
  return (
    <div class="rn-toast" role="status">
      <div>
        {said(note)}
        {note.errors.slice(0, 5).map(error => (
          <p key={error} class="rn-muted">
            {error}
          </p>
        ))}
      </div>
      {note.done === 'deleted' && note.runs.length > 0 && (
        <button class="rn-link" name="undo" onClick={() => void bin.undo()}>
          {t('Undo')}
        </button>
      )}
      <button
        class="rn-icon-button"
        title={t('Close')}
        onClick={() => {
          bin.note.value = null;
        }}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

function said({ done, runs: { length }, errors }: IBinNote): string {
  if (done === 'failed') {
    return t('Nothing was changed.');
  }
  if (done === 'emptied') {
    return errors.length ? t('Not everything could be removed.') : t('The recycle bin is empty.');
  }
  if (done === 'deleted') {
    return length === 1 ? t('1 run deleted.') : t('%1 runs deleted.', length);
  }
  return length === 1 ? t('1 run restored.') : t('%1 runs restored.', length);
}
