import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type Client, HttpError } from '../../transport/client';
import { t } from '../text';
import { ErrorNote, Loading } from './Notes';

/** What turns the server part on where it is missing. */
const REMEDY = `pip install runicorn-jupyter
jupyter server extension enable runicorn_jupyter`;

/** Ask once whether our server part answers, and say calmly what to do when it does not. */
export function ServerGate({
  client,
  children
}: {
  client: Client;
  children: ComponentChildren;
}): JSX.Element {
  const [state, setState] = useState<'asking' | 'here' | 'missing' | string>('asking');
  const ask = (): void => {
    client
      .health()
      .then(() => setState('here'))
      .catch((error: unknown) => {
        const missing = error instanceof HttpError && error.status === 404;
        setState(missing ? 'missing' : `error: ${(error as Error).message}`);
      });
  };
  useEffect(ask, [client]);
  if (state === 'here') {
    return <>{children}</>;
  }
  if (state === 'asking') {
    return <Loading rows={6} />;
  }
  if (state === 'missing') {
    return (
      <div class="rn-empty">
        <h2>{t('The server part is not running')}</h2>
        <p>
          {t(
            'Runs are read by an extension of the Jupyter server. These two commands bring it, then restart Jupyter:'
          )}
        </p>
        <pre class="rn-code">{REMEDY}</pre>
        <button class="rn-button" onClick={ask}>
          {t('Try again')}
        </button>
      </div>
    );
  }
  return <ErrorNote message={state.replace(/^error: /, '')} onRetry={ask} />;
}
