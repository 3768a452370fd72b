import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Client } from '../../../transport/client';
import type { ILogHit } from '../../../transport/logsearch';
import { useValue } from '../../hooks';
import { LogPager } from '../../logpager';
import { t } from '../../text';
import { LogLine } from '../LogView';

/** Pixels from an edge at which the next lines are read. */
const NEAR = 200;

interface IProps {
  readonly client: Client;
  readonly run: string;
  readonly hits: readonly ILogHit[];
  /** The hit that is looked at; the window is about it. */
  readonly hit: ILogHit;
}

/** A stretch of the log around one hit that grows at the edge the reader scrolls to, and is let go at the other. */
export function LogWindow({ client, run, hits, hit }: IProps): JSX.Element {
  const pager = useMemo(() => new LogPager(client, run), [client, run]);
  const lines = useValue(pager.lines);
  const problem = useValue(pager.problem);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => void pager.show(hit.at), [pager, hit.at]);
  useStill(pager, box);
  useLayoutEffect(() => {
    box.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'center' });
  }, [hit.at, lines === null]);
  const marked = useMemo(() => new Map(hits.map(one => [one.at, one])), [hits]);
  const onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    if (scrollTop < NEAR) {
      void pager.grow('backward');
    } else if (scrollHeight - scrollTop - clientHeight < NEAR) {
      void pager.grow('forward');
    }
  };
  return (
    <div class="rn-log-box rn-log-found" ref={box} tabIndex={0} onScroll={onScroll}>
      {problem && <p class="rn-calm">{problem}</p>}
      {lines === null && !problem && <p class="rn-calm">{t('Reading…')}</p>}
      {lines?.map(line => {
        const found = marked.get(line.at);
        return (
          <div key={line.at} data-at={line.at}>
            {found ? (
              <Marked hit={found} current={line.at === hit.at} />
            ) : (
              <LogLine line={line.text} />
            )}
          </div>
        );
      })}
    </div>
  );
}

function Marked({ hit, current }: { hit: ILogHit; current: boolean }): JSX.Element {
  const parts: (string | JSX.Element)[] = [];
  let at = 0;
  for (const [start, end] of hit.spans) {
    parts.push(hit.text.slice(at, start), <mark>{hit.text.slice(start, end)}</mark>);
    at = end;
  }
  parts.push(hit.text.slice(at));
  return (
    <div class="rn-log-line rn-log-hit" aria-current={current ? 'true' : undefined}>
      {parts}
    </div>
  );
}

/** Keep the first line in view where it is while lines come and go before it. */
function useStill(pager: LogPager, box: { current: HTMLDivElement | null }): void {
  const seen = useRef<{ line: HTMLElement; offset: number } | null>(null);
  useEffect(
    () =>
      pager.changing.connect(() => {
        const element = box.current;
        const top = element?.scrollTop ?? 0;
        const line = [...(element?.querySelectorAll<HTMLElement>('[data-at]') ?? [])].find(
          one => one.offsetTop + one.offsetHeight > top
        );
        seen.current = line ? { line, offset: line.offsetTop - top } : null;
      }),
    [pager]
  );
  useLayoutEffect(() => {
    const { line, offset } = seen.current ?? {};
    if (line?.isConnected && box.current && offset !== undefined) {
      box.current.scrollTop = line.offsetTop - offset;
    }
    seen.current = null;
  }, [pager.lines.value]);
}
