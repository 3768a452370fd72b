import { type ComponentChild, render } from 'preact';
import { Context, type IContext } from './hooks';
import type { ISource } from './source';
import { stylesheet } from './styles';
import { ThemeWatch } from './theme';
import { View } from './view';

/** How a mount is set up; everything but the source has a default. */
export interface IMountOptions {
  readonly source: ISource;
  readonly view?: View;
  readonly openRun?: IContext['openRun'];
  readonly parts?: IContext['parts'];
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

const sheets = new Map<string, CSSStyleSheet>();

/** Mount the UI under `parent`, in a shadow root of its own with our one stylesheet. */
export function mount(
  parent: HTMLElement,
  options: IMountOptions,
  content: ComponentChild
): IMounted {
  const host = document.createElement('div');
  host.className = 'runicorn-host';
  host.style.cssText = 'display: block; height: 100%';
  const shadow = host.attachShadow({ mode: 'open' });
  adopt(shadow, stylesheet + (options.styles ?? ''));
  const root = document.createElement('div');
  root.className = 'rn-root';
  shadow.append(root);
  parent.append(host);

  guardKeys(host, root);
  const theme = new ThemeWatch(document);
  const paint = (): void => void (root.dataset.theme = theme.theme.value);
  const stop = theme.theme.changed.connect(paint);
  paint();
  const { source, view = new View(), openRun, parts } = options;
  const context: IContext = { source, view, theme, openRun, parts };
  const draw = (next: ComponentChild): void =>
    render(<Context.Provider value={context}>{next}</Context.Provider>, root);
  draw(content);
  return {
    view,
    draw,
    dispose: () => {
      render(null, root);
      stop();
      theme.dispose();
      host.remove();
    }
  };
}

/**
 * Keep the notebook's one-letter shortcuts away while something of ours has the focus: "d d" in the filter would
 * delete the cell. Lumino honours the attribute before it looks at any binding.
 */
function guardKeys(host: HTMLElement, root: HTMLElement): void {
  const isField = (target: EventTarget | null): boolean =>
    target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
  root.addEventListener('focusin', event => {
    host.toggleAttribute('data-lm-suppress-shortcuts', isField(event.target));
  });
  root.addEventListener('focusout', () => host.removeAttribute('data-lm-suppress-shortcuts'));
  root.addEventListener('keydown', event => {
    if (isField(event.target) || event.key === 'Enter' || event.key === ' ') {
      event.stopPropagation();
    }
  });
}

function adopt(shadow: ShadowRoot, styles: string): void {
  if (!('adoptedStyleSheets' in shadow)) {
    const style = document.createElement('style');
    style.textContent = styles;
    (shadow as ShadowRoot).append(style);
    return;
  }
  let sheet = sheets.get(styles);
  if (!sheet) {
    sheets.set(styles, (sheet = new CSSStyleSheet()));
    sheet.replaceSync(styles);
  }
  shadow.adoptedStyleSheets = [sheet];
}
