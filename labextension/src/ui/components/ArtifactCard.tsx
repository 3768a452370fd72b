import type { JSX } from 'preact';
import { bytes } from '../format';
import type { IShownArtifact } from '../model';
import { flatten } from '../object';
import { t } from '../text';
import { Facts } from './Facts';

/** One version of an artifact as a document holds it, where nobody can be asked for more. */
export function ArtifactCard({ shown }: { shown: IShownArtifact }): JSX.Element {
  const files = shown.files.map(({ path, size }): [string, string] => [path, bytes(size)]);
  return (
    <article class="rn-card">
      <h2>
        <span class="rn-muted">{shown.type} / </span>
        {`${shown.name}:v${shown.version}`}{' '}
        <small class="rn-muted">{bytes(shown.size_bytes)}</small>
      </h2>
      <div class="rn-card-facts">
        <Facts title={t('Metadata')} facts={flatten(shown.metadata)} />
        <Facts title={t('Files')} facts={new Map(files)} />
      </div>
    </article>
  );
}
