import { App } from '../ui/components/App';
import type { IDocument } from '../ui/model';
import { mount } from '../ui/mount';
import { View } from '../ui/view';
import { Client } from '../transport/client';
import type { IModel } from '../transport/comm';
import { jupyterHost } from '../transport/host';
import { LiveSource } from '../transport/live';
import { registry } from '../transport/registry';
import { keepView } from './view';

/** Draw one view; called again for each new one, and returns what takes it away. */
export function render({ model, el }: { model: IModel; el: HTMLElement }): () => void {
  const key = String(model.get('key') ?? '');
  const comm = registry().stores.get(key) as { doc?: IDocument } | undefined;
  const doc: IDocument = comm?.doc ?? { version: 1, kind: 'runs', key, runs: [] };
  const host = jupyterHost();
  const source = new LiveSource({ ...doc, key }, host && new Client(host));
  const view = new View();
  const stop = keepView(model, view);
  const mounted = mount(
    el,
    { source, view },
    <App
      kind={doc.kind}
      run={doc.kind === 'run' ? doc.runs[0]?.id : undefined}
      artifact={doc.artifact}
    />
  );
  return () => {
    stop();
    mounted.dispose();
    source.dispose();
  };
}
