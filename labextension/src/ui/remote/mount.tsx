import { render } from 'preact';
import { makeShadow } from '../shadow';
import { base } from '../styles/base';
import { bin } from '../styles/bin';
import { remote } from '../styles/remote';
import { tokens } from '../styles/tokens';
import { RemoteModel } from './model';
import { RemotePanel } from './RemotePanel';
import { RemotePlace } from './RemotePlace';
import type { IRemoteSession, IRemoteSource } from './source';

/** How the panel is set up where it is mounted. */
export interface IRemoteOptions {
  /** Open the runs of a session; without it a session that has a page links to it, and another has no such button. */
  readonly openSession?: (session: IRemoteSession) => void;
  /** Whether it has an area of its own, with a title; there the runs open by themselves once they are there. */
  readonly roomy?: boolean;
}

/**
 * Mount the panel of other hosts under `parent`, in a shadow root of its own. It asks the source and nobody else; a
 * model that others share is left as it is at the end.
 */
export function mountRemote(
  parent: HTMLElement,
  from: IRemoteSource | RemoteModel,
  { openSession, roomy = false }: IRemoteOptions = {}
): { dispose(): void } {
  const { root, dispose } = makeShadow(parent, tokens + base + bin + remote);
  const model = from instanceof RemoteModel ? from : new RemoteModel(from);
  const panel = (
    <RemotePanel model={model} onOpen={openSession} onStarted={roomy ? openSession : undefined} />
  );
  render(roomy ? <RemotePlace>{panel}</RemotePlace> : panel, root);
  return {
    dispose: () => {
      render(null, root);
      dispose();
      if (model !== from) {
        model.dispose();
      }
    }
  };
}
