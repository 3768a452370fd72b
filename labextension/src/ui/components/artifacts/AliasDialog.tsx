import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { IVersion, IVersionRef } from '../../../transport/artifacts';
import type { VersionActions } from '../../artifacts/actions';
import { t } from '../../text';
import { Icon } from '../Icon';
import { Dialog } from '../bin/Dialog';

interface IProps {
  readonly at: IVersionRef;
  readonly versions: readonly IVersion[];
  readonly actions: VersionActions;
  readonly onClose: () => void;
}

/** It moves by itself. */
const LATEST = 'latest';

/** The words that mean this version: give one, take one away, move one here. */
export function AliasDialog({ at, versions, actions, onClose }: IProps): JSX.Element {
  const [word, setWord] = useState('');
  const alias = word.trim();
  const holders = new Map(
    versions.flatMap(one => one.aliases.map(name => [name, one.version] as const))
  );
  const mine = [...holders].filter(([name, version]) => version === at.version && name !== LATEST);
  const others = [...holders].filter(
    ([name, version]) => version !== at.version && name !== LATEST
  );
  const before = holders.get(alias);
  const set = (name: string): void => void actions.alias(at, name, holders.get(name));
  return (
    <Dialog
      title={t('Aliases of v%1', at.version)}
      action={before !== undefined && before !== at.version ? t('Move it here') : t('Set')}
      calm
      ready={alias !== '' && alias !== LATEST && before !== at.version}
      onAction={() => set(alias)}
      onClose={onClose}
    >
      <Mine
        names={mine.map(([name]) => name)}
        onTake={name => {
          onClose();
          void actions.unalias(at, name);
        }}
      />
      <label class="rn-typed">
        {t('Alias')}
        <input
          name="alias"
          value={word}
          list="rn-aliases"
          autocomplete="off"
          spellcheck={false}
          onInput={event => setWord(event.currentTarget.value)}
        />
        <datalist id="rn-aliases">
          {others.map(([name]) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </label>
      <p class="rn-muted">{told(alias, before, at.version)}</p>
    </Dialog>
  );
}

function Mine(props: {
  names: readonly string[];
  onTake: (name: string) => void;
}): JSX.Element | null {
  return props.names.length ? (
    <ul>
      {props.names.map(name => (
        <li key={name} class="rn-alias">
          {name}
          <button
            type="button"
            class="rn-icon-button"
            name="unalias"
            title={t('Take “%1” away', name)}
            onClick={() => props.onTake(name)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  ) : null;
}

/** What setting an alias would do. */
function told(alias: string, before: number | undefined, version: number): string {
  if (alias === LATEST) {
    return t('“latest” moves by itself.');
  }
  if (before === undefined) {
    return t('A word such as “best”; it means one version.');
  }
  return before === version
    ? t('It means this version already.')
    : t('It means v%1 now and moves here.', before);
}
