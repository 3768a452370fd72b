import type { ComponentChildren, JSX } from 'preact';
import { useContext } from 'preact/hooks';
import { Context } from '../hooks';
import { t } from '../text';
import { Icon } from './Icon';

/** One calm sentence about something that is not as it should be. */
export function Note({
  children,
  kind = 'info'
}: {
  children: ComponentChildren;
  kind?: 'info' | 'warning';
}): JSX.Element {
  return (
    <div class={`rn-note rn-note-${kind}`} role="status">
      <Icon name="lost" />
      <div>{children}</div>
    </div>
  );
}

/** What to show when nothing can be: the sentence, and a way to try again. */
export function ErrorNote({
  message,
  onRetry
}: {
  message: string;
  onRetry?: () => void;
}): JSX.Element {
  return (
    <div class="rn-empty" role="alert">
      <Icon name="lost" class="rn-empty-icon" />
      <p>{message}</p>
      {onRetry && (
        <button class="rn-button" onClick={onRetry}>
          {t('Try again')}
        </button>
      )}
    </div>
  );
}

const FIRST_RUN = `import runicorn as rn
run = rn.init(project="demo", name="first", config={"lr": 0.1})
run.log({"loss": 0.5}); run.finish()`;

/** The root has no runs yet: how to make one, there where it is. */
export function EmptyState(): JSX.Element {
  const far = useContext(Context)?.far;
  return (
    <div class="rn-empty">
      <h2>{t('No runs yet')}</h2>
      <p>
        {far
          ? t(
              'Three lines of Python on %1 make the first one, and it appears here by itself:',
              far.host
            )
          : t('Three lines of Python make the first one, and it appears here by itself:')}
      </p>
      <pre class="rn-code">
        {far
          ? FIRST_RUN.replace('"first",', () => `"first", storage=${JSON.stringify(far.root)},`)
          : FIRST_RUN}
      </pre>
    </div>
  );
}

/** Grey bars in the place of what is coming. */
export function Loading({ rows = 5 }: { rows?: number }): JSX.Element {
  return (
    <div class="rn-loading" role="status" aria-label={t('Loading')}>
      {Array.from({ length: rows }, (_, i) => (
        <div class="rn-bone" key={i} style={{ width: `${92 - ((i * 17) % 40)}%` }} />
      ))}
    </div>
  );
}
