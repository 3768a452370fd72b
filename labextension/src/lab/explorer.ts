import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import type { ITree, ITreeNav } from '../ui/panel';
import { labClient, labRemote } from './host';
import { runicornIcon } from './icon';

/** The sidebar's tree, built the first time it is shown. */
export class ExplorerPanel extends Widget {
  private _started = false;
  private _mounted: ITree | null = null;
  private _current: string | undefined;

  constructor(private readonly _nav: ITreeNav) {
    super();
    this.id = 'runicorn-explorer';
    this.title.icon = runicornIcon;
    this.addClass('jp-RunicornExplorer');
  }

  /** Mark the run that is open in the main area. */
  mark(current: string | undefined): void {
    if (current !== this._current) {
      this._current = current;
      this._mounted?.mark(current);
    }
  }

  override dispose(): void {
    this._mounted?.dispose();
    this._mounted = null;
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this._start();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) {
      void this._start();
    }
  }

  private async _start(): Promise<void> {
    if (!this._started) {
      this._started = true;
      const [{ mountExplorer }, remote] = await Promise.all([import('../ui/panel'), labRemote()]);
      if (!this.isDisposed) {
        this._mounted = mountExplorer(this.node, labClient(), remote, this._nav);
        this._mounted.mark(this._current);
      }
    }
  }
}
