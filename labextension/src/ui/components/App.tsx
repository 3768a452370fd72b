import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApp, useFollow, useStatus } from '../hooks';
import type { IRun, IShownArtifact } from '../model';
import { t } from '../text';
import { ArtifactCard } from './ArtifactCard';
import { Icon } from './Icon';
import { Note } from './Notes';
import { RunCard } from './RunCard';
import { RunTable } from './RunTable';

/** What an output or a panel shows. */
export interface IAppProps {
  readonly kind: 'run' | 'runs' | 'artifact';
  /** The run of a card; the first one of the source when absent. */
  readonly run?: string;
  /** The artifact of a document of that kind. */
  readonly artifact?: IShownArtifact;
  /** A way to go from the saved picture to the living one, in a notebook that is not trusted. */
  readonly onConnect?: () => void;
}

/** A table of runs or the card of one, by the kind of the document. */
export function App({ kind, run, artifact, onConnect }: IAppProps): JSX.Element {
  useFollow({ list: true });
  return (
    <div class="rn-app" data-kind={kind}>
      {onConnect && (
        <Note>
          {t('This is the picture saved in the notebook.')}{' '}
          <button class="rn-link" onClick={onConnect}>
            {t('Ask the server for more')}
          </button>
        </Note>
      )}
      <StatusNote />
      {artifact ? <Artifact shown={artifact} /> : kind === 'run' ? <OnlyRun run={run} /> : <Runs />}
    </div>
  );
}

function Artifact({ shown }: { shown: IShownArtifact }): JSX.Element {
  const { parts } = useApp();
  return parts?.artifact?.(shown) ?? <ArtifactCard shown={shown} />;
}

function StatusNote(): JSX.Element | null {
  const { phase, message } = useStatus();
  return message && phase === 'ready' ? <Note kind="warning">{message}</Note> : null;
}

function OnlyRun({ run }: { run?: string }): JSX.Element {
  const { source } = useApp();
  const [first] = source.store.runs.keys();
  useStatus();
  return <RunCard id={run ?? first ?? ''} />;
}

function Runs(): JSX.Element {
  const { openRun } = useApp();
  const [open, setOpen] = useState<IRun | null>(null);
  if (!open) {
    return <RunTable onOpen={openRun ?? setOpen} />;
  }
  const back = (
    <button class="rn-link rn-back" onClick={() => setOpen(null)}>
      <Icon name="back" />
      {t('All runs')}
    </button>
  );
  return <RunCard id={open.id} head={back} />;
}
