import { render } from 'preact';
import { type RemoteLink, whenLinked } from '../../transport/remotelink';
import { Note } from '../components/Notes';
import { makeShadow } from '../shadow';
import { base } from '../styles/base';
import { tokens } from '../styles/tokens';
import { t } from '../text';
import { kernelRemote, serveLink } from './linked';
import { RemoteModel } from './model';
import { type IRemoteOptions, mountRemote } from './mount';

interface IOptions extends IRemoteOptions {
  /** What the page knows of other hosts over its server; null where there is none. */
  readonly shared: RemoteModel | null;
  /** Whether the notebook is trusted; if not, nobody is asked before a click. */
  readonly trusted: boolean;
}

/** Mount the output of `rn.remote()`: the panel of the page's server, or of the kernel while there is one. */
export function mountRemoteOutput(
  parent: HTMLElement,
  key: string,
  { shared, trusted, openSession }: IOptions
): { dispose(): void } {
  let parts: (() => void)[] = [];
  const clear = (): void => {
    parts.forEach(stop => stop());
    parts = [];
  };
  const show = (model: RemoteModel): void => {
    clear();
    const mounted = mountRemote(parent, model, { openSession });
    parts.push(() => mounted.dispose());
  };
  const serve = (link: RemoteLink): void => {
    const model = shared ?? new RemoteModel(kernelRemote(link));
    if (!shared) {
      show(model);
      parts.push(() => model.dispose());
    }
    parts.push(serveLink(link, model, { renderer: true, tells: shared !== null }));
  };
  let stop = (): void => undefined;
  const begin = (): void => {
    if (shared) {
      show(shared);
    } else {
      say(t('Nobody answers for this panel; run the cell again.'));
    }
    stop = whenLinked(key, serve);
  };
  const say = (text: string, act?: { readonly title: string; readonly run: () => void }): void => {
    clear();
    parts.push(note(parent, text, act));
  };
  if (trusted) {
    begin();
  } else {
    say(t('A panel of other hosts stands here.'), { title: t('Show it'), run: begin });
  }
  return {
    dispose: () => {
      stop();
      clear();
    }
  };
}

function note(
  parent: HTMLElement,
  text: string,
  act?: { readonly title: string; readonly run: () => void }
): () => void {
  const { root, dispose } = makeShadow(parent, tokens + base);
  render(
    <Note>
      {text}{' '}
      {act && (
        <button class="rn-link" onClick={act.run}>
          {act.title}
        </button>
      )}
    </Note>,
    root
  );
  return () => {
    render(null, root);
    dispose();
  };
}
