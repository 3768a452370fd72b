import { Bin } from '../ui/bin';
import { mount } from '../ui/mount';
import { httpParts, partStyles } from '../ui/parts';
import { Client } from '../transport/client';
import { fetchHost, readConfig } from '../transport/host';
import { HttpSource } from '../transport/http';
import { explorer } from '../ui/styles/explorer';
import { page } from '../ui/styles/page';
import { Page } from './Page';
import { applyTheme } from './theme';

const config = readConfig('runicorn-config');
const api = typeof config?.api === 'string' ? config.api : 'api';
const client = new Client(fetchHost(api));
const root = document.getElementById('root');

applyTheme();
if (root) {
  // The tree needs no wide columns; the table asks for its own.
  const source = new HttpSource(client, { columns: [], limit: 5000 });
  const bin = new Bin(client);
  mount(
    root,
    { source, parts: httpParts(client, bin), styles: explorer + page + partStyles },
    <Page client={client} bin={bin} />
  );
}
