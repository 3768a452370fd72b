import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { IVersionDetail } from '../../../transport/artifacts';
import { bytes } from '../../format';
import { t } from '../../text';
import { Dialog } from '../bin/Dialog';

interface IProps {
  readonly name: string;
  readonly detail: IVersionDetail;
  readonly onRemove: () => void;
  readonly onClose: () => void;
}

/** What cannot be undone asks for the name of the version, typed by hand. */
export function RemoveDialog({ name, detail, onRemove, onClose }: IProps): JSX.Element {
  const [typed, setTyped] = useState('');
  const aliases = detail.aliases.filter(alias => alias !== 'latest');
  return (
    <Dialog
      title={t('Delete %1 for good?', name)}
      action={t('Delete for good')}
      ready={typed.trim() === name}
      onAction={onRemove}
      onClose={onClose}
    >
      <p>
        {detail.num_files === 1
          ? t('1 file, %1. This cannot be undone.', bytes(detail.size_bytes))
          : t('%1 files, %2. This cannot be undone.', detail.num_files, bytes(detail.size_bytes))}
      </p>
      {aliases.length > 0 && (
        <p>{t('It is known as %1; nothing will be called so any more.', aliases.join(', '))}</p>
      )}
      <label class="rn-typed">
        {t('Type “%1” to go on:', name)}
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
