import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { ExplorerPanel } from './explorer';
import { RunPanel } from './panel';
import { CommandIDs, DOMAIN } from './tokens';

/** The tree of runs on the left. Nothing is asked of the server before it is shown for the first time. */
export const sidebar: JupyterFrontEndPlugin<void> = {
  id: 'runicorn-jupyter:sidebar',
  description: 'Shows projects, experiments and runs in the sidebar.',
  autoStart: true,
  optional: [ILabShell, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    if (!labShell) {
      return; // Notebook 7 has its own places; a tree beside one notebook is not one of them
    }
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { commands } = app;
    const panel = new ExplorerPanel({
      openRun: id => void commands.execute(CommandIDs.openRun, { id }),
      openProject: project => void commands.execute(CommandIDs.openRuns, { project }),
      openBin: () => void commands.execute(CommandIDs.openBin),
      openArtifacts: () => void commands.execute(CommandIDs.openArtifacts),
      openSession: ({ id, host, root }) =>
        void commands.execute(CommandIDs.openSession, { id, host, root })
    });
    panel.title.caption = trans.__('Runs');
    panel.node.setAttribute('aria-label', trans.__('Runs'));
    labShell.add(panel, 'left', { rank: 650, type: 'Runicorn' });
    restorer?.add(panel, panel.id);
    const mark = (): void => {
      const { currentWidget: open } = labShell;
      const content = open instanceof MainAreaWidget ? (open.content as unknown) : null;
      panel.mark(content instanceof RunPanel ? content.args.id : undefined);
    };
    labShell.currentChanged.connect(mark);
  }
};
