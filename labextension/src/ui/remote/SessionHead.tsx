import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useNow, useValue } from '../hooks';
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
  useEffect(() => model.follow(), [model]);
  const session = useValue(model.sessions)?.find(one => one.id === id);
  return (
    <Head host={session?.host ?? host} root={root}>
      {session && <Standing session={session} />}
    </Head>
  );
}

function Head(props: {
  host: string;
  root: string;
  children?: JSX.Element | undefined;
}): JSX.Element {
  return (
    <span class="rn-far-head">
      <FarIcon name="host" />
      <b>{props.host}</b>
      <span class="rn-muted" title={props.root}>
        {props.root}
      </span>
      {props.children}
    </span>
  );
}

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
          <span class="rn-muted">{reasonOf(session)}</span>
        </>
      )}
    </span>
  );
}
