import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { Client } from '../transport/client';
import type { IHost } from '../transport/host';
import { sessionApi } from '../transport/url';
import type { RemoteModel } from '../ui/remote/model';

/** Send everything through Jupyter's own request helper, which knows tokens, cookies and hubs. */
export function labHost(settings: ServerConnection.ISettings, session?: string): IHost {
  const own = URLExt.join(settings.baseUrl, 'runicorn/api');
  return {
    api: session === undefined ? own : sessionApi(own, session),
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

const clients = new Map<string | undefined, Client>();

/** Return the one client of this page, or of a session on another host, so that all views share one change feed. */
export function labClient(session?: string): Client {
  let client = clients.get(session);
  if (!client) {
    client = new Client(labHost(ServerConnection.makeSettings(), session));
    clients.set(session, client);
  }
  return client;
}

let remote: Promise<RemoteModel> | null = null;

/** Return what this page knows of other hosts, loaded when it is asked for first. */
export function labRemote(): Promise<RemoteModel> {
  remote ??= Promise.all([import('../ui/remote/model'), import('../transport/remote')]).then(
    ([{ RemoteModel }, { HttpRemote }]) => new RemoteModel(new HttpRemote(labClient()))
  );
  return remote;
}

/** Whether the server extension put its address into the page. Without it nothing is asked of the server. */
export function hasServer(): boolean {
  return PageConfig.getOption('runicornApi') !== '';
}
