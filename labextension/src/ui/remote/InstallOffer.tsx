import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../components/Icon';
import { t } from '../text';
import { FarIcon, Question, Step } from './parts';
import type { IConnection, IInstallation } from './source';

/** No Python of the host has our viewer: say so, and what an installation would do, before anything is done. */
export function InstallOffer(props: { host: string; onInstall: () => void }): JSX.Element {
  const { host, onInstall } = props;
  const [asking, setAsking] = useState(false);
  return (
    <div class="rn-note rn-note-warning">
      <Icon name="lost" />
      <div>
        <p>{t('Runs are read by runicorn-jupyter on the host, and no Python there has it.')}</p>
        <button type="button" class="rn-link" name="install" onClick={() => setAsking(true)}>
          {t('Install it there…')}
        </button>
      </div>
      {asking && (
        <Question
          title={t('Install runicorn-jupyter on %1?', host)}
          yes={t('Install')}
          no={t('Cancel')}
          onYes={() => {
            setAsking(false);
            onInstall();
          }}
          onNo={() => setAsking(false)}
        >
          <p>
            {t(
              'It goes into a Python environment of its own in your home folder there, from the package index of the host, or sent from here where the host reaches none. No other environment is touched, and removing that folder removes all of it.'
            )}
          </p>
        </Question>
      )}
    </div>
  );
}

interface IProps {
  readonly connection: IConnection;
  readonly progress: IInstallation | null;
  readonly onCancel: () => void;
}

/** How far it is. Leaving the view does not end it: the host finishes what was begun. */
export function Installing({ connection, progress, onCancel }: IProps): JSX.Element {
  const { step = '', done = 0, total = 0 } = progress ?? {};
  const share = total > 1 ? Math.floor((100 * Math.min(done, total)) / total) : null;
  return (
    <Step title={t('Installing on %1', connection.host)}>
      <p class="rn-far-wait" role="status">
        <FarIcon name="connecting" />
        {step || t('Beginning…')}
        {share !== null && <span class="rn-muted rn-num">{t('%1 %', share)}</span>}
      </p>
      <div
        class={share === null ? 'rn-bar rn-bar-open' : 'rn-bar'}
        role="progressbar"
        aria-label={t('Installation')}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share ?? undefined}
      >
        {share !== null && <i style={{ width: `${share}%` }} />}
      </div>
      <footer>
        <button class="rn-button" name="cancel" onClick={onCancel}>
          {t('Close')}
        </button>
      </footer>
    </Step>
  );
}
