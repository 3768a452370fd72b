import type { JSX } from 'preact';
import { useValue } from '../hooks';
import { t } from '../text';
import type { Flow, IWish } from './flow';
import { HostPicker } from './HostPicker';
import { Installing } from './InstallOffer';
import { KeyChanged, KeyQuestion, SecretPrompt } from './Login';
import type { RemoteModel } from './model';
import { FarIcon, Step, Wait } from './parts';
import { PlaceChooser } from './PlaceChooser';
import type { IRemoteSession } from './source';
import { written } from './target';

interface IProps {
  readonly model: RemoteModel;
  readonly empty: boolean;
  /** Show the runs of what was started just now; without it the row of the session is all there is. */
  readonly onStarted?: (session: IRemoteSession) => void;
}

/** The step at hand of the way to one more session. */
export function Way({ model, empty, onStarted }: IProps): JSX.Element {
  const flow = useValue(model.flow);
  const hosts = useValue(model.hosts);
  if (flow.at === 'closed') {
    return empty ? <Welcome model={model} /> : <AddHost model={model} />;
  }
  if (flow.at === 'pick') {
    return (
      <HostPicker
        hosts={hosts}
        typed={flow.typed}
        problem={flow.problem}
        onConnect={target => void model.connect(target)}
        onCancel={() => model.cancel()}
      />
    );
  }
  return 'target' in flow ? (
    <LoginStep model={model} flow={flow} />
  ) : (
    <HostStep
      model={model}
      flow={flow}
      onStart={wish =>
        void model.start(wish).then(session => {
          if (session) {
            onStarted?.(session);
          }
        })
      }
    />
  );
}

type LoginFlow = Extract<Flow, { target: unknown }>;

/** Until the host has let us in; the way back leads to what was typed. */
function LoginStep({ model, flow }: { model: RemoteModel; flow: LoginFlow }): JSX.Element {
  const back = (): void => model.pick(written(flow.target));
  const title = t('Connecting to %1', written(flow.target));
  switch (flow.at) {
    case 'connecting':
      return (
        <Step title={title}>
          <Wait text={t('Waiting for the host…')} since={flow.since} onCancel={back} />
        </Step>
      );
    case 'key':
      return (
        <Step title={title}>
          <p class="rn-muted">{t('The key of the host is to be confirmed.')}</p>
          <KeyQuestion
            target={flow.target}
            hostKey={flow.key}
            onAccept={() => void model.acceptKey()}
            onRefuse={back}
          />
        </Step>
      );
    case 'changed':
      return (
        <>
          <KeyChanged target={flow.target} message={flow.message} />
          <AddHost model={model} />
        </>
      );
    case 'secret':
      return (
        <SecretPrompt
          target={flow.target}
          kind={flow.kind}
          problem={flow.problem}
          onSecret={secret => void model.connect(flow.target, secret, flow.wish)}
          onCancel={back}
        />
      );
  }
}

type HostFlow = Extract<Flow, { connection: unknown }>;

/** On the host: what to show of it. */
function HostStep(props: {
  model: RemoteModel;
  flow: HostFlow;
  onStart: (wish: IWish) => void;
}): JSX.Element {
  const { model, flow, onStart } = props;
  const { connection } = flow;
  const cancel = (): void => model.cancel();
  const title = t('Runs of %1', connection.host);
  switch (flow.at) {
    case 'looking':
      return (
        <Step title={title}>
          <Wait
            text={t('Looking for Python environments and runs…')}
            since={flow.since}
            onCancel={cancel}
          />
        </Step>
      );
    case 'place':
      return (
        <PlaceChooser
          key={connection.id}
          source={model.source}
          connection={connection}
          places={flow.places}
          wish={flow.wish}
          problem={flow.problem}
          onStart={onStart}
          onInstall={() => void model.install()}
          onCancel={cancel}
        />
      );
    case 'installing':
      return <Installing connection={connection} progress={flow.progress} onCancel={cancel} />;
    case 'starting':
      return (
        <Step title={title}>
          <Wait text={t('Starting the viewer there…')} since={flow.since} onCancel={cancel} />
        </Step>
      );
  }
}

function AddHost({ model }: { model: RemoteModel }): JSX.Element {
  return (
    <div class="rn-far-add">
      <button class="rn-toggle" name="add-host" onClick={() => model.pick()}>
        <FarIcon name="plus" />
        {t('Add a host')}
      </button>
    </div>
  );
}

function Welcome({ model }: { model: RemoteModel }): JSX.Element {
  return (
    <div class="rn-empty rn-far-empty">
      <FarIcon name="host" />
      <p>
        {t(
          'See the runs of a GPU server here, live over SSH: nothing is copied, and nothing is opened on the host.'
        )}
      </p>
      <button class="rn-button rn-primary" name="add-host" onClick={() => model.pick()}>
        {t('Add a host')}
      </button>
    </div>
  );
}
