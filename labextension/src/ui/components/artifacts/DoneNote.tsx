import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { VersionActions } from '../../artifacts/actions';
import { useValue } from '../../hooks';
import { t } from '../../text';
import { Icon } from '../Icon';

/** Seconds after which a line that tells of no problem goes by itself. */
const STAYS = 30;

/** The line that says what was done to an artifact, with the way back, or why nothing was. */
export function DoneNote({ actions }: { actions: VersionActions }): JSX.Element | null {
  const note = useValue(actions.note);
  const close = (): void => {
    if (actions.note.value === note) {
      actions.note.value = null;
    }
  };
  useEffect(() => {
    const timer = note && !note.problem ? setTimeout(close, STAYS * 1000) : undefined;
    return () => clearTimeout(timer);
  }, [note]);
  return (
    note && (
      <div class="rn-toast" role={note.problem ? 'alert' : 'status'}>
        <div>
          {note.said}
          {note.problem && <p class="rn-muted">{note.problem}</p>}
        </div>
        {note.undo && (
          <button class="rn-link" name="undo" onClick={() => void note.undo!()}>
            {t('Undo')}
          </button>
        )}
        <button class="rn-icon-button" title={t('Close')} onClick={close}>
          <Icon name="close" />
        </button>
      </div>
    )
  );
}
