import { type ComponentChild, render } from 'preact';
import { Context, type IContext } from './hooks';
import { makeShadow } from './shadow';
import type { ISource } from './source';
import { stylesheet } from './styles';
import { View } from './view';

/** How a mount is set up; everything but the source has a default. */
export interface IMountOptions {
  readonly source: ISource;
  readonly view?: View;
  readonly openRun?: IContext['openRun'];
  readonly parts?: IContext['parts'];
  readonly far?: IContext['far'];
  /** Rules that only this host needs. */
  readonly styles?: string;
}

/** A mounted piece of our UI. */
export interface IMounted {
  readonly view: View;
  /** Draw other content in place; what did not change stays. */
  draw(content: ComponentChild): void;
  dispose(): void;
}

/** Mount the UI under `parent`, in a shadow root of its own with our one stylesheet. */
export function mount(
  parent: HTMLElement,
  options: IMountOptions,
  content: ComponentChild
): IMounted {
  const { source, view = new View(), openRun, parts, far } = options;
  const { root, theme, dispose } = makeShadow(parent, stylesheet + (options.styles ?? ''));
  const context: IContext = { source, view, theme, openRun, parts, far };
  const draw = (next: ComponentChild): void =>
    render(<Context.Provider value={context}>{next}</Context.Provider>, root);
  draw(content);
  return {
    view,
    draw,
    dispose: () => {
      render(null, root);
      dispose();
    }
  };
}
