import { Widget } from '@lumino/widgets';
import type { IArtifactRef } from '../transport/artifacts';
import type { IMounted } from '../ui/mount';
import type { IPanelNav } from '../ui/panel';
import { t } from '../ui/text';
import { labClient } from './host';
import { runicornIcon } from './icon';

/** What a panel shows: one run, the runs of a project, artifacts, or the recycle bin. */
export interface IPanelArgs {
  readonly id?: string;
  readonly project?: string;
  readonly bin?: boolean;
  readonly artifacts?: boolean;
  readonly artifact?: IArtifactRef;
}

/** A run, or a table of runs, in the main area. */
export class RunPanel extends Widget {
  private _mounted: { dispose(): void } | null = null;

  constructor(
    readonly args: IPanelArgs,
    private readonly _nav: IPanelNav
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
    const { mountPanel } = await import('../ui/panel');
    if (!this.isDisposed) {
      const mounted: IMounted = mountPanel(this.node, labClient(), this.args, this._nav, title => {
        this.title.label = title;
      });
      this._mounted = mounted;
    }
  }
}

function labelOf({ bin, artifacts, artifact, id, project }: IPanelArgs): string {
  if (bin || artifacts) {
    return bin ? t('Recycle bin') : t('Artifacts');
  }
  return artifact?.name ?? id ?? project ?? t('Runs');
}

/** The same arguments give the same panel. */
export function panelId({ id, project, bin, artifacts, artifact }: IPanelArgs): string {
  if (bin || artifacts) {
    return bin ? 'runicorn-recycle-bin' : 'runicorn-artifacts';
  }
  if (artifact) {
    return `runicorn-artifact-${artifact.type}/${artifact.name}/${artifact.version ?? ''}`;
  }
  return id ? `runicorn-run-${id}` : `runicorn-runs-${project ?? ''}`;
}
