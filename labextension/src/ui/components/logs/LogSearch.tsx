import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Client } from '../../../transport/client';
import {
  type ILogProgress,
  type ILogQuery,
  MOST_HITS,
  searchLog
} from '../../../transport/logsearch';
import { isKernel } from '../../../transport/kernel';
import { rawLogUrl } from '../../../transport/url';
import { count } from '../../format';
import { t } from '../../text';
import { Icon } from '../Icon';
import { LogWindow } from './LogWindow';

/** Milliseconds of silence before what is typed is searched for. */
const PAUSE = 300;

interface IProps {
  readonly client: Client;
  readonly run: string;
  /** What stands here while nothing is searched. */
  readonly tail: JSX.Element;
}

/** A search over the whole log, however long it is; hits are walked from the newest to the oldest. */
export function LogSearch({ client, run, tail }: IProps): JSX.Element {
  const [query, setQuery] = useState<ILogQuery>({ text: '', regex: false, matchCase: false });
  const { progress, problem } = useSearch(client, run, query);
  const [at, setAt] = useState(0);
  useEffect(() => setAt(0), [query]);
  const hits = progress?.hits ?? [];
  const searching = query.text !== '' && hits.length > 0;
  const root = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const log = root.current?.querySelector('[role=log]');
    log?.scrollTo(0, log.scrollHeight); // it was away, and its end is what is followed
  }, [searching]);
  const step = (by: number): void => setAt(Math.max(0, Math.min(hits.length - 1, at + by)));
  return (
    <div ref={root}>
      <div class="rn-log-search">
        <Field query={query} setQuery={setQuery} step={step} />
        {query.text && (
          <>
            <Step name="older" icon="up" title={t('Older hit (Enter)')} step={() => step(1)} />
            <Step name="newer" icon="down" title={t('Newer hit')} step={() => step(-1)} />
            <span class="rn-muted rn-num" role="status">
              {problem || said(progress, at)}
            </span>
          </>
        )}
        <span class="rn-space" />
        {!isKernel(client) && (
          <a class="rn-link" href={rawLogUrl(client.urls, run)} download={`${run}-logs.txt`}>
            {t('Download')}
          </a>
        )}
      </div>
      {searching ? (
        <LogWindow
          client={client}
          run={run}
          hits={hits}
          hit={hits[Math.min(at, hits.length - 1)]}
        />
      ) : (
        tail
      )}
    </div>
  );
}

function Field(props: {
  query: ILogQuery;
  setQuery: (query: ILogQuery) => void;
  step: (by: number) => void;
}): JSX.Element {
  const { query, setQuery, step } = props;
  return (
    <>
      <label class="rn-filter">
        <Icon name="search" />
        <input
          type="search"
          value={query.text}
          placeholder={t('Search the log')}
          aria-label={t('Search the log')}
          onInput={event => setQuery({ ...query, text: event.currentTarget.value })}
          onKeyDown={event => event.key === 'Enter' && step(event.shiftKey ? -1 : 1)}
        />
      </label>
      <Switch
        name="case"
        sign="Aa"
        title={t('Match case')}
        on={query.matchCase}
        onClick={() => setQuery({ ...query, matchCase: !query.matchCase })}
      />
      <Switch
        name="regex"
        sign=".*"
        title={t('Regular expression')}
        on={query.regex}
        onClick={() => setQuery({ ...query, regex: !query.regex })}
      />
    </>
  );
}

/** How far the search has come, in words. */
function said(progress: ILogProgress | null, at: number): string {
  if (!progress) {
    return t('Searching…');
  }
  const { hits, done, busy } = progress;
  const far = busy ? ` · ${t('%1 % searched', Math.floor(done * 100))}` : '';
  if (hits.length === 0) {
    return busy ? t('Searching…') + far : t('No line matches.');
  }
  const more = !busy && hits.length >= MOST_HITS ? '+' : '';
  return t('%1 of %2, newest first', count(at + 1), `${count(hits.length)}${more}`) + far;
}

function Switch(props: {
  name: string;
  sign: string;
  title: string;
  on: boolean;
  onClick: () => void;
}): JSX.Element {
  const { name, sign, title, on, onClick } = props;
  return (
    <button class="rn-toggle" name={name} title={title} aria-pressed={on} onClick={onClick}>
      {sign}
    </button>
  );
}

function Step(props: {
  name: string;
  icon: 'up' | 'down';
  title: string;
  step: () => void;
}): JSX.Element {
  return (
    <button class="rn-icon-button" name={props.name} title={props.title} onClick={props.step}>
      <Icon name={props.icon} />
    </button>
  );
}

function useSearch(client: Client, run: string, query: ILogQuery) {
  const [progress, setProgress] = useState<ILogProgress | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    setProgress(null);
    setProblem('');
    if (!query.text) {
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      searchLog(client, run, query, setProgress, stop.signal).catch((error: Error) => {
        if (!stop.signal.aborted) {
          setProblem(error.message);
        }
      });
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [client, run, query]);
  return useMemo(() => ({ progress, problem }), [progress, problem]);
}
