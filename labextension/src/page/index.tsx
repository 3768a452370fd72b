import { Bin } from '../ui/bin';
import { mount } from '../ui/mount';
import { httpParts, partStyles } from '../ui/parts';
import { Client } from '../transport/client';
import { fetchHost } from '../transport/host';
import { HttpSource } from '../transport/http';
import { HttpRemote } from '../transport/remote';
import { RemoteModel } from '../ui/remote/model';
import { explorer } from '../ui/styles/explorer';
import { page } from '../ui/styles/page';
import { remote as remoteStyles } from '../ui/styles/remote';
import { Page } from './Page';
import { pageConfig } from './session';
import { applyTheme } from './theme';

const config = pageConfig();
const client = new Client(fetchHost(config.api));
// Who knows of other hosts: this server itself, or for the runs of another host the server that leads there.
const known = config.session ? config.home : config.api;
const remote = known ? new RemoteModel(new HttpRemote(new Client(fetchHost(known)))) : null;
const root = document.getElementById('root');

applyTheme();
if (root) {
  // The tree needs no wide columns; the table asks for its own.
  const source = new HttpSource(client, { columns: [], limit: 5000 });
  const bin = new Bin(client);
  mount(
    root,
    {
      source,
      parts: httpParts(client, bin),
      far: config.session ?? undefined,
      styles: explorer + page + partStyles + remoteStyles
    },
    <Page client={client} bin={bin} remote={remote} config={config} />
  );
}
