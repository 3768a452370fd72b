import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useNow } from '../hooks';
import { t } from '../text';

/** Line icons of this panel, drawn for a 16 × 16 field. */
const PATHS = {
  running: 'M4.7 11.3a4.7 4.7 0 0 1 0-6.6M11.3 4.7a4.7 4.7 0 0 1 0 6.6M8 7.3v1.4',
  connecting: 'M8 2.5a5.5 5.5 0 1 1-5.5 5.5',
  reconnecting: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.8v2.5h-2.5',
  degraded: 'M8 4v5M8 11.5v.5',
  stopped: 'M5 5h6v6H5z',
  host: 'M3 3.5h10v3.6H3zM3 8.9h10v3.6H3zM5.2 5.3h.1M5.2 10.7h.1',
  log: 'M3.5 4h9M3.5 7h9M3.5 10h9M3.5 13h5',
  leave: 'M6.5 3H3.5v10h3M7 8h6.5M11 5.5L13.5 8 11 10.5',
  plus: 'M8 3.5v9M3.5 8h9',
  folder: 'M2.5 4.5h4l1.3 1.5h5.7v6.5h-11z',
  up: 'M8 12.5v-8M4.8 7.5L8 4.3l3.2 3.2'
} as const;

export type FarIconName = keyof typeof PATHS;

export function FarIcon({ name }: { name: FarIconName }): JSX.Element {
  return (
    <svg class="rn-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** A step of the way to a session. */
export function Step(props: { title: string; children: ComponentChildren }): JSX.Element {
  return (
    <section class="rn-step" aria-label={props.title}>
      <h3>{props.title}</h3>
      {props.children}
    </section>
  );
}

/** The one line that says why the last try came to nothing. */
export function Problem({ text }: { text: string }): JSX.Element | null {
  return text ? (
    <p class="rn-far-problem" role="alert">
      {text}
    </p>
  ) : null;
}

/** A wait: what for, for how long already, and the way out of it. */
export function Wait(props: { text: string; since: number; onCancel: () => void }): JSX.Element {
  const { text, since, onCancel } = props;
  const seconds = Math.max(0, Math.floor(useNow(1) - since));
  return (
    <>
      <p class="rn-far-wait" role="status">
        <FarIcon name="connecting" />
        {text}
        <span class="rn-muted rn-num" aria-hidden="true">
          {t('%1 s', seconds)}
        </span>
      </p>
      <div class="rn-bar rn-bar-open" />
      <footer>
        <button class="rn-button" name="cancel" onClick={onCancel}>
          {t('Cancel')}
        </button>
      </footer>
    </>
  );
}

interface IQuestion {
  readonly title: string;
  readonly yes: string;
  readonly no: string;
  readonly onYes: () => void;
  readonly onNo: () => void;
  readonly children: ComponentChildren;
}

/** A question in front of everything else; the focus begins at no, and Escape is no. */
export function Question({ title, yes, no, onYes, onNo, children }: IQuestion): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    box.current?.showModal();
    first.current?.focus();
  }, []);
  return (
    <dialog class="rn-dialog rn-question" ref={box} aria-label={title} onClose={onNo}>
      <form method="dialog" onSubmit={event => event.preventDefault()}>
        <h2>{title}</h2>
        {children}
        <footer>
          <button type="button" class="rn-button" name="no" ref={first} onClick={onNo}>
            {no}
          </button>
          <button type="button" class="rn-button rn-primary" name="yes" onClick={onYes}>
            {yes}
          </button>
        </footer>
      </form>
    </dialog>
  );
}
