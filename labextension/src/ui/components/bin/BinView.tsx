import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { IDeletedRun } from '../../../transport/bin';
import type { Bin } from '../../bin';
import { ago, moment } from '../../format';
import { useNow } from '../../hooks';
import { shortId } from '../../labels';
import { t } from '../../text';
import { Icon } from '../Icon';
import { ErrorNote, Loading } from '../Notes';
import { Dialog } from './Dialog';

/** Entries drawn; of more there is the number, and all of them are restored or removed together. */
const DRAWN = 500;

/** What was deleted: put it back, or remove all of it for good. */
export function BinView({ bin }: { bin: Bin }): JSX.Element {
  const { held, problem, read } = useEntries(bin);
  const [asking, setAsking] = useState(false);
  if (!held) {
    return problem ? <ErrorNote message={problem} onRetry={read} /> : <Loading rows={6} />;
  }
  if (held.length === 0) {
    return (
      <div class="rn-empty">
        <Icon name="trash" class="rn-empty-icon" />
        <h2>{t('The recycle bin is empty')}</h2>
        <p>{t('Runs that are deleted wait here until the bin is emptied.')}</p>
      </div>
    );
  }
  const free = held.filter(entry => !entry.problem);
  return (
    <section class="rn-bin">
      <div class="rn-tools">
        <h2>{t('Recycle bin')}</h2>
        <span class="rn-muted rn-num">
          {held.length === 1 ? t('1 run') : t('%1 runs', held.length)}
        </span>
        <span class="rn-space" />
        <button
          class="rn-toggle"
          name="restore-all"
          disabled={free.length === 0}
          onClick={() => void bin.restore(free)}
        >
          {t('Restore all')}
        </button>
        <button class="rn-toggle" name="empty" onClick={() => setAsking(true)}>
          <Icon name="trash" />
          {t('Empty the bin…')}
        </button>
      </div>
      <Entries held={held} onRestore={entry => void bin.restore([entry])} />
      {asking && <Farewell bin={bin} count={held.length} onClose={() => setAsking(false)} />}
    </section>
  );
}

function Entries(props: {
  held: readonly IDeletedRun[];
  onRestore: (entry: IDeletedRun) => void;
}): JSX.Element {
  const now = useNow(15);
  return (
    <div class="rn-table-box">
      <div class="rn-table-scroll rn-bin-scroll" tabIndex={-1}>
        <table class="rn-table">
          <thead>
            <tr>
              {[t('Run'), t('Deleted'), t('It was'), t('Reason'), ''].map(title => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {props.held.slice(0, DRAWN).map(entry => (
              <tr key={entry.run_dir} data-run={entry.id}>
                <td class="rn-name" title={entry.id}>
                  <span class="rn-muted">{entry.project} / </span>
                  {entry.name}
                  <span class="rn-short-id">{shortId(entry.id)}</span>
                </td>
                <td class="rn-num" title={moment(entry.deleted_at)}>
                  {entry.deleted_at ? ago(entry.deleted_at, now) : '–'}
                </td>
                <td>{entry.original_status}</td>
                <td>{entry.delete_reason === 'user_deleted' ? '' : entry.delete_reason}</td>
                <td class="rn-right">
                  {entry.problem ? (
                    <span class="rn-muted" title={entry.problem}>
                      {entry.problem}
                    </span>
                  ) : (
                    <button class="rn-link" name="restore" onClick={() => props.onRestore(entry)}>
                      {t('Restore')}
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {props.held.length > DRAWN && (
        <p class="rn-calm">{t('and %1 more', props.held.length - DRAWN)}</p>
      )}
    </div>
  );
}

/** What cannot be undone asks for a word typed by hand. */
function Farewell(props: { bin: Bin; count: number; onClose: () => void }): JSX.Element {
  const { bin, count, onClose } = props;
  const word = t('delete');
  const [typed, setTyped] = useState('');
  return (
    <Dialog
      title={count === 1 ? t('Remove 1 run for good?') : t('Remove %1 runs for good?', count)}
      action={t('Remove for good')}
      ready={typed.trim().toLowerCase() === word}
      onAction={() => void bin.empty()}
      onClose={onClose}
    >
      <p>{t('Their files are removed from the disk. This cannot be undone.')}</p>
      <label class="rn-typed">
        {t('Type “%1” to go on:', word)}
        <input
          name="typed"
          value={typed}
          autocomplete="off"
          spellcheck={false}
          onInput={event => setTyped(event.currentTarget.value)}
        />
      </label>
    </Dialog>
  );
}

function useEntries(bin: Bin) {
  const [held, setHeld] = useState<readonly IDeletedRun[] | null>(null);
  const [problem, setProblem] = useState('');
  const read = (): void => {
    bin.list().then(
      found => {
        setHeld(found);
        setProblem('');
      },
      (error: Error) => setProblem(error.message)
    );
  };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = (): void => {
      // Live runs change many times a second; the bin does not.
      timer ??= setTimeout(() => {
        timer = undefined;
        read();
      }, 500);
    };
    const stops = [bin.changed.connect(read), bin.listen(soon)];
    read();
    return () => {
      clearTimeout(timer);
      stops.forEach(stop => stop());
    };
  }, [bin]);
  return { held, problem, read };
}
