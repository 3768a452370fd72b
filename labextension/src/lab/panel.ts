import { Widget } from '@lumino/widgets';
import type { IArtifactRef } from '../transport/artifacts';
import type { IPanelNav } from '../ui/panel';
import { t } from '../ui/text';
import type { ISessionRef } from '../ui/remote/SessionView';
import { labClient, labRemote } from './host';
import { runicornIcon } from './icon';

/** What a panel shows: one run, the runs of a project, artifacts, the recycle bin, other hosts, or the runs of one. */
export interface IPanelArgs {
  readonly id?: string;
  readonly project?: string;
  readonly bin?: boolean;
  readonly artifacts?: boolean;
  readonly artifact?: IArtifactRef;
  readonly hosts?: boolean;
  readonly session?: ISessionRef;
}

/** Where a panel opens other panels. */
export interface ILabNav extends IPanelNav {
  readonly openSession: (session: ISessionRef) => void;
}

/** A run, or a table of runs, in the main area. */
export class RunPanel extends Widget {
  private _mounted: { dispose(): void } | null = null;

  constructor(
    readonly args: IPanelArgs,
    private readonly _nav: ILabNav
  ) {
    super();
    this.id = panelId(args);
    this.title.icon = runicornIcon;
    this.title.label = labelOf(args);
    this.title.closable = true;
    this.node.tabIndex = 0;
    this.node.style.overflow = 'hidden';
    void this._mount();
  }

  override dispose(): void {
    this._mounted?.dispose();
    this._mounted = null;
    super.dispose();
  }

  private async _mount(): Promise<void> {
    const mounted = await this._load();
    if (this.isDisposed) {
      mounted.dispose();
    } else {
      this._mounted = mounted;
    }
  }

  private async _load(): Promise<{ dispose(): void }> {
    const { session, hosts } = this.args;
    if (session) {
      const [{ mountSession }, remote] = await Promise.all([
        import('../ui/remote/area'),
        labRemote()
      ]);
      return mountSession(this.node, labClient(session.id), session, remote);
    }
    if (hosts) {
      const [{ mountRemote }, remote] = await Promise.all([
        import('../ui/remote/mount'),
        labRemote()
      ]);
      return mountRemote(this.node, remote, { openSession: this._nav.openSession, roomy: true });
    }
    const { mountPanel } = await import('../ui/panel');
    return mountPanel(this.node, labClient(), this.args, this._nav, title => {
      this.title.label = title;
    });
  }
}

function labelOf(args: IPanelArgs): string {
  const { bin, artifacts, artifact, id, project, hosts, session } = args;
  if (hosts || session) {
    return session?.host ?? t('Remote hosts');
  }
  if (bin || artifacts) {
    return bin ? t('Recycle bin') : t('Artifacts');
  }
  return artifact?.name ?? id ?? project ?? t('Runs');
}

/** The same arguments give the same panel. */
export function panelId(args: IPanelArgs): string {
  const { id, project, bin, artifacts, artifact, hosts, session } = args;
  if (hosts || session) {
    return session ? `runicorn-session-${session.id}` : 'runicorn-remote-hosts';
  }
  if (bin || artifacts) {
    return bin ? 'runicorn-recycle-bin' : 'runicorn-artifacts';
  }
  if (artifact) {
    return `runicorn-artifact-${artifact.type}/${artifact.name}/${artifact.version ?? ''}`;
  }
  return id ? `runicorn-run-${id}` : `runicorn-runs-${project ?? ''}`;
}
