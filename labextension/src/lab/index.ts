import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { opener } from './opener';
import { renderer } from './renderer';
import { running } from './running';
import { settings } from './settings';
import { sidebar } from './sidebar';

/** One plugin a place in the screen; each works without the others. */
const plugins: JupyterFrontEndPlugin<void>[] = [renderer, opener, sidebar, running, settings];

export default plugins;
