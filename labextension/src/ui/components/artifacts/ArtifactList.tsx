import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { type IArtifact, readArtifacts } from '../../../transport/artifacts';
import type { Client } from '../../../transport/client';
import { useAnswer } from '../../artifacts/answer';
import { useNav } from '../../artifacts/nav';
import { ago, bytes, count, moment } from '../../format';
import { useNow } from '../../hooks';
import { t } from '../../text';
import { Icon } from '../Icon';
import { ErrorNote, Loading } from '../Notes';

/** Rows drawn before "Show more". */
const DRAWN = 200;

/** Every artifact of the root, the latest changed first. */
export function ArtifactList({ client }: { client: Client }): JSX.Element {
  const { value, problem, retry } = useAnswer(client, () => readArtifacts(client), [], true);
  const [words, setWords] = useState('');
  const kept = useMemo(() => matching(value ?? [], words), [value, words]);
  if (!value) {
    return problem ? <ErrorNote message={problem} onRetry={retry} /> : <Loading rows={6} />;
  }
  if (value.length === 0) {
    return <NoArtifacts />;
  }
  return (
    <section class="rn-artifacts" aria-label={t('Artifacts')}>
      <div class="rn-tools">
        <label class="rn-filter">
          <Icon name="search" />
          <input
            type="search"
            name="artifacts-filter"
            value={words}
            placeholder={t('Filter by name, type or alias')}
            aria-label={t('Filter artifacts')}
            onInput={event => setWords(event.currentTarget.value)}
          />
        </label>
        <span class="rn-muted rn-num">
          {kept.length === value.length
            ? t('%1 artifacts', count(value.length))
            : t('%1 of %2 artifacts', count(kept.length), count(value.length))}
        </span>
      </div>
      <Rows artifacts={kept} />
    </section>
  );
}

function Rows({ artifacts }: { artifacts: readonly IArtifact[] }): JSX.Element {
  const now = useNow(15);
  const nav = useNav();
  const [drawn, setDrawn] = useState(DRAWN);
  return (
    <div class="rn-table-box">
      <table class="rn-table">
        <thead>
          <tr>
            <th scope="col">{t('Artifact')}</th>
            <th scope="col">{t('Type')}</th>
            <th scope="col" class="rn-right">
              {t('Versions')}
            </th>
            <th scope="col" class="rn-right">
              {t('Size')}
            </th>
            <th scope="col">{t('Aliases')}</th>
            <th scope="col" class="rn-right">
              {t('Updated')}
            </th>
          </tr>
        </thead>
        <tbody>
          {artifacts.slice(0, drawn).map(one => (
            <tr key={`${one.type}/${one.name}`} data-artifact={one.name}>
              <td class="rn-name">
                <button class="rn-open" title={one.name} onClick={() => nav?.openArtifact(one)}>
                  {one.name}
                </button>
              </td>
              <td>{one.type}</td>
              <td class="rn-right rn-num">{one.num_versions}</td>
              <td class="rn-right rn-num">{bytes(one.size_bytes)}</td>
              <td>
                <Aliases aliases={Object.entries(one.aliases)} />
              </td>
              <td class="rn-right rn-num" title={moment(one.updated_at)}>
                {ago(one.updated_at, now)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {artifacts.length === 0 && <p class="rn-calm">{t('No artifact matches.')}</p>}
      {artifacts.length > drawn && (
        <button class="rn-link rn-more" onClick={() => setDrawn(drawn + DRAWN)}>
          {t('Show %1 more', artifacts.length - drawn)}
        </button>
      )}
    </div>
  );
}

function Aliases({ aliases }: { aliases: readonly (readonly [string, number])[] }): JSX.Element {
  return (
    <span class="rn-tags">
      {aliases.map(([alias, version]) => (
        <span class="rn-tag" key={alias}>
          {alias} <span class="rn-num">{`v${version}`}</span>
        </span>
      ))}
    </span>
  );
}

const FIRST = `artifact = rn.Artifact("digits", type="dataset")
artifact.add_file("digits.csv")
run.log_artifact(artifact)`;

function NoArtifacts(): JSX.Element {
  return (
    <div class="rn-empty">
      <h2>{t('No artifacts yet')}</h2>
      <p>{t('A run keeps data sets and models as versions that can be found again:')}</p>
      <pre class="rn-code">{FIRST}</pre>
    </div>
  );
}

function matching(artifacts: readonly IArtifact[], words: string): readonly IArtifact[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return artifacts.filter(({ name, type, aliases }) => {
    const text = [name, type, ...Object.keys(aliases)].join(' ').toLowerCase();
    return wanted.every(word => text.includes(word));
  });
}
