import { Client } from '../../transport/client';
import { kernelClient } from '../../transport/kernel';
import type { ILiveSource } from '../../transport/registry';
import { HttpRemote } from '../../transport/remote';
import type { IKernelWish, RemoteLink } from '../../transport/remotelink';
import { RemoteModel } from './model';
import type { IRemoteSource } from './source';
import { parseTarget } from './target';

/** Other hosts as the kernel of a notebook reaches them: the addresses of the server, answered over the comm. */
export function kernelRemote(link: RemoteLink): IRemoteSource {
  const client: Client = kernelClient(link as Pick<RemoteLink, 'ask'> as ILiveSource);
  return Object.assign(new HttpRemote(client), {
    watch: (heard: () => void) => link.changed.connect(heard)
  });
}

/** Log in where the cell asked for it, and keep Python told of the sessions of a server. */
export function serveLink(
  link: RemoteLink,
  model: RemoteModel,
  { renderer, tells }: { readonly renderer: boolean; readonly tells: boolean }
): () => void {
  const tell = (): void => {
    if (tells && model.sessions.value) {
      link.tell(model.sessions.value);
    }
  };
  const stops = [
    link.greet(renderer, wish => void begin(model, wish)),
    model.sessions.changed.connect(tell)
  ];
  tell();
  return () => stops.forEach(stop => stop());
}

function begin(model: RemoteModel, { target, root, environment }: IKernelWish): Promise<void> {
  const found = parseTarget(target);
  if (!found) {
    model.pick(target);
    return Promise.resolve();
  }
  return model.connect(found, null, root || environment ? { root, environment } : null);
}
