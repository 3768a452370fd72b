import { Client } from '../transport/client';
import type { IModel } from '../transport/comm';
import { jupyterHost } from '../transport/host';
import { HttpRemote } from '../transport/remote';
import { RemoteLink, linkOf, registerLink } from '../transport/remotelink';
import { kernelRemote, serveLink } from '../ui/remote/linked';
import { RemoteModel } from '../ui/remote/model';
import { mountRemote } from '../ui/remote/mount';

interface IPart {
  readonly model: IModel;
}

const keyOf = (model: IModel): string => String(model.get('key') ?? '');

/** Make the comm known to the page, view or no view: our renderer in JupyterLab looks for it there. */
function initialize({ model }: IPart): () => void {
  return registerLink(keyOf(model), new RemoteLink(model));
}

/** Draw the panel: with the sessions of the server where the page names one, else with those of the kernel. */
function render({ model, el }: IPart & { readonly el: HTMLElement }): () => void {
  const link = linkOf(keyOf(model)) ?? new RemoteLink(model);
  const host = jupyterHost();
  const remote = new RemoteModel(host ? new HttpRemote(new Client(host)) : kernelRemote(link));
  const mounted = mountRemote(el, remote);
  const stop = serveLink(link, remote, { renderer: false, tells: host !== null });
  return () => {
    stop();
    mounted.dispose();
    remote.dispose();
  };
}

/** The anywidget module of `rn.remote()`. */
export default { initialize, render };
