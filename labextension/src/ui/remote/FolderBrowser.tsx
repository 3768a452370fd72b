import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../text';
import { FarIcon, Problem } from './parts';
import type { IFarFolder, IRemoteSource } from './source';

interface IProps {
  readonly source: IRemoteSource;
  readonly connection: string;
  readonly onChoose: (path: string) => void;
}

/** Where the walk begins. */
const HOME = '~';

/** A path of the host, typed or walked to; the folder that is shown is the one that is chosen. */
export function FolderBrowser({ source, connection, onChoose }: IProps): JSX.Element {
  const { shown, problem, open } = useFolder(source, connection, onChoose);
  const [typed, setTyped] = useState<string | null>(null);
  const path = shown?.path ?? HOME;
  const walk = (to: string): void => {
    setTyped(null);
    open(to);
  };
  return (
    <div class="rn-browser">
      <div class="rn-browser-path">
        <button
          type="button"
          class="rn-icon-button"
          name="up"
          title={t('The folder above')}
          disabled={path === '/'}
          onClick={() => walk(parent(path))}
        >
          <FarIcon name="up" />
        </button>
        <input
          class="rn-field"
          name="path"
          aria-label={t('Path on the host')}
          autocomplete="off"
          spellcheck={false}
          value={typed ?? path}
          onInput={event => {
            setTyped(event.currentTarget.value);
            onChoose(event.currentTarget.value.trim());
          }}
          onKeyDown={event => {
            if (event.key === 'Enter' && typed !== null) {
              event.preventDefault(); // the form is for starting
              walk(typed.trim() || HOME);
            }
          }}
        />
      </div>
      <ul class="rn-folders" aria-label={t('Folders in %1', path)}>
        {problem && (
          <li>
            <Problem text={problem} />
          </li>
        )}
        {!shown && !problem && <li class="rn-muted">{t('Reading…')}</li>}
        {shown?.folders.length === 0 && <li class="rn-muted">{t('No folders in here.')}</li>}
        {shown?.folders.map(name => (
          <li key={name}>
            <button type="button" class="rn-folder" onClick={() => walk(child(path, name))}>
              <FarIcon name="folder" />
              <span>{name}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function parent(path: string): string {
  return path.replace(/\/+[^/]*\/*$/, '') || '/';
}

function child(path: string, name: string): string {
  return `${path.replace(/\/+$/, '')}/${name}`;
}

function useFolder(source: IRemoteSource, connection: string, onChoose: (path: string) => void) {
  const [asked, open] = useState(HOME);
  const [shown, setShown] = useState<IFarFolder | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let here = true;
    source.folder(connection, asked).then(
      found => {
        if (here) {
          setShown(found);
          setProblem('');
          onChoose(found.path);
        }
      },
      (error: Error) => here && setProblem(error.message)
    );
    return () => {
      here = false;
    };
  }, [source, connection, asked]);
  return { shown, problem, open };
}
