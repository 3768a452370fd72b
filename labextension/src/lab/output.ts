import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import type { IDocument } from '../ui/model';
import type { IOutput } from '../ui/output';
import { hasServer, labClient } from './host';
import { keepPicture } from './keep';

/** One output of ours: mounted once, brought up to date for every update of the display. */
export class OutputRenderer extends Widget implements IRenderMime.IRenderer {
  private _output: Promise<IOutput> | null = null;
  private _stopKeeping: () => void = () => undefined;

  constructor(private readonly _mimeType: string) {
    super();
    this.addClass('jp-RunicornOutput');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const doc = model.data[this._mimeType] as unknown as IDocument;
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
      super.dispose();
    }
  }

  private async _mount(doc: IDocument, trusted: boolean): Promise<IOutput> {
    const { mountOutput } = await import('../ui/output');
    return mountOutput(this.node, doc, { client: hasServer() ? labClient() : null, trusted });
  }
}
