import type { JSX } from 'preact';
import type { IRun } from '../model';
import type { ISearch } from '../search';
import { t } from '../text';
import type { Figure, IColumn } from './columns';
import { Icon } from './Icon';
import { QueryBox } from './QueryBox';
import { shownOf } from './RunTable';

interface IProps {
  readonly search: ISearch;
  readonly runs: readonly IRun[];
  readonly figure: Figure;
  readonly setFigure: (figure: Figure) => void;
  readonly columns: readonly IColumn[];
  readonly on: ReadonlySet<string>;
  readonly setColumns: (on: ReadonlySet<string>) => void;
  readonly shown: number;
  readonly total: number;
  readonly complete: boolean;
  /** The button that shows the counts beside the table. */
  readonly facets?: JSX.Element | null;
  /** What the host can do with the runs that are ticked. */
  readonly actions?: JSX.Element | null;
}

/** The line above the table: filter, how many, which figure, which columns. */
export function TableTools(props: IProps): JSX.Element {
  const { search, runs, figure, setFigure, columns, on, setColumns, shown, total, complete } =
    props;
  const figures: [Figure, string][] = [
    ['last', t('Last')],
    ['min', t('Min')],
    ['max', t('Max')]
  ];
  return (
    <div class="rn-tools">
      {props.facets}
      <QueryBox
        {...search}
        runs={runs}
        label={t('Filter runs')}
        hint={t('Words, or a query: lr < 0.01 and acc.max > 0.9')}
      />
      <span class="rn-muted rn-num rn-count">
        {shownOf(shown, total)}
        {!complete && ` · ${t('still reading')}`}
      </span>
      <span class="rn-space" />
      <div class="rn-segments" role="group" aria-label={t('Value of each metric')}>
        {figures.map(([key, title]) => (
          <button key={key} aria-pressed={figure === key} onClick={() => setFigure(key)}>
            {title}
          </button>
        ))}
      </div>
      {props.actions}
      <ColumnMenu columns={columns} on={on} setColumns={setColumns} />
    </div>
  );
}

function ColumnMenu({
  columns,
  on,
  setColumns
}: Pick<IProps, 'columns' | 'on' | 'setColumns'>): JSX.Element {
  const optional = columns.filter(column => column.kind !== 'fact');
  const change = (key: string, checked: boolean): void => {
    const next = new Set(on);
    checked ? next.add(key) : next.delete(key);
    setColumns(next);
  };
  return (
    <details class="rn-menu">
      <summary class="rn-toggle">
        <Icon name="columns" />
        {t('Columns')}
      </summary>
      <div class="rn-menu-body">
        {optional.map(({ key, title, kind }) => (
          <label key={key}>
            <input
              type="checkbox"
              checked={on.has(key)}
              onChange={event => change(key, event.currentTarget.checked)}
            />
            <span>{title}</span>
            <small class="rn-muted">{kind === 'config' ? t('config') : t('metric')}</small>
          </label>
        ))}
        {optional.length === 0 && <p class="rn-muted">{t('No config and no metrics yet.')}</p>}
      </div>
    </details>
  );
}
