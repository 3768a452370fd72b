import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type IVerified, type IVerifying, verifyVersion } from '../../../transport/artifactactions';
import type { IVersionRef } from '../../../transport/artifacts';
import type { Client } from '../../../transport/client';
import { bytes } from '../../format';
import { t } from '../../text';
import { Icon } from '../Icon';

/** Lines told of what is wrong; of more there is the number. */
const TOLD = 20;

interface IProps {
  readonly client: Client;
  readonly at: IVersionRef;
  readonly onClose: () => void;
}

/** A verification from its start to its result; closing it ends the reading. */
export function VerifyBar({ client, at, onClose }: IProps): JSX.Element {
  const [fetch, setFetch] = useState(false);
  const { far, found, problem } = useVerification(client, at, fetch);
  const working = !found && !problem;
  const state = working ? 'working' : found?.ok ? 'ok' : 'wrong';
  return (
    <div class={`rn-verify rn-verify-${state}`} role="status" aria-live="polite">
      <Icon name={working ? 'running' : found?.ok ? 'finished' : 'failed'} />
      <div>
        {found ? (
          <Result found={found} asked={fetch} onFetch={() => setFetch(true)} />
        ) : (
          problem || <Working far={far} />
        )}
      </div>
      <button
        class="rn-icon-button"
        name="close-verify"
        title={working ? t('Stop') : t('Close')}
        onClick={onClose}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

function Working({ far }: { far: IVerifying | null }): JSX.Element {
  const known = far && far.total_bytes > 0;
  return (
    <>
      {known
        ? t('Reading every byte: %1 of %2', bytes(far.done_bytes), bytes(far.total_bytes))
        : t('Reading every byte…')}
      <progress
        aria-label={t('Read so far')}
        {...(known ? { value: far.done_bytes, max: far.total_bytes } : {})}
      />
    </>
  );
}

function Result(props: { found: IVerified; asked: boolean; onFetch: () => void }): JSX.Element {
  const { found, asked, onFetch } = props;
  const wrong = Object.entries(found.problems);
  const unchecked = Object.entries(found.unchecked);
  const fetchable = !asked && unchecked.some(([uri]) => /^https?:/i.test(uri));
  return (
    <>
      {found.ok
        ? t('All is as it was saved: %1 read.', bytes(found.size_bytes))
        : wrong.length === 1
          ? t('1 entry is not as it was saved:')
          : t('%1 entries are not as they were saved:', wrong.length)}
      <Lines>{wrong}</Lines>
      {unchecked.length > 0 && (
        <details class="rn-unchecked">
          <summary>
            {unchecked.length === 1
              ? t('1 reference was not checked')
              : t('%1 references were not checked', unchecked.length)}
          </summary>
          <Lines>{unchecked}</Lines>
        </details>
      )}
      {fetchable && (
        <button class="rn-link" name="fetch" onClick={onFetch}>
          {t('Fetch and check what lies on the web')}
        </button>
      )}
    </>
  );
}

function Lines({ children }: { children: readonly (readonly [string, string])[] }): JSX.Element {
  const lines: ComponentChildren = children.slice(0, TOLD).map(([name, why]) => (
    <li key={name}>
      <b>{name}</b> {why}
    </li>
  ));
  return (
    <ul>
      {lines}
      {children.length > TOLD && <li>{t('and %1 more', children.length - TOLD)}</li>}
    </ul>
  );
}

function useVerification(client: Client, at: IVersionRef, fetch: boolean) {
  const [far, setFar] = useState<IVerifying | null>(null);
  const [found, setFound] = useState<IVerified | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const stop = new AbortController();
    setFar(null);
    setFound(null);
    setProblem('');
    verifyVersion(client, at, { fetch, signal: stop.signal }, setFar).then(
      setFound,
      (error: Error) => stop.signal.aborted || setProblem(error.message)
    );
    return () => stop.abort();
  }, [client, at.type, at.name, at.version, fetch]);
  return { far, found, problem };
}
