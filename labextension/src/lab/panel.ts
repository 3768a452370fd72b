import { Widget } from '@lumino/widgets';
import type { IMounted } from '../ui/mount';
import { t } from '../ui/text';
import { labClient } from './host';
import { runicornIcon } from './icon';

/** What a panel shows: one run, the runs of a project, or the recycle bin. */
export interface IPanelArgs {
  readonly id?: string;
  readonly project?: string;
  readonly bin?: boolean;
}

/** A run, or a table of runs, in the main area. */
export class RunPanel extends Widget {
  private _mounted: { dispose(): void } | null = null;

  constructor(
    readonly args: IPanelArgs,
    private readonly _openRun: (id: string) => void
  ) {
    super();
    this.id = panelId(args);
    this.title.icon = runicornIcon;
    this.title.label = args.bin ? t('Recycle bin') : (args.id ?? args.project ?? t('Runs'));
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
      const mounted: IMounted = mountPanel(
        this.node,
        labClient(),
        this.args,
        this._openRun,
        title => {
          this.title.label = title;
        }
      );
      this._mounted = mounted;
    }
  }
}

/** The same arguments give the same panel. */
export function panelId({ id, project, bin }: IPanelArgs): string {
  if (bin) {
    return 'runicorn-recycle-bin';
  }
  return id ? `runicorn-run-${id}` : `runicorn-runs-${project ?? ''}`;
}
