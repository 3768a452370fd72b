import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../text';
import { type IWish, firstUsable } from './flow';
import { InstallOffer } from './InstallOffer';
import { Problem, Step } from './parts';
import { RootChooser } from './RootChooser';
import type { IConnection, IFarEnvironment, IFarPlaces, IRemoteSource } from './source';
import { hasViewer, viewerOf } from './words';

interface IProps {
  readonly source: IRemoteSource;
  readonly connection: IConnection;
  readonly places: IFarPlaces;
  /** What to begin with; null for the first of each. */
  readonly wish: IWish | null;
  readonly problem: string;
  readonly onStart: (wish: IWish) => void;
  readonly onInstall: () => void;
  readonly onCancel: () => void;
}

/** Which Python of the host shows which of its runs. */
export function PlaceChooser(props: IProps): JSX.Element {
  const { source, connection, places, wish, problem, onStart, onInstall, onCancel } = props;
  const [environment, setEnvironment] = useState(() => wish?.environment ?? firstUsable(places));
  const [root, setRoot] = useState(wish?.root ?? places.roots[0]?.path ?? '');
  const usable = firstUsable(places) !== null;
  const lacking = lacks(environment, root);
  return (
    <Step title={t('Runs of %1', connection.host)}>
      <form
        onSubmit={event => {
          event.preventDefault();
          if (environment && root) {
            onStart({ environment, root });
          }
        }}
      >
        <RootChooser
          source={source}
          connection={connection.id}
          roots={places.roots}
          chosen={root}
          onChoose={setRoot}
        />
        <fieldset class="rn-choices" name="environments">
          <legend>{t('Python that reads them')}</legend>
          {places.environments.map(one => (
            <EnvironmentChoice
              key={one.name}
              one={one}
              chosen={one.name === environment}
              onChoose={() => setEnvironment(one.name)}
            />
          ))}
          {places.environments.length === 0 && (
            <p class="rn-muted">{t('No Python was found on this host.')}</p>
          )}
        </fieldset>
        {!usable && <InstallOffer host={connection.host} onInstall={onInstall} />}
        <Problem text={problem} />
        <footer>
          <button type="button" class="rn-button" name="cancel" onClick={onCancel}>
            {t('Cancel')}
          </button>
          <button
            type="submit"
            class="rn-button rn-primary"
            name="start"
            disabled={lacking !== ''}
            title={lacking || undefined}
          >
            {t('Show runs')}
          </button>
        </footer>
      </form>
    </Step>
  );
}

function lacks(environment: string | null, root: string): string {
  if (!environment) {
    return t('Choose a Python that has the viewer, or install it.');
  }
  return root ? '' : t('Choose the folder that holds the runs.');
}

function EnvironmentChoice(props: {
  one: IFarEnvironment;
  chosen: boolean;
  onChoose: () => void;
}): JSX.Element {
  const { one, chosen, onChoose } = props;
  const usable = hasViewer(one);
  return (
    <label class="rn-choice" title={one.path} data-environment={one.name}>
      <input
        type="radio"
        name="environment"
        checked={chosen}
        disabled={!usable}
        onChange={onChoose}
      />
      <span class="rn-choice-name">
        {one.name}
        {one.type !== one.name && <span class="rn-tag">{one.type}</span>}
      </span>
      <span class="rn-choice-more">
        {one.python && `Python ${one.python} · `}
        <span class={usable ? 'rn-good' : ''}>{viewerOf(one)}</span>
      </span>
    </label>
  );
}
