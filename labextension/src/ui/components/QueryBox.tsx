import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { IRun } from '../model';
import { type ICompletion, complete, namesOf } from '../query';
import type { IFault, ISearch } from '../search';
import { t } from '../text';
import { Icon } from './Icon';

interface IProps extends Pick<ISearch, 'text' | 'setText' | 'fault'> {
  readonly label: string;
  readonly hint?: string;
  /** The runs whose names are suggested. */
  readonly runs: readonly IRun[];
}

/** A search that acts while typing: words, or a query whose mistakes are underlined and whose names are suggested. */
export function QueryBox({ text, setText, fault, label, hint, runs }: IProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const list = useList(input, runs, setText);
  const [scrolled, setScrolled] = useState(0);
  return (
    <div class="rn-filter" onFocusOut={list.close}>
      <Icon name="search" />
      <div class="rn-query">
        {fault && <Underline text={text} fault={fault} scrolled={scrolled} />}
        <input
          ref={input}
          type="text"
          name="filter"
          role="combobox"
          value={text}
          placeholder={hint ?? label}
          aria-label={label}
          aria-autocomplete="list"
          aria-expanded={list.found !== null}
          aria-controls="rn-names"
          aria-activedescendant={list.at < 0 ? undefined : `rn-name-${list.at}`}
          aria-invalid={fault !== null}
          aria-describedby={fault ? 'rn-fault' : undefined}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          onScroll={event => setScrolled(event.currentTarget.scrollLeft)}
          onInput={event => {
            setText(event.currentTarget.value);
            list.look();
          }}
          onKeyDown={event => {
            if (list.onKey(event.key)) {
              event.preventDefault();
            } else if (event.key === 'Escape') {
              setText('');
            }
          }}
        />
      </div>
      {text && (
        <button class="rn-icon-button" title={t('Clear the filter')} onClick={() => setText('')}>
          <Icon name="close" />
        </button>
      )}
      <Names {...list} />
      {fault && !list.found && (
        <p class="rn-fault" id="rn-fault" role="alert">
          {fault.message}
        </p>
      )}
    </div>
  );
}

/** The names that may stand at the caret. */
function Names({ found, at, take }: IList): JSX.Element | null {
  return (
    found && (
      <ul class="rn-names" id="rn-names" role="listbox" aria-label={t('Names')}>
        {found.options.map(({ text, kind }, i) => (
          <li
            key={text}
            id={`rn-name-${i}`}
            role="option"
            aria-selected={i === at}
            onMouseDown={event => {
              event.preventDefault();
              take(i);
            }}
          >
            <span>{text}</span>
            <small class="rn-muted">{t(kind)}</small>
          </li>
        ))}
      </ul>
    )
  );
}

/** The same text behind the input, invisible but for the line under what is wrong. */
function Underline(props: { text: string; fault: IFault; scrolled: number }): JSX.Element | null {
  const { text, fault, scrolled } = props;
  const end = fault.at + fault.length;
  const marked = text.slice(fault.at, end) || (fault.at ? '\u00a0' : '');
  return (
    <div class="rn-under" aria-hidden="true">
      <div style={{ transform: `translateX(${-scrolled}px)` }}>
        {text.slice(0, fault.at)}
        <u>{marked}</u>
      </div>
    </div>
  );
}

interface IList {
  readonly found: ICompletion | null;
  /** The option that Enter takes; none is -1. */
  readonly at: number;
  look(): void;
  take(option: number): void;
  close(): void;
  /** Act on a key; false when it is not about the list. */
  onKey(key: string): boolean;
}

/** The list of names below the box, moved through with the arrow keys while the caret stays in the text. */
function useList(
  input: { readonly current: HTMLInputElement | null },
  runs: readonly IRun[],
  setText: (text: string) => void
): IList {
  const [found, setFound] = useState<ICompletion | null>(null);
  const [at, setAt] = useState(-1);
  const caret = useRef(-1);
  useEffect(() => {
    if (caret.current >= 0) {
      input.current?.setSelectionRange(caret.current, caret.current);
      caret.current = -1;
    }
  });
  const show = (completion: ICompletion | null): void => {
    setFound(completion);
    setAt(-1);
  };
  const take = (option: number): void => {
    const { value } = input.current!;
    const { from, to, options } = found!;
    setText(value.slice(0, from) + options[option].text + value.slice(to));
    caret.current = from + options[option].text.length;
    show(null);
  };
  const onKey = (key: string): boolean => {
    if (!found) {
      return false;
    }
    const count = found.options.length;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      setAt(key === 'ArrowDown' ? (at + 1) % count : (Math.max(at, 0) + count - 1) % count);
    } else if ((key === 'Enter' || key === 'Tab') && at >= 0) {
      take(at);
    } else if (key === 'Escape') {
      show(null);
    } else {
      return false;
    }
    return true;
  };
  return {
    found,
    at,
    look: () => {
      const { value, selectionStart } = input.current!;
      show(complete(value, selectionStart ?? value.length, namesOf(runs)));
    },
    take,
    close: () => show(null),
    onKey
  };
}
