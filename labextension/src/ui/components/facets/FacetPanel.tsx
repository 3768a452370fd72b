import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { chooseFacets, facetChoice, useFacets } from '../../facets';
import { useApp, useValue } from '../../hooks';
import { configKeys } from '../../labels';
import type { IRun } from '../../model';
import { flatten } from '../../object';
import { configName, pieces, togglePick } from '../../query/edit';
import type { Picked } from '../../query/edit';
import type { ISearch } from '../../search';
import { t } from '../../text';
import { Icon } from '../Icon';
import { FacetGroup } from './FacetGroup';

/** Config keys counted until the reader chooses. */
const FIRST = 4;
const FACTS = ['state', 'project', 'tags'];

/** The button that shows or hides the panel. */
export function FacetButton(): JSX.Element | null {
  const { open } = useValue(facetChoice);
  return (
    <button
      class="rn-toggle"
      name="facets"
      aria-pressed={open}
      title={open ? t('Hide the counts') : t('Count runs by state, project, tags and config')}
      onClick={() => chooseFacets({ open: !open })}
    >
      <Icon name="facets" />
      {t('Filters')}
    </button>
  );
}

interface IProps {
  readonly search: ISearch;
  readonly runs: readonly IRun[];
}

/** How many runs there are of each kind; a click narrows the query, a second one widens it again. */
export function FacetPanel({ search, runs }: IProps): JSX.Element | null {
  return useValue(facetChoice).open ? <OpenPanel search={search} runs={runs} /> : null;
}

function OpenPanel({ search, runs }: IProps): JSX.Element {
  const { source } = useApp();
  const { keys } = useValue(facetChoice);
  const known = useMemo(() => configKeys(runs.map(run => flatten(run.config))), [runs]);
  const chosen = keys ?? known.varying.slice(0, FIRST);
  const names = new Map(chosen.map(key => [configName(key), key]));
  const facts = FACTS.filter(fact => !(fact === 'project' && source.about?.project));
  const { facets, fault } = useFacets(search.text, [...facts, ...names.keys()]);
  const picks = picksOf(search.text);
  const groups = [...facts, ...names.keys()].map(name => (
    <FacetGroup
      key={name}
      title={names.get(name) ?? titleOf(name)}
      facet={facets.get(name)}
      picks={picks.get(name) ?? []}
      onPick={value => search.setText(togglePick(search.text, name, value, name === 'tags'))}
      onRemove={
        names.has(name)
          ? () => chooseFacets({ keys: chosen.filter(key => key !== names.get(name)) })
          : undefined
      }
    />
  ));
  const others = [...known.varying, ...known.constant].filter(key => !chosen.includes(key));
  return (
    <aside class="rn-facets" aria-label={t('Filters')}>
      {fault && <p class="rn-muted">{fault}</p>}
      {groups}
      {others.length > 0 && (
        <select
          name="add-facet"
          aria-label={t('Count by another setting')}
          value=""
          onChange={event => chooseFacets({ keys: [...chosen, event.currentTarget.value] })}
        >
          <option value="">{t('Count by…')}</option>
          {others.map(key => (
            <option key={key} value={key}>
              {key}
            </option>
          ))}
        </select>
      )}
    </aside>
  );
}

function titleOf(fact: string): string {
  return fact === 'state' ? t('State') : fact === 'tags' ? t('Tags') : t('Project');
}

function picksOf(text: string): ReadonlyMap<string, readonly Picked[]> {
  const picks = new Map<string, Picked[]>();
  try {
    for (const piece of pieces(text)) {
      if (piece.key !== undefined) {
        picks.set(piece.key, [...(picks.get(piece.key) ?? []), ...piece.picks]);
      }
    }
  } catch {
    // Half a query picks nothing yet.
  }
  return picks;
}
