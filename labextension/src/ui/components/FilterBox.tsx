import type { JSX } from 'preact';
import { t } from '../text';
import { Icon } from './Icon';

/** A text filter that acts while typing. */
export function FilterBox(props: {
  value: string;
  onInput: (text: string) => void;
  label: string;
}): JSX.Element {
  const { value, onInput, label } = props;
  return (
    <div class="rn-filter">
      <Icon name="search" />
      <input
        type="text"
        name="filter"
        value={value}
        placeholder={label}
        aria-label={label}
        spellcheck={false}
        autocomplete="off"
        onInput={event => onInput(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Escape') {
            onInput('');
          }
        }}
      />
      {value && (
        <button class="rn-icon-button" title={t('Clear the filter')} onClick={() => onInput('')}>
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}
