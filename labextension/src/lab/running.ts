import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { type IRunningSessions, IRunningSessionManagers } from '@jupyterlab/running';
import { ITranslator, type TranslationBundle, nullTranslator } from '@jupyterlab/translation';
import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import type { RemoteModel } from '../ui/remote/model';
import type { IRemoteSession } from '../ui/remote/source';
import { placeOf, reasonOf, stateWord } from '../ui/remote/words';
import { hasServer, labRemote } from './host';
import { runicornIcon } from './icon';
import { CommandIDs, DOMAIN } from './tokens';

/** Milliseconds between two looks while sessions are there and nobody has the panel open. */
const INTERVAL = 10000;
/** The id of Lab's panel of what is running. */
const PANEL = 'jp-running-sessions';

/** Lists what was started on other hosts where Lab lists what runs, so that it can be stopped there too. */
export const running: JupyterFrontEndPlugin<void> = {
  id: 'runicorn-jupyter:running',
  description: 'Lists viewers on other hosts among what is running.',
  autoStart: true,
  optional: [IRunningSessionManagers, ILabShell, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    managers: IRunningSessionManagers | null,
    shell: ILabShell | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    if (managers && hasServer()) {
      const sessions = new RemoteSessions(app.commands, trans);
      managers.add(sessions);
      refreshWhenShown(shell, sessions);
    }
  }
};

/** Ask for the sessions when the panel is first seen: Lab makes its sections at the start, shown or not. */
function refreshWhenShown(shell: ILabShell | null, sessions: RemoteSessions): void {
  const look = (): void => {
    const panels = [...(shell?.widgets('left') ?? []), ...(shell?.widgets('right') ?? [])];
    if (panels.some(one => one.id === PANEL && one.isVisible)) {
      shell?.layoutModified.disconnect(look);
      sessions.refreshRunning();
    }
  };
  shell?.layoutModified.connect(look);
}

/** The sessions as Lab's panel asks for them; nothing is loaded or asked before it does. */
class RemoteSessions implements IRunningSessions.IManager {
  readonly name: string;
  readonly shutdownLabel: string;
  readonly shutdownAllLabel: string;
  readonly shutdownAllConfirmationText: string;
  readonly runningChanged = new Signal<this, void>(this);
  private _model: RemoteModel | null = null;
  private _loading: Promise<RemoteModel> | null = null;
  private _poll: Poll | null = null;

  constructor(
    private readonly _commands: JupyterFrontEnd['commands'],
    trans: TranslationBundle
  ) {
    this.name = trans.__('Remote hosts');
    this.shutdownLabel = trans.__('Stop');
    this.shutdownAllLabel = trans.__('Stop All');
    this.shutdownAllConfirmationText = trans.__(
      'Are you sure you want to stop the viewers on all remote hosts? Their runs go on.'
    );
  }

  running(): IRunningSessions.IRunningItem[] {
    return this._live().map(session => this._item(session));
  }

  shutdownAll(): void {
    this._live().forEach(one => void this._model?.stop(one.id));
  }

  refreshRunning(): void {
    this._loading ??= this._load();
    void this._loading.then(model => model.refresh());
  }

  private async _load(): Promise<RemoteModel> {
    const model = await labRemote();
    this._model = model;
    this._poll = new Poll({
      auto: false,
      factory: () => (this._live().length ? model.refresh() : Promise.resolve()),
      frequency: { interval: INTERVAL, backoff: true },
      name: 'runicorn-jupyter:running',
      standby: 'when-hidden'
    });
    model.sessions.changed.connect(() => this.runningChanged.emit());
    void this._poll.start();
    this.runningChanged.emit(); // another view may have read the sessions before
    return model;
  }

  private _live(): readonly IRemoteSession[] {
    return this._model?.sessions.value?.filter(one => one.state !== 'stopped') ?? [];
  }

  private _item(session: IRemoteSession): IRunningSessions.IRunningItem {
    const { id, host, root, state } = session;
    return {
      context: `${host} ${root}`,
      icon: () => runicornIcon,
      label: () => host,
      labelTitle: () => [placeOf(session), reasonOf(session)].filter(Boolean).join('\n'),
      detail: () => stateWord(state),
      open: () => void this._commands.execute(CommandIDs.openSession, { id, host, root }),
      shutdown: () => void this._model?.stop(id)
    };
  }
}
