import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { IFacet } from '../../../transport/facets';
import { count, number } from '../../format';
import type { Picked } from '../../query/edit';
import { t } from '../../text';
import { Icon } from '../Icon';

/** Values shown before "Show all". */
const FIRST = 6;

interface IProps {
  readonly title: string;
  /** Undefined until it was counted. */
  readonly facet?: IFacet;
  readonly picks: readonly Picked[];
  readonly onPick: (value: Picked) => void;
  readonly onRemove?: () => void;
}

/** The values of one key, each with its number of runs. */
export function FacetGroup({ title, facet, picks, onPick, onRemove }: IProps): JSX.Element {
  const [all, setAll] = useState(false);
  const values = facet ? rowsOf(facet, picks) : [];
  const shown = all ? values : values.slice(0, FIRST);
  return (
    <section class="rn-facet" aria-label={title}>
      <header>
        <h3 title={title}>{title}</h3>
        {onRemove && (
          <button
            class="rn-icon-button rn-quiet"
            title={t('Do not count by %1', title)}
            onClick={onRemove}
          >
            <Icon name="close" />
          </button>
        )}
      </header>
      {shown.map(([value, runs]) => (
        <label key={String(value)} title={value === null ? t('none') : String(value)}>
          <input type="checkbox" checked={picks.includes(value)} onChange={() => onPick(value)} />
          <span class={value === null ? 'rn-muted' : ''}>
            {value === null ? t('none') : typeof value === 'number' ? number(value) : value}
          </span>
          <small class="rn-muted rn-num">{count(runs)}</small>
        </label>
      ))}
      {values.length > FIRST && (
        <button class="rn-link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t('Show fewer') : t('Show all %1', values.length)}
        </button>
      )}
      {facet && facet.rest > 0 && <p class="rn-muted rn-num">{restOf(facet)}</p>}
      {facet && values.length === 0 && facet.rest === 0 && <p class="rn-muted">{t('none')}</p>}
    </section>
  );
}

/** The values with their counts, those picked among them even when no run has one any more. */
function rowsOf(facet: IFacet, picks: readonly Picked[]): [Picked, number][] {
  const rows: [Picked, number][] = facet.values.map(({ value, count: runs }) => [value, runs]);
  if (facet.missing > 0 && rows.length > 0) {
    rows.push([null, facet.missing]);
  }
  const here = new Set(rows.map(([value]) => value));
  const gone = picks.filter(pick => !here.has(pick));
  return [...gone.map((pick): [Picked, number] => [pick, 0]), ...rows];
}

function restOf({ min, max, rest, more }: IFacet): string {
  return min !== null && max !== null
    ? t('%1 to %2 in %3 runs', number(min), number(max), count(rest))
    : t('%1 more values in %2 runs', count(more), count(rest));
}
