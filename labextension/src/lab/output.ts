import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import type { IDocument } from '../ui/model';
import type { IOutput } from '../ui/output';
import type { IRemoteSession } from '../ui/remote/source';
import { hasServer, labClient, labRemote } from './host';
import { keepPicture } from './keep';

/** The document of `rn.remote()`: where the panel stands, and nothing of what it showed. */
interface IRemoteDocument {
  readonly kind: 'remote';
  readonly key: string;
}

/** Open the runs of a session on another host. */
export type OpenSession = (session: IRemoteSession) => void;

/** One output of ours: mounted once, brought up to date for every update of the display. */
export class OutputRenderer extends Widget implements IRenderMime.IRenderer {
  private _output: Promise<IOutput> | null = null;
  private _panel: Promise<{ dispose(): void }> | null = null;
  private _stopKeeping: () => void = () => undefined;

  constructor(
    private readonly _mimeType: string,
    private readonly _openSession: OpenSession
  ) {
    super();
    this.addClass('jp-RunicornOutput');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const told = model.data[this._mimeType] as unknown as IDocument | IRemoteDocument;
    if (told.kind === 'remote') {
      this._panel ??= this._mountPanel(told, model.trusted);
      await this._panel;
      return;
    }
    const doc = told;
    this._output ??= this._mount(doc, model.trusted);
    const output = await this._output;
    if (!this.isDisposed) {
      this._stopKeeping();
      this._stopKeeping = keepPicture(model, doc, output.source);
      await output.update(doc);
    }
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._stopKeeping();
      void this._output?.then(output => output.dispose());
      void this._panel?.then(panel => panel.dispose());
      super.dispose();
    }
  }

  private async _mount(doc: IDocument, trusted: boolean): Promise<IOutput> {
    const { mountOutput } = await import('../ui/output');
    return mountOutput(this.node, doc, { client: hasServer() ? labClient() : null, trusted });
  }

  private async _mountPanel({ key }: IRemoteDocument, trusted: boolean) {
    const { mountRemoteOutput } = await import('../ui/remote/output');
    const shared = hasServer() ? await labRemote() : null;
    const openSession = shared ? this._openSession : undefined;
    return mountRemoteOutput(this.node, String(key), { shared, trusted, openSession });
  }
}
