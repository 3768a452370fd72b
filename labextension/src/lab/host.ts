import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { Client } from '../transport/client';
import type { IHost } from '../transport/host';

/** Send everything through Jupyter's own request helper, which knows tokens, cookies and hubs. */
export function labHost(settings: ServerConnection.ISettings): IHost {
  return {
    api: URLExt.join(settings.baseUrl, 'runicorn/api'),
    request: (url, init = {}) => ServerConnection.makeRequest(url, init, settings),
    socket: url => {
      const address = new URL(url);
      if (settings.appendToken && settings.token) {
        address.searchParams.set('token', settings.token);
      }
      return new settings.WebSocket(address.href);
    }
  };
}

let client: Client | null = null;

/** Return the one client of this page, so that all views share one change feed. */
export function labClient(): Client {
  client ??= new Client(labHost(ServerConnection.makeSettings()));
  return client;
}

/** Whether the server extension put its address into the page. Without it nothing is asked of the server. */
export function hasServer(): boolean {
  return PageConfig.getOption('runicornApi') !== '';
}
