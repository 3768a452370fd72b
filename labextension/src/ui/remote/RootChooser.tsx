import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { count } from '../format';
import { t } from '../text';
import { FolderBrowser } from './FolderBrowser';
import type { IFarRoot, IRemoteSource } from './source';

interface IProps {
  readonly source: IRemoteSource;
  readonly connection: string;
  readonly roots: readonly IFarRoot[];
  readonly chosen: string;
  readonly onChoose: (root: string) => void;
}

/** Which folder of the host: one that was found to hold runs, or any other. */
export function RootChooser({ source, connection, roots, chosen, onChoose }: IProps): JSX.Element {
  const [unlisted] = useState(roots.some(({ path }) => path === chosen) ? '' : chosen);
  const [other, setOther] = useState(roots.length === 0 || unlisted !== '');
  return (
    <fieldset class="rn-choices" name="roots">
      <legend>{t('Folder with runs')}</legend>
      {roots.map(root => (
        <label key={root.path} class="rn-choice" title={root.path} data-root={root.path}>
          <input
            type="radio"
            name="root"
            checked={!other && chosen === root.path}
            onChange={() => {
              setOther(false);
              onChoose(root.path);
            }}
          />
          <span class="rn-choice-name rn-path">
            <bdi>{root.path}</bdi>
          </span>
          <span class="rn-choice-more rn-num">{runsIn(root)}</span>
        </label>
      ))}
      <label class="rn-choice" data-root="">
        <input type="radio" name="root" checked={other} onChange={() => setOther(true)} />
        <span class="rn-choice-name">{t('Another folder…')}</span>
      </label>
      {other && (
        <FolderBrowser
          source={source}
          connection={connection}
          first={unlisted}
          onChoose={onChoose}
        />
      )}
    </fieldset>
  );
}

function runsIn({ runs }: IFarRoot): string {
  if (runs === null) {
    return t('the default, no runs yet');
  }
  return runs === 1 ? t('1 run') : t('%1 runs', count(runs));
}
