/**
 * How a host sends requests. JupyterLab brings its own (`src/lab/host.ts`); these serve the ESM and the page.
 */
export interface IHost {
  /** The base of the API; see `Urls`. */
  readonly api: string;
  request(url: string, init?: RequestInit): Promise<Response>;
  socket(url: string): WebSocket;
}

/** Make a host on plain `fetch`, with the XSRF header and, where there is one, the token. */
export function fetchHost(api: string, token?: string): IHost {
  return {
    api,
    request: (url, init) => {
      const headers = new Headers(init?.headers);
      const xsrf = cookie('_xsrf');
      if (xsrf) {
        headers.set('X-XSRFToken', xsrf);
      }
      if (token) {
        headers.set('Authorization', `token ${token}`);
      }
      return fetch(url, { credentials: 'same-origin', cache: 'no-cache', ...init, headers });
    },
    socket: url => new WebSocket(token ? withToken(url, token) : url)
  };
}

/** Return the host of the Jupyter page we are in, or null where our server extension is not (marimo, VS Code, Colab). */
export function jupyterHost(): IHost | null {
  const config = readConfig('jupyter-config-data');
  const api = config?.runicornApi;
  if (typeof api !== 'string' || !api) {
    return null;
  }
  return fetchHost(api, typeof config?.token === 'string' ? config.token : undefined);
}

/** Read the JSON of a `<script type="application/json">` by its id. */
export function readConfig(id: string): Record<string, unknown> | null {
  const text = document.getElementById(id)?.textContent;
  if (!text) {
    return null;
  }
  try {
    const config: unknown = JSON.parse(text);
    return config !== null && typeof config === 'object'
      ? (config as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function cookie(name: string): string | undefined {
  const found = document.cookie.match(`(?:^|; ?)${name}=([^;]*)`);
  return found ? decodeURIComponent(found[1]) : undefined;
}

function withToken(url: string, token: string): string {
  const address = new URL(url);
  address.searchParams.set('token', token);
  return address.href;
}
