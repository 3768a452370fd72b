import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../components/Icon';
import { useValue } from '../hooks';
import { t } from '../text';
import type { RemoteModel } from './model';
import { RemotePanel } from './RemotePanel';
import type { IRemoteSession } from './source';

const KEY = 'runicorn-remote-open';

interface IProps {
  readonly model: RemoteModel;
  readonly onOpen: (session: IRemoteSession) => void;
}

/** Other hosts below the tree of runs; folded away nothing is asked about them. */
export function RemoteSection({ model, onOpen }: IProps): JSX.Element {
  const [open, setOpen] = useState(() => kept(KEY) === 'true');
  const sessions = useValue(model.sessions);
  const live = sessions?.filter(one => one.state !== 'stopped').length ?? 0;
  const toggle = (): void => {
    keep(KEY, String(!open));
    setOpen(!open);
  };
  return (
    <section class={open ? 'rn-far-section rn-far-open' : 'rn-far-section'}>
      <div class="rn-branch rn-level-0">
        <button class="rn-branch-name" name="remote" aria-expanded={open} onClick={toggle}>
          <Icon name="chevron" class={open ? 'rn-open-icon' : ''} />
          <span>{t('Remote hosts')}</span>
        </button>
        {live > 0 && (
          <span class="rn-live-count" title={t('%1 connected', live)}>
            {live}
          </span>
        )}
      </div>
      {open && <RemotePanel model={model} onOpen={onOpen} onStarted={onOpen} />}
    </section>
  );
}

function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser without storage folds it away at the next visit, nothing else.
  }
}
