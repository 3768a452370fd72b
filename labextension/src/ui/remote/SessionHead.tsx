import type { JSX, RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import { useNow, useValue } from '../hooks';
import { t } from '../text';
import { useFollowed } from './followed';
import type { RemoteModel } from './model';
import { FarIcon } from './parts';
import { StateBadge } from './SessionRow';
import type { IRemoteSession } from './source';
import { reasonOf, stateTimes } from './words';

interface IProps {
  readonly id: string;
  readonly host: string;
  readonly root: string;
  /** Who knows how the session is; absent where nobody does. */
  readonly model: RemoteModel | null;
}

/** Whose runs these are, and how the way to them is. */
export function SessionHead({ model, ...session }: IProps): JSX.Element {
  return model ? <Known model={model} {...session} /> : <Head {...session} />;
}

function Known(props: Omit<IProps, 'model'> & { model: RemoteModel }): JSX.Element {
  const { id, host, root, model } = props;
  const element = useFollowed<HTMLSpanElement>(model);
  const sessions = useValue(model.sessions);
  const problem = useValue(model.problem);
  const session = sessions?.find(one => one.id === id);
  const name = useRef(host); // it is called the same after it ended
  name.current = session?.host ?? name.current;
  return (
    <Head host={name.current} root={root} element={element}>
      {problem ? (
        <span class="rn-far-standing" role="status" title={problem}>
          {t('How it is, nobody knows now.')}
        </span>
      ) : session ? (
        <Standing session={session} />
      ) : sessions ? (
        <Ended />
      ) : undefined}
    </Head>
  );
}

function Head(props: {
  host: string;
  root: string;
  element?: RefObject<HTMLSpanElement>;
  children?: JSX.Element | undefined;
}): JSX.Element {
  return (
    <span class="rn-far-head" ref={props.element}>
      <FarIcon name="host" />
      <b>{props.host}</b>
      <span class="rn-muted" title={props.root}>
        {props.root}
      </span>
      {props.children}
    </span>
  );
}

/** A session that a person stopped is not listed any more. */
function Ended(): JSX.Element {
  return (
    <span class="rn-far-standing" role="status">
      <StateBadge state="stopped" />
      <span class="rn-muted">{t('Nobody reads these runs any more.')}</span>
    </span>
  );
}

/** The reason is left to the note above the runs. */
function Standing({ session }: { session: IRemoteSession }): JSX.Element {
  const now = useNow(1);
  const calm = session.state === 'running';
  return (
    <span class="rn-far-standing" title={reasonOf(session) || undefined} role="status">
      <StateBadge state={session.state} />
      {!calm && (
        <>
          <span class="rn-muted rn-num" aria-hidden="true">
            {stateTimes(session, now)}
          </span>
          <span class="rn-muted">{reasonOf({ ...session, reason: '' })}</span>
        </>
      )}
    </span>
  );
}
