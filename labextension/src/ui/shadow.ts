import { ThemeWatch } from './theme';

/** A place of our own in a page: nothing of the page's styles comes in, and none of ours gets out. */
export interface IShadow {
  readonly root: HTMLElement;
  readonly theme: ThemeWatch;
  dispose(): void;
}

const sheets = new Map<string, CSSStyleSheet>();

/** Make a shadow root under `parent` that has these styles and follows the theme of the page. */
export function makeShadow(parent: HTMLElement, styles: string): IShadow {
  const host = document.createElement('div');
  host.className = 'runicorn-host';
  host.style.cssText = 'display: block; height: 100%';
  const shadow = host.attachShadow({ mode: 'open' });
  adopt(shadow, styles);
  const root = document.createElement('div');
  root.className = 'rn-root';
  shadow.append(root);
  parent.append(host);

  guardKeys(host, root);
  const theme = new ThemeWatch(document);
  const paint = (): void => void (root.dataset.theme = theme.theme.value);
  const stop = theme.theme.changed.connect(paint);
  paint();
  return {
    root,
    theme,
    dispose: () => {
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
