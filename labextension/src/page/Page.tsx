import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Client } from '../transport/client';
import { HttpSource } from '../transport/http';
import type { Bin } from '../ui/bin';
import { App } from '../ui/components/App';
import { type INav, Nav } from '../ui/artifacts/nav';
import { ArtifactList } from '../ui/components/artifacts/ArtifactList';
import { ArtifactView } from '../ui/components/artifacts/ArtifactView';
import { BinNote } from '../ui/components/bin/BinNote';
import { BinView } from '../ui/components/bin/BinView';
import { Explorer } from '../ui/components/Explorer';
import { Icon, type IconName } from '../ui/components/Icon';
import { Logo } from '../ui/components/Logo';
import { Context, useApp, useStore } from '../ui/hooks';
import { nameOf, shortId } from '../ui/labels';
import type { IRun } from '../ui/model';
import type { RemoteModel } from '../ui/remote/model';
import { FarIcon } from '../ui/remote/parts';
import { RemotePanel } from '../ui/remote/RemotePanel';
import { RemotePlace } from '../ui/remote/RemotePlace';
import { SessionHead } from '../ui/remote/SessionHead';
import { t } from '../ui/text';
import { View } from '../ui/view';
import { type Route, toHash, useRoute } from './route';
import type { IPageConfig } from './session';
import { type Choice, applyTheme, readChoice } from './theme';

interface IProps {
  readonly client: Client;
  readonly bin: Bin;
  /** Other hosts; absent where nobody knows of them. */
  readonly remote: RemoteModel | null;
  readonly config: IPageConfig;
}

/** The viewer: a tree on the left, a table or a run on the right, all of it in the address. */
export function Page({ client, bin, remote, config }: IProps): JSX.Element {
  const route = useRoute();
  const open = (run: IRun): void => void (location.hash = toHash({ at: 'run', run: run.id }));
  const openProject = (project: string): void =>
    void (location.hash = toHash({ at: 'project', project }));
  const where = usePlace(route);
  useEffect(() => {
    document.title = [where, config.session?.host, BRAND].filter(Boolean).join(' · ');
  }, [where]);
  return (
    <div class="rn-page">
      <header>
        <a class="rn-brand" href="#/">
          <Logo />
          {BRAND}
        </a>
        <Whose config={config} remote={remote} />
        <span class="rn-crumb">{where}</span>
        <span class="rn-space" />
        <Places route={route} remote={remote !== null && !config.session} />
        <ThemeSwitch />
      </header>
      <aside>
        <Explorer
          onOpen={open}
          onProject={openProject}
          brief
          current={route.at === 'run' ? route.run : undefined}
        />
      </aside>
      <main>
        <Main client={client} bin={bin} remote={remote} route={route} onOpen={open} />
      </main>
      <BinNote bin={bin} />
    </div>
  );
}

/** On the page of another host: which one, and the way back. */
function Whose({ config, remote }: Pick<IProps, 'config' | 'remote'>): JSX.Element | null {
  const { session, home } = config;
  if (!session) {
    return null;
  }
  return (
    <>
      {home && (
        <a
          class="rn-icon-button"
          href={home.replace(/api$/, toHash({ at: 'remote' }))}
          title={t('Back to this machine')}
        >
          <Icon name="back" />
        </a>
      )}
      <SessionHead {...session} model={remote} />
    </>
  );
}

/** Links to what is not runs. */
function Places({ route, remote }: { route: Route; remote: boolean }): JSX.Element {
  const current = (at: string): 'page' | undefined =>
    route.at.startsWith(at) ? 'page' : undefined;
  return (
    <>
      {remote && (
        <a
          class="rn-icon-button"
          href="#/remote"
          title={t('Remote hosts')}
          aria-current={current('remote')}
        >
          <FarIcon name="host" />
        </a>
      )}
      <a
        class="rn-icon-button"
        href="#/artifacts"
        title={t('Artifacts')}
        aria-current={current('artifact')}
      >
        <Icon name="box" />
      </a>
      <a class="rn-icon-button" href="#/bin" title={t('Recycle bin')} aria-current={current('bin')}>
        <Icon name="trash" />
      </a>
    </>
  );
}

function Main(props: {
  client: Client;
  bin: Bin;
  remote: RemoteModel | null;
  route: Route;
  onOpen: (run: IRun) => void;
}): JSX.Element {
  const { client, bin, remote, route, onOpen } = props;
  return (
    <Nav.Provider value={NAV}>
      {route.at === 'remote' && remote ? (
        <RemotePlace>
          <RemotePanel model={remote} onStarted={({ page }) => page && location.assign(page)} />
        </RemotePlace>
      ) : route.at === 'bin' ? (
        <BinView bin={bin} />
      ) : route.at === 'artifacts' ? (
        <ArtifactList client={client} />
      ) : route.at === 'artifact' ? (
        <ArtifactView key={`${route.type}/${route.name}`} client={client} at={route} />
      ) : (
        <Content key={toHash(route)} client={client} route={route} onOpen={onOpen} />
      )}
    </Nav.Provider>
  );
}

const NAV: INav = {
  openArtifact: ({ type, name, version }) =>
    void (location.hash = toHash({ at: 'artifact', type, name, version })),
  openRun: run => void (location.hash = toHash({ at: 'run', run }))
};

/** Each place has a source of its own, so that the card asks for one run and the table for its list. */
function Content(props: {
  client: Client;
  route: Route;
  onOpen: (run: IRun) => void;
}): JSX.Element {
  const { client, route, onOpen } = props;
  const app = useApp();
  const context = useMemo(() => {
    const scope =
      route.at === 'run'
        ? { only: [route.run] }
        : { query: route.at === 'project' ? { project: route.project } : {} };
    return { ...app, source: new HttpSource(client, scope), view: new View(), openRun: onOpen };
  }, []);
  useEffect(() => () => context.source.dispose(), []);
  return (
    <Context.Provider value={context}>
      <App
        kind={route.at === 'run' ? 'run' : 'runs'}
        run={route.at === 'run' ? route.run : undefined}
      />
    </Context.Provider>
  );
}

/** Where the reader is, in words. */
function usePlace(route: Route): string {
  const store = useStore('runs');
  if (route.at === 'run') {
    const run = store.runs.get(route.run);
    return run ? `${run.project} / ${nameOf(run)} · ${shortId(run.id)}` : route.run;
  }
  if (route.at === 'bin' || route.at === 'remote') {
    return route.at === 'bin' ? t('Recycle bin') : t('Remote hosts');
  }
  if (route.at === 'artifact') {
    return `${route.type} / ${route.name}`;
  }
  if (route.at === 'artifacts') {
    return t('Artifacts');
  }
  return route.at === 'project' ? route.project : t('All projects');
}

const BRAND = 'runicorn';

const CHOICES: readonly [Choice, IconName, string][] = [
  ['light', 'sun', 'Light theme'],
  ['dark', 'moon', 'Dark theme'],
  ['system', 'system', 'Theme of the system']
];

function ThemeSwitch(): JSX.Element {
  const [choice, setChoice] = useState(readChoice);
  const pick = (next: Choice): void => {
    applyTheme(next);
    setChoice(next);
  };
  return (
    <div class="rn-segments rn-theme" role="group" aria-label={t('Theme')}>
      {CHOICES.map(([key, icon, title]) => (
        <button
          key={key}
          name={`theme-${key}`}
          title={t(title)}
          aria-pressed={choice === key}
          onClick={() => pick(key)}
        >
          <Icon name={icon} />
        </button>
      ))}
    </div>
  );
}
