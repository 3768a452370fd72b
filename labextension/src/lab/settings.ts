import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { View } from '../ui/view';

const ID = 'runicorn-jupyter:charts';

/** Lets the reader choose how charts begin: smoothing, log y, the x axis. */
export const settings: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'How charts are drawn at first.',
  autoStart: true,
  requires: [ISettingRegistry],
  activate: async (_: JupyterFrontEnd, registry: ISettingRegistry) => {
    const loaded = await registry.load(ID);
    const apply = (): void => {
      View.defaults = { ...loaded.composite };
    };
    loaded.changed.connect(apply);
    apply();
  }
};
