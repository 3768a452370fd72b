import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { parse } from '../ansi';
import { count } from '../format';
import { useApp, useFollow, useStore } from '../hooks';
import { t } from '../text';

/** Lines drawn at first; older ones stay in the page and come back by "Show more". */
const DRAWN = 300;
const MORE = 1000;
/** With fewer lines the box is not full, and there is no end to follow. */
const FULL = 12;

/** The tail of a run's log, which follows its end until the reader scrolls up. */
export function LogView({ run }: { run: string }): JSX.Element | null {
  const { parts } = useApp();
  const store = useStore('logs');
  useFollow({ logs: run });
  const lines = store.logs.get(run) ?? [];
  const end = store.logEnds.get(run) ?? 0;
  const { box, first, follow, setFollow, showMore } = useTail(end - lines.length, end);
  if (lines.length === 0) {
    return null;
  }
  const tail = (
    <div
      class="rn-log-box"
      ref={box}
      onScroll={() => setFollow(toEnd(box.current!) < 24)}
      tabIndex={0}
      role="log"
    >
      {first > end - lines.length && (
        <button class="rn-link" onClick={showMore}>
          {t('Show more')}
        </button>
      )}
      {lines.slice(first - end).map((line, i) => (
        <LogLine key={first + i} line={line} />
      ))}
    </div>
  );
  return (
    <section class="rn-logs" aria-label={t('Log')}>
      <header class="rn-section-head">
        <h3>{t('Log')}</h3>
        <span class="rn-muted rn-num">
          {lines.length === 1 ? t('1 line') : t('%1 lines', count(lines.length))}
        </span>
        {(lines.length > FULL || !follow) && (
          <button
            class="rn-toggle"
            name="follow"
            aria-pressed={follow}
            onClick={() => setFollow(!follow)}
          >
            {t('Follow')}
          </button>
        )}
      </header>
      {parts?.logSearch ? parts.logSearch(run, tail) : tail}
    </section>
  );
}

/** Pixels between what is seen and the end. */
function toEnd({ scrollTop, scrollHeight, clientHeight }: HTMLElement): number {
  return scrollHeight - scrollTop - clientHeight;
}

/**
 * Which lines are drawn, counted from the log's beginning. While the end is followed these are the last ones; for a
 * reader who scrolled up the first one stays where it is, so that nothing moves under the eyes.
 */
function useTail(start: number, end: number) {
  const box = useRef<HTMLDivElement>(null);
  const [held, setHeld] = useState<number | null>(null);
  const kept = useRef<number | null>(null);
  const first = Math.max(start, held ?? end - DRAWN);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) {
      return;
    }
    if (held === null) {
      element.scrollTop = element.scrollHeight;
    } else if (kept.current !== null) {
      element.scrollTop += toEnd(element) - kept.current;
    }
    kept.current = null;
  });
  return {
    box,
    first,
    follow: held === null,
    setFollow: (on: boolean) => setHeld(on ? null : (held ?? first)),
    showMore: () => {
      kept.current = toEnd(box.current!);
      setHeld(first - MORE);
    }
  };
}

/** One line, in the colours its escape sequences give it. */
export function LogLine({ line }: { line: string }): JSX.Element {
  const spans = useMemo(() => parse(line), [line]);
  return (
    <div class="rn-log-line">
      {spans.map((span, i) =>
        span.className ? (
          <span key={i} class={span.className}>
            {span.text}
          </span>
        ) : (
          span.text
        )
      )}
    </div>
  );
}
