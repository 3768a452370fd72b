import type { ComponentChildren, JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { IVersion, IVersionDetail, IVersionRef } from '../../../transport/artifacts';
import { NEXT, type VersionActions } from '../../artifacts/actions';
import { t } from '../../text';
import { Icon } from '../Icon';
import { AliasDialog } from './AliasDialog';
import { PromoteDialog } from './PromoteDialog';
import { RemoveDialog } from './RemoveDialog';

interface IProps {
  readonly at: IVersionRef;
  readonly detail: IVersionDetail;
  readonly deleted: boolean;
  readonly versions: readonly IVersion[];
  readonly actions: VersionActions;
  readonly onVerify: () => void;
  readonly onRemoved: () => void;
}

type Asking = 'promote' | 'alias' | 'remove';

/** Everything that can be done to a version, in one menu; what cannot be undone asks first. */
export function VersionMenu(props: IProps): JSX.Element {
  const { at, deleted, actions, onVerify } = props;
  const [asking, setAsking] = useState<Asking | null>(null);
  return (
    <>
      <Menu>
        <button name="verify" onClick={onVerify}>
          {t('Verify every byte')}
        </button>
        <button name="promote" disabled={deleted} onClick={() => setAsking('promote')}>
          {t('Move to a stage…')}
        </button>
        <button name="alias" disabled={deleted} onClick={() => setAsking('alias')}>
          {t('Aliases…')}
        </button>
        <hr />
        {deleted ? (
          <button name="restore" onClick={() => void actions.restore(at)}>
            {t('Restore')}
          </button>
        ) : (
          <button name="delete" onClick={() => void actions.delete(at)}>
            {t('Delete')}
          </button>
        )}
        <button name="remove" onClick={() => setAsking('remove')}>
          {t('Delete for good…')}
        </button>
      </Menu>
      {asking && <Question {...props} asking={asking} onClose={() => setAsking(null)} />}
    </>
  );
}

function Question(props: IProps & { asking: Asking; onClose: () => void }): JSX.Element {
  const { at, detail, versions, actions, asking, onRemoved, onClose } = props;
  if (asking === 'alias') {
    return <AliasDialog at={at} versions={versions} actions={actions} onClose={onClose} />;
  }
  if (asking === 'remove') {
    return (
      <RemoveDialog
        name={`${at.name}:v${at.version}`}
        detail={detail}
        onRemove={() => void actions.remove(at).then(well => well && onRemoved())}
        onClose={onClose}
      />
    );
  }
  const stage = detail.lifecycle_stage ?? 'experimental';
  return (
    <PromoteDialog
      stage={stage}
      next={NEXT[stage] ?? []}
      onPromote={(to, notes) => void actions.promote(at, to, notes)}
      onClose={onClose}
    />
  );
}

/** A menu that closes by a choice, by Escape, and when the focus goes elsewhere. */
function Menu({ children }: { children: ComponentChildren }): JSX.Element {
  const menu = useRef<HTMLDetailsElement>(null);
  const close = (): void => {
    menu.current!.open = false;
  };
  return (
    <details
      class="rn-menu rn-actions"
      ref={menu}
      onKeyDown={event => {
        if (event.key === 'Escape' && menu.current!.open) {
          event.stopPropagation();
          close();
          menu.current!.querySelector('summary')!.focus();
        }
      }}
      onFocusOut={event => {
        if (!menu.current!.contains(event.relatedTarget as Node | null)) {
          close();
        }
      }}
    >
      <summary class="rn-toggle">
        {t('Actions')}
        <Icon name="chevron" />
      </summary>
      <div class="rn-menu-body" tabIndex={-1} onClick={close}>
        {children}
      </div>
    </details>
  );
}
