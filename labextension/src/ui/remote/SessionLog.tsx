import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../text';
import { Problem } from './parts';
import type { IRemoteSource } from './source';

const PAUSE = 1500;
/** Lines kept of a log that grows. */
const MOST = 2000;
/** Pixels from the end within which the reader is at the end. */
const NEAR = 24;

interface IProps {
  readonly source: IRemoteSource;
  readonly session: string;
  /** The reason of the state in full, if there is one: a row has one line for it. It is why the log stands still too. */
  readonly reason: string;
}

/** The end of the log of a viewer on another host, followed until the reader scrolls up. */
export function SessionLog({ source, session, reason }: IProps): JSX.Element {
  const { lines, problem } = useLog(source, session);
  const [follow, setFollow] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (follow && box.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  });
  const onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    setFollow(scrollHeight - scrollTop - clientHeight < NEAR);
  };
  return (
    <div class="rn-far-log">
      <div class="rn-far-lines" role="log" tabIndex={0} ref={box} onScroll={onScroll}>
        {lines?.map((line, i) => (
          <div key={i}>{line}</div>
        ))}
        {lines?.length === 0 && !problem && <p class="rn-muted">{t('The log is empty.')}</p>}
        {lines === null && (
          <p class="rn-muted">{problem ? t('It cannot be read now.') : t('Reading…')}</p>
        )}
      </div>
      <footer>
        <div class="rn-space">
          {reason ? <span class="rn-muted">{reason}</span> : <Problem text={problem} />}
        </div>
        <button
          class="rn-toggle"
          name="follow"
          aria-pressed={follow}
          onClick={() => setFollow(!follow)}
        >
          {t('Follow')}
        </button>
      </footer>
    </div>
  );
}

function useLog(source: IRemoteSource, session: string) {
  const [lines, setLines] = useState<readonly string[] | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let here = true;
    let end: number | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async (): Promise<void> => {
      try {
        const found = await source.logs(session, end);
        if (here) {
          const fresh = end === null;
          end = found.end;
          setLines(known => [...(fresh ? [] : (known ?? [])), ...found.lines].slice(-MOST));
          setProblem('');
        }
      } catch (error) {
        if (here) {
          setProblem((error as Error).message);
        }
      }
      if (here) {
        timer = setTimeout(() => void read(), PAUSE);
      }
    };
    void read();
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [source, session]);
  return { lines, problem };
}
