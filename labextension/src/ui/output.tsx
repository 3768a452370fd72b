import type { JSX } from 'preact';
import type { Client } from '../transport/client';
import { kernelClient } from '../transport/kernel';
import { LiveSource } from '../transport/live';
import type { ILiveSource } from '../transport/registry';
import { App } from './components/App';
import { WithBin } from './components/bin/WithBin';
import type { IDocument } from './model';
import { mount } from './mount';
import { outputParts, partStyles } from './parts';

/** How an output may reach further than its own data. */
export interface IOutputOptions {
  readonly client: Client | null;
  /** Whether the notebook is trusted; if not, the server is asked after a click only. */
  readonly trusted: boolean;
}

/** A mounted output. */
export interface IOutput {
  readonly source: LiveSource;
  update(doc: IDocument): Promise<void>;
  dispose(): void;
}

/** Mount a document as a living output. */
export function mountOutput(
  parent: HTMLElement,
  first: IDocument,
  options: IOutputOptions
): IOutput {
  const { client, trusted } = options;
  const source = new LiveSource(first, trusted ? client : null, byKernel());
  let shown = first;
  let asked = trusted || !client;
  const content = (doc: IDocument): JSX.Element => {
    const run = doc.kind === 'run' ? doc.runs[0]?.id : undefined;
    return (
      <WithBin>
        <App
          kind={doc.kind}
          run={run}
          artifact={doc.artifact}
          onConnect={asked ? undefined : connect}
        />
      </WithBin>
    );
  };
  const connect = (): void => {
    asked = true;
    source.allow(client!);
    mounted.draw(content(shown));
  };
  const set = { source, parts: outputParts, styles: partStyles };
  const mounted = mount(parent, set, content(first));
  return {
    source,
    update: async doc => {
      if (doc !== shown) {
        shown = doc;
        mounted.draw(content(doc));
        await source.update(doc);
      }
    },
    dispose: () => {
      mounted.dispose();
      source.dispose();
    }
  };
}

/** Make one client for each comm. */
function byKernel(): (comm: ILiveSource) => Client {
  const clients = new WeakMap<ILiveSource, Client>();
  return comm => {
    const client = clients.get(comm) ?? kernelClient(comm);
    clients.set(comm, client);
    return client;
  };
}
