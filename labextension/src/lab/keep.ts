import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { LiveSource } from '../transport/live';
import { type IDocument, MIME } from '../ui/model';

/** The kernel's own last update normally comes within this time after the end. */
const GRACE = 3000;
const WIDGET_VIEW = 'application/vnd.jupyter.widget-view+json';

/**
 * See to it that the saved file keeps the final picture. The kernel updates the output itself, but after a reload
 * of the page such updates are lost: then the page writes what it has drawn.
 */
export function keepPicture(
  model: IRenderMime.IMimeModel,
  doc: IDocument,
  source: LiveSource
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ended = (): boolean => source.comm !== undefined && !source.comm.alive.value;
  const look = (): void => {
    clearTimeout(timer);
    if (doc.live && ended()) {
      timer = setTimeout(() => void write(), GRACE);
    }
  };
  const write = async (): Promise<void> => {
    const comm = source.comm;
    if (model.data[MIME] !== (doc as unknown) || !comm || !ended() || comm.store.runs.size === 0) {
      return;
    }
    const { saveDocument } = await import('../transport/document');
    const { [WIDGET_VIEW]: _view, ...data } = model.data;
    const final = await saveDocument(comm.store, doc);
    model.setData({ data: { ...data, [MIME]: final as never } });
  };
  const stop = source.swapped.connect(look);
  const stopStatus = source.status.changed.connect(look);
  look();
  return () => {
    clearTimeout(timer);
    stop();
    stopStatus();
  };
}
