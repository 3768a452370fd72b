import { initialize } from './initialize';
import { render } from './render';

/** The anywidget module: the store lives as long as the model, a view only as long as its element. */
export default { initialize, render };
