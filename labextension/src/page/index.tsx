import { mount } from '../ui/mount';
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
  mount(root, { source, styles: explorer + page }, <Page client={client} />);
}
