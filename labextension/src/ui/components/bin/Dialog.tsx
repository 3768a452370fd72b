import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../../text';

interface IProps {
  readonly title: string;
  readonly action: string;
  readonly ready: boolean;
  /** What it does can be undone. */
  readonly calm?: boolean;
  readonly onAction: () => void;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A question that must be answered before anything happens; Escape is no. */
export function Dialog(props: IProps): JSX.Element {
  const { title, action, ready, calm, onAction, onClose, children } = props;
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    box.current?.showModal();
  }, []);
  return (
    <dialog class="rn-dialog" ref={box} aria-label={title} onClose={onClose}>
      <form
        method="dialog"
        onSubmit={event => {
          event.preventDefault();
          if (ready) {
            onAction();
            onClose();
          }
        }}
      >
        <h2>{title}</h2>
        {children}
        <footer>
          <button type="button" class="rn-button" name="cancel" onClick={onClose}>
            {t('Cancel')}
          </button>
          <button
            type="submit"
            class={`rn-button ${calm ? 'rn-primary' : 'rn-danger'}`}
            name="confirm"
            disabled={!ready}
          >
            {action}
          </button>
        </footer>
      </form>
    </dialog>
  );
}
