import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import { runicornIcon } from './icon';
import { type IPanelArgs, RunPanel, panelId } from './panel';
import { CommandIDs, DOMAIN } from './tokens';

const CATEGORY = 'Runicorn';

/** Opens runs in the main area, and brings them back after a reload. */
export const opener: JupyterFrontEndPlugin<void> = {
  id: 'runicorn-jupyter:opener',
  description: 'Opens runs in the main area.',
  autoStart: true,
  optional: [ICommandPalette, ILauncher, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const tracker = new WidgetTracker<MainAreaWidget<RunPanel>>({ namespace: 'runicorn' });
    const open = (args: IPanelArgs): void => show(app, tracker, args);

    app.commands.addCommand(CommandIDs.openRun, {
      label: trans.__('Open Run'),
      caption: trans.__('Open one run: its curves, images and log'),
      icon: runicornIcon,
      describedBy: { args: schema('id', 'The id of the run.') },
      isVisible: args => typeof args.id === 'string',
      execute: args => open({ id: String(args.id) })
    });
    app.commands.addCommand(CommandIDs.openRuns, {
      label: args => (args.isLauncher ? trans.__('Runs') : trans.__('Open Runs')),
      caption: trans.__('Compare runs in a table'),
      icon: runicornIcon,
      describedBy: { args: schema('project', 'Only the runs of this project.') },
      execute: args => open(typeof args.project === 'string' ? { project: args.project } : {})
    });
    app.commands.addCommand(CommandIDs.openBin, {
      label: trans.__('Open Recycle Bin'),
      caption: trans.__('Restore runs that were deleted, or remove them for good'),
      icon: runicornIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => open({ bin: true })
    });
    app.commands.addCommand(CommandIDs.restore, {
      label: trans.__('Restore Runs'),
      isVisible: () => false,
      describedBy: { args: schema('id', 'The id of the run.') },
      execute: args => open(args as IPanelArgs)
    });
    palette?.addItem({ command: CommandIDs.openRuns, category: CATEGORY });
    palette?.addItem({ command: CommandIDs.openBin, category: CATEGORY });
    launcher?.add({
      command: CommandIDs.openRuns,
      args: { isLauncher: true },
      category: trans.__('Other')
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.restore,
      name: widget => widget.content.id,
      args: widget => widget.content.args as ReadonlyJSONObject
    });
  }
};

/** Bring the panel to the front, made when it is not there yet. */
function show(
  app: JupyterFrontEnd,
  tracker: WidgetTracker<MainAreaWidget<RunPanel>>,
  args: IPanelArgs
): void {
  const known = tracker.find(widget => widget.content.id === panelId(args));
  if (known) {
    app.shell.activateById(known.id);
    return;
  }
  const openRun = (id: string): void => void app.commands.execute(CommandIDs.openRun, { id });
  const content = new RunPanel(args, openRun);
  const widget = new MainAreaWidget({ content });
  widget.id = `${content.id}-area`;
  widget.toolbar.hide();
  widget.title.caption = args.id ?? '';
  void tracker.add(widget);
  app.shell.add(widget, 'main');
  app.shell.activateById(widget.id);
}

function schema(name: string, description: string): ReadonlyJSONObject {
  return { type: 'object', properties: { [name]: { type: 'string', description } } };
}
