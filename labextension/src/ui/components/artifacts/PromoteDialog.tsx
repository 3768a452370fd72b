import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Stage } from '../../../transport/artifacts';
import { t } from '../../text';
import { Dialog } from '../bin/Dialog';

interface IProps {
  readonly stage: Stage;
  readonly next: readonly Stage[];
  readonly onPromote: (to: Stage, notes: string) => void;
  readonly onClose: () => void;
}

/** To which stage a version goes, and why. */
export function PromoteDialog({ stage, next, onPromote, onClose }: IProps): JSX.Element {
  const [to, setTo] = useState<Stage | undefined>(next[0]);
  const [notes, setNotes] = useState('');
  return (
    <Dialog
      title={t('Move to a stage')}
      action={t('Move')}
      calm
      ready={to !== undefined}
      onAction={() => onPromote(to!, notes.trim())}
      onClose={onClose}
    >
      <p>{t('It is in the stage “%1” now.', stage)}</p>
      <div class="rn-choices" role="radiogroup" aria-label={t('Stage')}>
        {next.map(one => (
          <label key={one}>
            <input
              type="radio"
              name="stage"
              value={one}
              checked={to === one}
              onChange={() => setTo(one)}
            />
            {one}
            {one === 'production' && (
              <small class="rn-muted">{t('the alias “production” moves here too')}</small>
            )}
          </label>
        ))}
      </div>
      <label class="rn-typed">
        {t('Note')}
        <input
          name="notes"
          value={notes}
          autocomplete="off"
          placeholder={t('Why, for those who come after')}
          onInput={event => setNotes(event.currentTarget.value)}
        />
      </label>
    </Dialog>
  );
}
