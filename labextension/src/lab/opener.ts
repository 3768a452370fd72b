import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, type TranslationBundle, nullTranslator } from '@jupyterlab/translation';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import { runicornIcon } from './icon';
import type { IArtifactRef } from '../transport/artifacts';
import type { ISessionRef } from '../ui/remote/SessionView';
import { type ILabNav, type IPanelArgs, RunPanel, panelId } from './panel';
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
    addArtifacts(app, trans, open);
    addRemote(app, trans, open);
    app.commands.addCommand(CommandIDs.restore, {
      label: trans.__('Restore Runs'),
      isVisible: () => false,
      describedBy: { args: schema('id', 'The id of the run.') },
      execute: args => open(args as IPanelArgs)
    });
    palette?.addItem({ command: CommandIDs.openRuns, category: CATEGORY });
    palette?.addItem({ command: CommandIDs.openArtifacts, category: CATEGORY });
    palette?.addItem({ command: CommandIDs.openBin, category: CATEGORY });
    palette?.addItem({ command: CommandIDs.openHosts, category: CATEGORY });
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

/** Add the commands that open artifacts. */
function addArtifacts(
  app: JupyterFrontEnd,
  trans: TranslationBundle,
  open: (args: IPanelArgs) => void
): void {
  app.commands.addCommand(CommandIDs.openArtifacts, {
    label: trans.__('Open Artifacts'),
    caption: trans.__('Look at data sets and models, their versions and where they come from'),
    icon: runicornIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => open({ artifacts: true })
  });
  app.commands.addCommand(CommandIDs.openArtifact, {
    label: trans.__('Open Artifact'),
    icon: runicornIcon,
    isVisible: args => typeof args.name === 'string',
    describedBy: { args: ARTIFACT },
    execute: args => open({ artifact: args as unknown as IArtifactRef })
  });
}

/** Add the commands that open other hosts and their runs. */
function addRemote(
  app: JupyterFrontEnd,
  trans: TranslationBundle,
  open: (args: IPanelArgs) => void
): void {
  app.commands.addCommand(CommandIDs.openHosts, {
    label: trans.__('Open Remote Hosts'),
    caption: trans.__('See the runs of other hosts, live over SSH'),
    icon: runicornIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => open({ hosts: true })
  });
  app.commands.addCommand(CommandIDs.openSession, {
    label: trans.__('Open Runs of a Remote Host'),
    icon: runicornIcon,
    isVisible: args => typeof args.id === 'string',
    describedBy: { args: SESSION },
    execute: ({ id, host, root }) => open({ session: { id, host, root } as unknown as ISessionRef })
  });
}

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
  const nav: ILabNav = {
    openRun: id => void app.commands.execute(CommandIDs.openRun, { id }),
    openSession: ({ id, host, root }) =>
      void app.commands.execute(CommandIDs.openSession, { id, host, root }),
    openArtifact: ({ type, name, version }) =>
      void app.commands.execute(CommandIDs.openArtifact, {
        ...{ type, name },
        ...(version !== undefined && { version })
      })
  };
  const content = new RunPanel(args, nav);
  const widget = new MainAreaWidget({ content });
  widget.id = `${content.id}-area`;
  widget.toolbar.hide();
  widget.title.caption = args.id ?? args.session?.root ?? '';
  void tracker.add(widget);
  app.shell.add(widget, 'main');
  app.shell.activateById(widget.id);
}

const ARTIFACT: ReadonlyJSONObject = {
  type: 'object',
  properties: {
    type: { type: 'string', description: 'The type of the artifact.' },
    name: { type: 'string', description: 'Its name.' },
    version: { type: 'number', description: 'The version to show; the latest by default.' }
  },
  required: ['type', 'name']
};

const SESSION: ReadonlyJSONObject = {
  type: 'object',
  properties: {
    id: { type: 'string', description: 'The id of the session.' },
    host: { type: 'string', description: 'The name of the host.' },
    root: { type: 'string', description: 'The folder that holds the runs there.' }
  },
  required: ['id', 'host', 'root']
};

function schema(name: string, description: string): ReadonlyJSONObject {
  return { type: 'object', properties: { [name]: { type: 'string', description } } };
}
