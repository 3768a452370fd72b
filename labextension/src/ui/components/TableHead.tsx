import type { JSX } from 'preact';
import { t } from '../text';
import type { IColumn } from './columns';

/** By which column the table is sorted. */
export interface ISort {
  readonly key: string;
  readonly descending: boolean;
}

interface IProps {
  readonly columns: readonly IColumn[];
  readonly sort: ISort | null;
  readonly onSort: (sort: ISort | null) => void;
  readonly all: boolean;
  readonly some: boolean;
  readonly onAll: (on: boolean) => void;
}

/** The sticky head: a click sorts, a second one turns it, a third gives the order of the list back. */
export function TableHead({ columns, sort, onSort, all, some, onAll }: IProps): JSX.Element {
  const head = (key: string, title: string, numeric: boolean, kind: string): JSX.Element => (
    <th
      key={key}
      scope="col"
      class={`rn-col-${kind}${numeric ? ' rn-right' : ''}`}
      aria-sort={sort?.key === key ? (sort.descending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        class="rn-sort"
        data-column={key}
        title={title}
        onClick={() => onSort(next(sort, key))}
      >
        <span>{title}</span>
        <i aria-hidden="true">{sort?.key === key ? (sort.descending ? '↓' : '↑') : ''}</i>
      </button>
    </th>
  );
  return (
    <thead>
      <tr>
        <th class="rn-pick">
          <input
            type="checkbox"
            checked={all}
            indeterminate={some && !all}
            aria-label={t('Compare all runs shown')}
            onChange={event => onAll(event.currentTarget.checked)}
          />
        </th>
        {head('name', t('Run'), false, 'name')}
        {head('state', t('State'), false, 'fact')}
        {columns.map(column => head(column.key, column.title, column.numeric, column.kind))}
      </tr>
    </thead>
  );
}

/** Up, down, and back to no order of one's own. */
export function next(sort: ISort | null, key: string): ISort | null {
  if (sort?.key !== key) {
    return { key, descending: false };
  }
  return sort.descending ? null : { key, descending: true };
}
