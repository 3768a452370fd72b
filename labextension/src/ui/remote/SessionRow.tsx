import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../components/Icon';
import { useNow } from '../hooks';
import { t } from '../text';
import type { IAct } from './model';
import { FarIcon } from './parts';
import { SessionLog } from './SessionLog';
import type { IConnection, IRemoteSession, IRemoteSource, SessionState } from './source';
import { placeOf, reasonOf, stateTimes, stateWord } from './words';

interface IProps {
  readonly source: IRemoteSource;
  readonly session: IRemoteSession;
  readonly act: IAct | undefined;
  /** Absent where the host of this panel shows pages, or nothing at all. */
  readonly onOpen?: (session: IRemoteSession) => void;
  readonly onAgain: () => void;
  readonly onStop: () => void;
  readonly onDisconnect: () => void;
}

/** One session in a row as high as every other, whatever its state. */
export function SessionRow(props: IProps): JSX.Element {
  const { source, session, act, onStop, onDisconnect } = props;
  const { id, host, state } = session;
  const [log, setLog] = useState(false);
  return (
    <li class="rn-far" data-session={id} data-state={state}>
      <div class="rn-far-row">
        <b class="rn-far-who" title={session.connection}>
          {host}
        </b>
        <span class="rn-far-place" title={placeOf(session)}>
          {placeOf(session)}
        </span>
        <Standing session={session} act={act} brief={log} />
        <div class="rn-far-acts">
          <Entry {...props} />
          <button
            class="rn-icon-button"
            name="log"
            title={t('Log of the viewer on %1', host)}
            aria-expanded={log}
            onClick={() => setLog(!log)}
          >
            <FarIcon name="log" />
          </button>
          <button
            class="rn-icon-button"
            name="stop"
            title={state === 'stopped' ? t('It is stopped.') : t('Stop the viewer on %1', host)}
            disabled={state === 'stopped' || !!act?.doing}
            onClick={onStop}
          >
            <Icon name="interrupted" />
          </button>
          <button
            class="rn-icon-button"
            name="disconnect"
            title={t('Disconnect from %1', session.connection)}
            disabled={!!act?.doing}
            onClick={onDisconnect}
          >
            <FarIcon name="leave" />
          </button>
        </div>
      </div>
      {log && <SessionLog source={source} session={id} reason={reasonOf(session)} />}
    </li>
  );
}

/** The way in, or while nothing answers there the way back. */
function Entry({ session, act, onOpen, onAgain }: IProps): JSX.Element | null {
  const { state } = session;
  if (state === 'stopped' || state === 'degraded' || state === 'reconnecting') {
    return (
      <button class="rn-toggle" name="again" disabled={!!act?.doing} onClick={onAgain}>
        {state === 'reconnecting' ? t('Try now') : t('Start again')}
      </button>
    );
  }
  if (onOpen) {
    return (
      <button class="rn-toggle" name="open" onClick={() => onOpen(session)}>
        {t('Open')}
      </button>
    );
  }
  return session.page ? (
    <a class="rn-toggle" href={session.page}>
      {t('Open')}
    </a>
  ) : null;
}

/** How it is, in one line; `brief` leaves the reason to the log below, which has room for all of it. */
function Standing(props: Pick<IProps, 'session' | 'act'> & { brief: boolean }): JSX.Element {
  const { session, act, brief } = props;
  const now = useNow(1);
  const said = act?.problem || doingOf(act) || (brief ? '' : reasonOf(session));
  return (
    <div class="rn-far-how">
      <div>
        <StateBadge state={session.state} />
        <span class="rn-muted rn-num">{stateTimes(session, now)}</span>
      </div>
      <p class={act?.problem ? 'rn-far-problem' : 'rn-muted'} title={said || undefined}>
        {said || (session.version ? t('viewer %1', session.version) : '')}
      </p>
    </div>
  );
}

function doingOf(act: IAct | undefined): string {
  switch (act?.doing) {
    case 'start':
      return t('Starting…');
    case 'stop':
      return t('Stopping…');
    case 'disconnect':
      return t('Disconnecting…');
    default:
      return '';
  }
}

/** The state of a session as a word, a shape and a colour. */
export function StateBadge({ state }: { state: SessionState }): JSX.Element {
  return (
    <span class={`rn-chip rn-far-${state}`}>
      <FarIcon name={state} />
      {stateWord(state)}
    </span>
  );
}

interface ILoginRow {
  readonly connection: IConnection;
  readonly act: IAct | undefined;
  readonly onLook: () => void;
  readonly onDisconnect: () => void;
}

/** A login that shows no runs yet. */
export function LoginRow({ connection, act, onLook, onDisconnect }: ILoginRow): JSX.Element {
  return (
    <li class="rn-far" data-connection={connection.id}>
      <div class="rn-far-row">
        <b class="rn-far-who">{connection.host}</b>
        <span class="rn-far-place" title={connection.id}>
          {connection.id}
        </span>
        <div class="rn-far-how">
          <div>
            <span class="rn-chip rn-far-stopped">
              <FarIcon name="host" />
              {t('logged in')}
            </span>
          </div>
          <p class={act?.problem ? 'rn-far-problem' : 'rn-muted'}>
            {act?.problem || t('No runs of it are shown yet.')}
          </p>
        </div>
        <div class="rn-far-acts">
          <button class="rn-toggle" name="look" onClick={onLook}>
            {t('Choose runs…')}
          </button>
          <button
            class="rn-icon-button"
            name="disconnect"
            title={t('Disconnect from %1', connection.id)}
            disabled={!!act?.doing}
            onClick={onDisconnect}
          >
            <FarIcon name="leave" />
          </button>
        </div>
      </div>
    </li>
  );
}
