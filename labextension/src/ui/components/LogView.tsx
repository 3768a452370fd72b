import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { parse } from '../ansi';
import { count } from '../format';
import { useFollow, useStore } from '../hooks';
import { t } from '../text';

/** Lines drawn; older ones stay in the page and come back by "Show more". */
const DRAWN = 300;

/** The tail of a run's log, which follows its end until the reader scrolls up. */
export function LogView({ run }: { run: string }): JSX.Element | null {
  const store = useStore('logs');
  useFollow({ logs: run });
  const [drawn, setDrawn] = useState(DRAWN);
  const [follow, setFollow] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  const lines = store.logs.get(run) ?? [];
  const tail = lines.slice(-drawn);
  useEffect(() => {
    if (follow && box.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  });
  if (lines.length === 0) {
    return null;
  }
  const onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    setFollow(scrollHeight - scrollTop - clientHeight < 24);
  };
  return (
    <section class="rn-logs" aria-label={t('Log')}>
      <header class="rn-section-head">
        <h3>{t('Log')}</h3>
        <span class="rn-muted rn-num">
          {lines.length === 1 ? t('1 line') : t('%1 lines', count(lines.length))}
        </span>
        <button
          class="rn-toggle"
          name="follow"
          aria-pressed={follow}
          onClick={() => setFollow(!follow)}
        >
          {t('Follow')}
        </button>
      </header>
      <div class="rn-log-box" ref={box} onScroll={onScroll} tabIndex={0} role="log">
        {lines.length > drawn && (
          <button class="rn-link" onClick={() => setDrawn(drawn + 1000)}>
            {t('Show more')}
          </button>
        )}
        {tail.map((line, i) => (
          <LogLine key={lines.length - tail.length + i} line={line} />
        ))}
      </div>
    </section>
  );
}

function LogLine({ line }: { line: string }): JSX.Element {
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
