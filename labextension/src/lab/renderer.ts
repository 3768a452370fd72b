import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator } from '@jupyterlab/translation';
import { markRenderer } from '../transport/registry';
import { MIME } from '../ui/model';
import { setTranslator } from '../ui/text';
import { OutputRenderer } from './output';
import { CommandIDs, DOMAIN } from './tokens';

/** Ahead of the widget view (−10), which dies when the notebook is opened again. */
const RANK = -20;

/**
 * Draws our outputs. It needs nothing of the shell, so it works in Notebook 7; `safe` is honest because the UI
 * makes text nodes only, and an untrusted document is drawn from its own data until the reader asks for more.
 */
export const renderer: JupyterFrontEndPlugin<void> = {
  id: 'runicorn-jupyter:renderer',
  description: 'Draws runs and tables of runs in outputs.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    registry: IRenderMimeRegistry,
    translator: ITranslator | null
  ) => {
    const trans = translator?.load(DOMAIN);
    if (trans) {
      // The UI core knows no translator: its sentences arrive here through `t`.
      // eslint-disable-next-line jupyter/no-dynamic-translation
      setTranslator((text, ...args) => trans.__(text, ...args));
    }
    const createRenderer = (options: { mimeType: string }): OutputRenderer =>
      new OutputRenderer(options.mimeType, ({ id, host, root }) => {
        void app.commands.execute(CommandIDs.openSession, { id, host, root });
      });
    registry.addFactory({ safe: true, mimeTypes: [MIME], createRenderer }, RANK);
    markRenderer();
  }
};
