import type { JSX } from 'preact';
import type { Client } from '../transport/client';
import { HttpSource } from '../transport/http';
import { Bin } from './bin';
import type { IArtifactRef } from '../transport/artifacts';
import { Nav } from './artifacts/nav';
import { ArtifactList } from './components/artifacts/ArtifactList';
import { WalkedArtifact } from './components/artifacts/WalkedArtifact';
import { App } from './components/App';
import { BinNote } from './components/bin/BinNote';
import { BinView } from './components/bin/BinView';
import { Explorer } from './components/Explorer';
import { ServerGate } from './components/ServerGate';
import { type IMounted, mount } from './mount';
import { httpParts, partStyles } from './parts';
import type { RemoteModel } from './remote/model';
import { RemoteSection } from './remote/RemoteSection';
import type { IRemoteSession } from './remote/source';
import { explorer } from './styles/explorer';
import { remote as remoteStyles } from './styles/remote';

/** What a panel of the main area shows. */
export interface IPanelScope {
  readonly id?: string;
  readonly project?: string;
  /** The recycle bin instead of runs. */
  readonly bin?: boolean;
  /** The list of artifacts instead of runs. */
  readonly artifacts?: boolean;
  /** One artifact. */
  readonly artifact?: IArtifactRef;
}

/** Where a panel opens other panels. */
export interface IPanelNav {
  readonly openRun: (id: string) => void;
  readonly openArtifact: (ref: IArtifactRef) => void;
}

/** Mount one run, or a table of runs, over HTTP; `onTitle` hears the run's name once it is known. */
export function mountPanel(
  parent: HTMLElement,
  client: Client,
  scope: IPanelScope,
  nav: IPanelNav,
  onTitle: (title: string) => void
): IMounted {
  const { id, project } = scope;
  const source = new HttpSource(
    client,
    id ? { only: [id] } : { query: project ? { project } : {} }
  );
  const bin = new Bin(client);
  const stop = source.store.changed.connect(() => {
    const run = id ? source.store.runs.get(id) : undefined;
    if (run) {
      onTitle(run.alias || run.name || run.id);
    }
  });
  const mounted = mount(
    parent,
    {
      source,
      openRun: run => nav.openRun(run.id),
      parts: httpParts(client, bin),
      styles: explorer + partStyles
    },
    <div class="rn-panel">
      <ServerGate client={client}>
        <Nav.Provider value={nav}>
          <PanelContent client={client} bin={bin} scope={scope} />
        </Nav.Provider>
        <BinNote bin={bin} />
      </ServerGate>
    </div>
  );
  return closing(mounted, () => (stop(), source.dispose()));
}

function PanelContent(props: { client: Client; bin: Bin; scope: IPanelScope }): JSX.Element {
  const { client, bin, scope } = props;
  const { id, artifact } = scope;
  if (scope.bin) {
    return <BinView bin={bin} />;
  }
  if (artifact) {
    return <WalkedArtifact client={client} first={artifact} />;
  }
  return scope.artifacts ? (
    <ArtifactList client={client} />
  ) : (
    <App kind={id ? 'run' : 'runs'} run={id} />
  );
}

/** The mounted tree. */
export interface ITree {
  /** Mark the run that is open. */
  mark(current: string | undefined): void;
  dispose(): void;
}

/** Where the tree leads. */
export interface ITreeNav {
  readonly openRun: (id: string) => void;
  readonly openProject: (project: string) => void;
  readonly openBin: () => void;
  readonly openArtifacts: () => void;
  readonly openSession: (session: IRemoteSession) => void;
}

/** Mount the tree of runs, and other hosts below it. */
export function mountExplorer(
  parent: HTMLElement,
  client: Client,
  remote: RemoteModel,
  nav: ITreeNav
): ITree {
  const source = new HttpSource(client, { columns: [], limit: 5000 });
  const content = (current?: string): JSX.Element => (
    <div class="rn-side">
      <ServerGate client={client}>
        <Explorer
          onOpen={run => nav.openRun(run.id)}
          onProject={nav.openProject}
          onBin={nav.openBin}
          onArtifacts={nav.openArtifacts}
          current={current}
        />
        <RemoteSection model={remote} onOpen={nav.openSession} />
      </ServerGate>
    </div>
  );
  const mounted = mount(
    parent,
    { source, styles: explorer + partStyles + remoteStyles },
    content()
  );
  const { dispose } = closing(mounted, () => source.dispose());
  return { mark: current => mounted.draw(content(current)), dispose };
}

function closing(mounted: IMounted, after: () => void): IMounted {
  return {
    ...mounted,
    dispose: () => {
      mounted.dispose();
      after();
    }
  };
}
