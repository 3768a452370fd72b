import type { JSX } from 'preact';
import type { IVersion } from '../../../transport/artifacts';
import { ago, bytes, moment } from '../../format';
import { useNow } from '../../hooks';
import { t } from '../../text';

interface IProps {
  readonly versions: readonly IVersion[];
  readonly current: number;
  readonly onPick: (version: number) => void;
}

/** The versions of an artifact, the newest first. */
export function VersionList({ versions, current, onPick }: IProps): JSX.Element {
  const now = useNow(15);
  return (
    <nav class="rn-versions" aria-label={t('Versions')}>
      {[...versions].reverse().map(one => (
        <button
          key={one.version}
          data-version={one.version}
          aria-current={one.version === current ? 'true' : undefined}
          title={moment(one.created_at)}
          onClick={() => onPick(one.version)}
        >
          <span class="rn-version-name">
            <b class={one.deleted ? 'rn-deleted' : ''}>{`v${one.version}`}</b>
            {one.aliases.map(alias => (
              <span class="rn-tag" key={alias}>
                {alias}
              </span>
            ))}
          </span>
          <small class="rn-muted rn-num">
            {one.deleted ? t('deleted') : bytes(one.size_bytes)} · {ago(one.created_at, now)}
          </small>
        </button>
      ))}
    </nav>
  );
}
