import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ErrorNote, Loading } from '../components/Notes';
import { useValue } from '../hooks';
import { t } from '../text';
import { useFollowed } from './followed';
import type { RemoteModel } from './model';
import { LoginRow, SessionRow } from './SessionRow';
import type { IRemoteSession } from './source';
import { Way } from './Way';
import { changes } from './words';

interface IProps {
  readonly model: RemoteModel;
  /** Open the runs of a session where the host shows them; without it a session links to its page. */
  readonly onOpen?: (session: IRemoteSession) => void;
  /** Show the runs of a session that was started here just now; without it that is left to the reader. */
  readonly onStarted?: (session: IRemoteSession) => void;
}

/** Other hosts: which are shown, how they are, and the way to one more. */
export function RemotePanel({ model, onOpen, onStarted }: IProps): JSX.Element {
  const root = useFollowed<HTMLElement>(model);
  const sessions = useValue(model.sessions);
  const connections = useValue(model.connections);
  const problem = useValue(model.problem);
  const flow = useValue(model.flow);
  const idle = connections.filter(
    one => !sessions?.some(({ connection }) => connection === one.id)
  );
  const busy = flow.at !== 'closed' && 'connection' in flow ? flow.connection.id : '';
  const shown = idle.filter(one => one.id !== busy);
  const empty = sessions?.length === 0 && shown.length === 0;
  return (
    <section class="rn-remote" aria-label={t('Remote hosts')} ref={root}>
      <Way model={model} empty={empty} onStarted={onStarted} />
      {sessions === null && (problem ? <ErrorNote message={problem} /> : <Loading rows={3} />)}
      {sessions !== null && problem && (
        <p class="rn-far-problem" role="status">
          {problem}
        </p>
      )}
      {!empty && <Rows model={model} logins={shown} onOpen={onOpen} />}
      <Announcer model={model} />
    </section>
  );
}

function Rows(props: IProps & { logins: RemoteModel['connections']['value'] }): JSX.Element {
  const { model, logins, onOpen } = props;
  const acts = useValue(model.acts);
  const problem = useValue(model.problem);
  return (
    <ul class={problem ? 'rn-fars rn-far-unsure' : 'rn-fars'} aria-label={t('Sessions')}>
      {model.sessions.value?.map(session => (
        <SessionRow
          key={session.id}
          source={model.source}
          session={session}
          act={acts.get(session.id)}
          onOpen={onOpen}
          onAgain={() => void model.again(session)}
          onStop={() => void model.stop(session.id)}
          onDisconnect={() => void model.disconnect(session.connection, session.id)}
        />
      ))}
      {logins.map(connection => (
        <LoginRow
          key={connection.id}
          connection={connection}
          act={acts.get(connection.id)}
          onLook={() => void model.look(connection)}
          onDisconnect={() => void model.disconnect(connection.id)}
        />
      ))}
    </ul>
  );
}

/** Says changes of sessions to a reader who hears the page. */
function Announcer({ model }: { model: RemoteModel }): JSX.Element {
  const [said, setSaid] = useState('');
  useEffect(() => {
    let before = model.sessions.value;
    return model.sessions.changed.connect(after => {
      const news = changes(before, after);
      before = after;
      if (news) {
        setSaid(news);
      }
    });
  }, [model]);
  return (
    <p class="rn-sr-only" role="status" aria-live="polite">
      {said}
    </p>
  );
}
