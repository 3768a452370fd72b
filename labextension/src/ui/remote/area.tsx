import type { Client } from '../../transport/client';
import { HttpSource } from '../../transport/http';
import { Bin } from '../bin';
import { BinNote } from '../components/bin/BinNote';
import { type IMounted, mount } from '../mount';
import { httpParts, partStyles } from '../parts';
import { explorer } from '../styles/explorer';
import { remote } from '../styles/remote';
import type { RemoteModel } from './model';
import { type ISessionRef, SessionView } from './SessionView';

/** Mount the runs of another host; `client` speaks with the viewer there, `model` knows how the way to it is. */
export function mountSession(
  parent: HTMLElement,
  client: Client,
  session: ISessionRef,
  model: RemoteModel
): { dispose(): void } {
  const source = new HttpSource(client, { columns: [], limit: 5000 });
  const bin = new Bin(client);
  const mounted: IMounted = mount(
    parent,
    { source, parts: httpParts(client, bin), far: session, styles: explorer + partStyles + remote },
    <>
      <SessionView client={client} bin={bin} session={session} model={model} />
      <BinNote bin={bin} />
    </>
  );
  return {
    dispose: () => {
      mounted.dispose();
      source.dispose();
    }
  };
}
