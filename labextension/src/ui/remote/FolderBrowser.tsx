import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../text';
import { FarIcon, Problem } from './parts';
import type { IFarFolder, IRemoteSource } from './source';

interface IProps {
  readonly source: IRemoteSource;
  readonly connection: string;
  /** Where it begins; empty for the home of the account. */
  readonly first: string;
  readonly onChoose: (path: string) => void;
}

/** Where the walk begins. */
const HOME = '~';

/** A path of the host, typed or walked to; what stands in the field is what is chosen. */
export function FolderBrowser(props: IProps): JSX.Element {
  const { shown, problem, typed, type, walk } = useWalk(props);
  const path = shown?.path ?? HOME;
  const elsewhere = typed !== null && problem !== '';
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
          onInput={event => type(event.currentTarget.value)}
          onKeyDown={event => {
            const text = event.currentTarget.value;
            if (event.key === 'Enter' && text !== path) {
              event.preventDefault(); // the form is for starting
              walk(text.trim() || HOME, text);
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
        {!elsewhere && shown?.folders.length === 0 && (
          <li class="rn-muted">{t('No folders in here.')}</li>
        )}
        {(elsewhere ? [] : shown?.folders)?.map(name => (
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

/** A folder that was asked for, and what was typed for it. */
interface IAsked {
  readonly path: string;
  readonly typed: string | null;
}

function useWalk({ source, connection, first, onChoose }: IProps) {
  const [asked, ask] = useState<IAsked>({ path: first || HOME, typed: first || null });
  const [typed, setTyped] = useState(asked.typed);
  const [shown, setShown] = useState<IFarFolder | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let here = true;
    source.folder(connection, asked.path).then(
      found => {
        if (here) {
          setShown(found);
          setProblem('');
          setTyped(now => (now === asked.typed ? null : now));
        }
      },
      (error: Error) => here && setProblem(error.message)
    );
    return () => {
      here = false;
    };
  }, [source, connection, asked]);
  useEffect(() => onChoose(typed?.trim() ?? shown?.path ?? ''), [typed, shown]);
  const type = (text: string): void => {
    setTyped(text);
    setProblem('');
  };
  const walk = (path: string, as: string | null = null): void => {
    setTyped(as);
    setProblem('');
    ask({ path, typed: as });
  };
  return { shown, problem, typed, type, walk };
}
