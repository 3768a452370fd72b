import type { JSX } from 'preact';
import { type IRunArtifact, readRunArtifacts } from '../../../transport/artifacts';
import type { Client } from '../../../transport/client';
import { useAnswer } from '../../artifacts/answer';
import { useNav } from '../../artifacts/nav';
import { bytes } from '../../format';
import { t } from '../../text';

/** What a run made and took; nothing where it did neither. */
export function RunArtifacts({ client, run }: { client: Client; run: string }): JSX.Element | null {
  const { value } = useAnswer(client, () => readRunArtifacts(client, run), [run], true);
  if (!value || value.created.length + value.used.length === 0) {
    return null;
  }
  return (
    <section class="rn-run-artifacts" aria-label={t('Artifacts')}>
      <h3>{t('Artifacts')}</h3>
      <Links title={t('Made')} artifacts={value.created} />
      <Links title={t('Used')} artifacts={value.used} />
    </section>
  );
}

function Links(props: { title: string; artifacts: readonly IRunArtifact[] }): JSX.Element | null {
  const nav = useNav();
  return props.artifacts.length ? (
    <dl>
      <dt class="rn-muted">{props.title}</dt>
      {props.artifacts.map(one => (
        <dd key={`${one.type}/${one.name}/${one.version}`}>
          <button
            class="rn-link"
            disabled={!nav}
            onClick={() => nav?.openArtifact(one)}
          >{`${one.name}:v${one.version}`}</button>
          <span class="rn-muted">
            {one.type} · {bytes(one.size_bytes)}
          </span>
        </dd>
      ))}
    </dl>
  ) : null;
}
