import { Value } from './observable';

/** Light or dark, whatever the host calls it. */
export type Theme = 'light' | 'dark';

/** The attributes by which hosts say how dark they are. */
const WATCHED = [
  'class',
  'theme',
  'data-theme',
  'data-jp-theme-light',
  'data-jp-theme-name',
  'data-vscode-theme-kind',
  'data-color-scheme'
];

/** Return the theme of the page, asking each host in its own words and the system last. */
export function readTheme(page: Document): Theme {
  const { body, documentElement: html } = page;
  const jupyter = body?.getAttribute('data-jp-theme-light');
  if (jupyter === 'true' || jupyter === 'false') {
    return jupyter === 'true' ? 'light' : 'dark';
  }
  const vscode = body?.getAttribute('data-vscode-theme-kind') ?? '';
  if (vscode.startsWith('vscode-')) {
    return vscode.endsWith('light') ? 'light' : 'dark';
  }
  for (const element of [html, body]) {
    for (const name of ['data-theme', 'theme', 'data-color-scheme']) {
      const said = element?.getAttribute(name);
      if (said === 'dark' || said === 'light') {
        return said;
      }
    }
    if (element?.classList.contains('dark') || element?.classList.contains('dark-theme')) {
      return 'dark';
    }
  }
  return page.defaultView?.matchMedia?.('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Follow the theme of the page. Every change of a watched attribute raises `repaint`, also between two dark themes. */
export class ThemeWatch {
  readonly theme: Value<Theme>;
  readonly repaint = new Value(0);
  private readonly _observer: MutationObserver;
  private readonly _media: MediaQueryList | undefined;

  constructor(private readonly _page: Document) {
    this.theme = new Value(readTheme(_page));
    this._observer = new MutationObserver(this._look);
    for (const element of [_page.documentElement, _page.body]) {
      this._observer.observe(element, { attributes: true, attributeFilter: WATCHED });
    }
    this._media = _page.defaultView?.matchMedia?.('(prefers-color-scheme: dark)');
    this._media?.addEventListener?.('change', this._look);
  }

  dispose(): void {
    this._observer.disconnect();
    this._media?.removeEventListener?.('change', this._look);
  }

  private readonly _look = (): void => {
    this.theme.value = readTheme(this._page);
    this.repaint.value += 1;
  };
}
