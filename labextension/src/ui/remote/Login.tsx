import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from '../components/Icon';
import { t } from '../text';
import { Problem, Question, Step } from './parts';
import type { IHostKey, ISecret, ITarget } from './source';
import { written } from './target';
import { grouped, keyCommand } from './words';

interface IKey {
  readonly target: ITarget;
  readonly hostKey: IHostKey;
  readonly onAccept: () => void;
  readonly onRefuse: () => void;
}

/** A key that nobody has accepted yet: what to compare it with, then yes or no. */
export function KeyQuestion({ target, hostKey, onAccept, onRefuse }: IKey): JSX.Element {
  const { host, port, key_type: type, fingerprint_sha256: fingerprint } = hostKey;
  return (
    <Question
      title={t('Is this really %1?', written(target))}
      yes={t('Accept and connect')}
      no={t('Refuse')}
      onYes={onAccept}
      onNo={onRefuse}
    >
      <p>{t('This host has not been seen before. It shows this key:')}</p>
      <div class="rn-finger">
        <span class="rn-muted">
          {written({ host, ...(port !== 22 && { port }) })} · {type}
        </span>
        <code>
          {grouped(fingerprint).map((part, i) => (
            <span key={i}>{part}</span>
          ))}
        </code>
      </div>
      <p class="rn-muted">
        {t('Compare it with what the owner of the host says, or with what the host itself prints:')}
      </p>
      <code class="rn-command">{keyCommand(type)}</code>
      <p class="rn-muted">
        {t('If they differ, refuse: somebody may stand between you and the host.')}
      </p>
    </Question>
  );
}

/** Another key than the known one: nothing here leads on. */
export function KeyChanged(props: { target: ITarget; message: string }): JSX.Element {
  return (
    <div class="rn-stop" role="alert">
      <h3>
        <Icon name="failed" />
        {t('The key of %1 has changed. Nothing was sent to it.', written(props.target))}
      </h3>
      <p>{props.message}</p>
    </div>
  );
}

interface ISecretPrompt {
  readonly target: ITarget;
  readonly kind: ISecret['kind'];
  readonly problem: string;
  readonly onSecret: (secret: ISecret) => void;
  readonly onCancel: () => void;
}

/** Ask for a password or passphrase. In the page it lives in the field alone, and is gone from there before it is sent. */
export function SecretPrompt(props: ISecretPrompt): JSX.Element {
  const { target, kind, problem, onSecret, onCancel } = props;
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const submit = (): void => {
    const text = field.current!.value;
    field.current!.value = '';
    if (text) {
      onSecret({ kind, text });
    }
  };
  const title =
    kind === 'password'
      ? t('Password of %1', written(target))
      : t('Passphrase of your key for %1', written(target));
  return (
    <Step title={title}>
      <form
        autocomplete="off"
        onSubmit={event => {
          event.preventDefault();
          submit();
        }}
      >
        <input
          ref={field}
          class="rn-field"
          name="secret"
          type="password"
          aria-label={title}
          autocomplete="off"
          onKeyDown={event => event.key === 'Escape' && onCancel()}
        />
        <Problem text={problem} />
        <p class="rn-muted rn-small">
          {t(
            'It is kept in memory only, for as long as the login may have to be repeated, and never written down.'
          )}
        </p>
        <footer>
          <button type="button" class="rn-button" name="cancel" onClick={onCancel}>
            {t('Cancel')}
          </button>
          <button type="submit" class="rn-button rn-primary" name="connect">
            {t('Connect')}
          </button>
        </footer>
      </form>
    </Step>
  );
}
