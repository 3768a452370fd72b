import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../text';
import { Problem, Step } from './parts';
import type { IRemoteHost, ITarget } from './source';
import { described, hasBadPort, matching, parseTarget } from './target';

interface IProps {
  /** Of the ssh configuration; null until they are read. */
  readonly hosts: readonly IRemoteHost[] | null;
  readonly typed: string;
  readonly problem: string;
  readonly onConnect: (target: ITarget) => void;
  readonly onCancel: () => void;
}

/** Which host: one of the ssh configuration, or one typed by hand. */
export function HostPicker({ hosts, typed, problem, onConnect, onCancel }: IProps): JSX.Element {
  const [text, setText] = useState(typed);
  const [active, setActive] = useState(-1);
  const [fault, setFault] = useState('');
  const found = matching(hosts ?? [], text);
  const submit = (name = found[active]?.name ?? text): void => {
    const target = parseTarget(name);
    setFault(target ? '' : faultOf(name));
    if (target) {
      onConnect(target);
    }
  };
  return (
    <Step title={t('Connect to a host')}>
      <form
        onSubmit={event => {
          event.preventDefault();
          submit();
        }}
      >
        <HostField
          text={text}
          options={found.length}
          active={active}
          onText={typed => {
            setText(typed);
            setActive(-1);
            setFault('');
          }}
          onMove={by => setActive(Math.max(-1, Math.min(found.length - 1, active + by)))}
          onEscape={onCancel}
        />
        <Problem text={fault || problem} />
        {(found.length > 0 || !(fault || problem)) && (
          <Hosts all={hosts} found={found} active={active} onPick={submit} />
        )}
        <footer>
          <button type="button" class="rn-button" name="cancel" onClick={onCancel}>
            {t('Cancel')}
          </button>
          <button
            type="submit"
            class="rn-button rn-primary"
            name="connect"
            disabled={!text.trim() && active < 0}
            title={text.trim() || active >= 0 ? undefined : t('Pick or type a host first.')}
          >
            {t('Connect')}
          </button>
        </footer>
      </form>
    </Step>
  );
}

function faultOf(text: string): string {
  return hasBadPort(text)
    ? t('The port must be a number from 1 to 65535.')
    : t('Write it as user@host, or user@host:port.');
}

interface IField {
  readonly text: string;
  /** How many hosts match. */
  readonly options: number;
  readonly active: number;
  readonly onText: (text: string) => void;
  readonly onMove: (by: number) => void;
  readonly onEscape: () => void;
}

function HostField({ text, options, active, onText, onMove, onEscape }: IField): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  return (
    <input
      ref={field}
      class="rn-field"
      name="host"
      role="combobox"
      aria-label={t('Host')}
      aria-expanded={options > 0}
      aria-controls="rn-hosts"
      aria-activedescendant={active >= 0 ? `rn-host-${active}` : undefined}
      placeholder={t('user@host:port, or a name of your ssh config')}
      autocomplete="off"
      autocapitalize="off"
      spellcheck={false}
      value={text}
      onInput={event => onText(event.currentTarget.value)}
      onKeyDown={event => {
        if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
          event.preventDefault();
          onMove(event.key === 'ArrowDown' ? 1 : -1);
        } else if (event.key === 'Escape') {
          onEscape();
        }
      }}
    />
  );
}

interface IHosts {
  readonly all: readonly IRemoteHost[] | null;
  readonly found: readonly IRemoteHost[];
  readonly active: number;
  readonly onPick: (name: string) => void;
}

/** Hosts of the ssh configuration, as high as all of them however few match. */
function Hosts({ all, found, active, onPick }: IHosts): JSX.Element | null {
  const list = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  if (!all?.length) {
    return null;
  }
  return (
    <ul
      ref={list}
      id="rn-hosts"
      class="rn-hosts"
      role="listbox"
      aria-label={t('Hosts of your ssh config')}
      style={{ height: `${Math.min(all.length, 5) * 42 + 2}px` }}
    >
      {found.map((host, i) => (
        <li
          key={host.name}
          id={`rn-host-${i}`}
          role="option"
          aria-selected={i === active}
          data-host={host.name}
          title={host.jump ? t('%1, by way of %2', described(host), host.jump) : described(host)}
          onClick={() => onPick(host.name)}
        >
          <b>{host.name}</b>
          <span class="rn-muted">{described(host)}</span>
          {host.jump && <span class="rn-tag">{t('via %1', host.jump)}</span>}
        </li>
      ))}
      {found.length === 0 && (
        <li class="rn-muted" role="presentation">
          {t('None of your ssh config matches; it is taken as it is typed.')}
        </li>
      )}
    </ul>
  );
}
