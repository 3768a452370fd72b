import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { IArtifactRef } from '../../transport/artifacts';
import type { Client } from '../../transport/client';
import { HttpSource } from '../../transport/http';
import { type INav, Nav } from '../artifacts/nav';
import type { Bin } from '../bin';
import { App } from '../components/App';
import { ArtifactList } from '../components/artifacts/ArtifactList';
import { WalkedArtifact } from '../components/artifacts/WalkedArtifact';
import { BinView } from '../components/bin/BinView';
import { Explorer } from '../components/Explorer';
import { Context, useApp } from '../hooks';
import { t } from '../text';
import { View } from '../view';
import type { RemoteModel } from './model';
import { SessionHead } from './SessionHead';

/** Which session, in words that stay true after a reload. */
export interface ISessionRef {
  readonly id: string;
  readonly host: string;
  readonly root: string;
}

/** What is looked at; nothing is the table of all runs. */
interface IPlace {
  readonly project?: string;
  readonly run?: string;
  readonly artifacts?: boolean;
  readonly artifact?: IArtifactRef;
  readonly bin?: boolean;
}

interface IProps {
  readonly client: Client;
  readonly bin: Bin;
  readonly session: ISessionRef;
  readonly model: RemoteModel;
}

/** The runs of another host, with the same tree, tables and cards as those of this machine. */
export function SessionView({ client, bin, session, model }: IProps): JSX.Element {
  const [place, go] = useState<IPlace>({});
  const nav = useMemo<INav>(
    () => ({ openRun: run => go({ run }), openArtifact: artifact => go({ artifact }) }),
    []
  );
  return (
    <div class="rn-session">
      <header>
        <SessionHead {...session} model={model} />
        <span class="rn-space" />
        <button class="rn-toggle" name="all-runs" onClick={() => go({})}>
          {t('All runs')}
        </button>
      </header>
      <aside>
        <Explorer
          onOpen={run => go({ run: run.id })}
          onProject={project => go({ project })}
          onBin={() => go({ bin: true })}
          onArtifacts={() => go({ artifacts: true })}
          current={place.run}
          brief
        />
      </aside>
      <main>
        <Nav.Provider value={nav}>
          <Shown key={JSON.stringify(place)} client={client} bin={bin} place={place} go={go} />
        </Nav.Provider>
      </main>
    </div>
  );
}

function Shown(props: {
  client: Client;
  bin: Bin;
  place: IPlace;
  go: (place: IPlace) => void;
}): JSX.Element {
  const { client, bin, place, go } = props;
  if (place.bin) {
    return <BinView bin={bin} />;
  }
  if (place.artifact) {
    return <WalkedArtifact client={client} first={place.artifact} />;
  }
  return place.artifacts ? (
    <ArtifactList client={client} />
  ) : (
    <Runs client={client} place={place} go={go} />
  );
}

/** A source of its own for each place, so that a card asks for one run and a table for its list. */
function Runs(props: { client: Client; place: IPlace; go: (place: IPlace) => void }): JSX.Element {
  const { client, go } = props;
  const { run, project } = props.place;
  const app = useApp();
  const context = useMemo(() => {
    const scope = run ? { only: [run] } : { query: project ? { project } : {} };
    const openRun = (one: { id: string }): void => go({ run: one.id });
    return { ...app, source: new HttpSource(client, scope), view: new View(), openRun };
  }, []);
  useEffect(() => () => context.source.dispose(), []);
  return (
    <Context.Provider value={context}>
      <App kind={run ? 'run' : 'runs'} run={run} />
    </Context.Provider>
  );
}
