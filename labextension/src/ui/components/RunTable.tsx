import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useApp, useNow, useStore } from '../hooks';
import { labelsOf } from '../labels';
import type { IRun } from '../model';
import { count } from '../format';
import { type ISearch, useSearch } from '../search';
import { t } from '../text';
import { ChartGrid, type IColored } from './ChartGrid';
import { type Figure, columnsOf, compareCells, firstColumns } from './columns';
import { NoRuns } from './NoRuns';
import { TableBody } from './TableBody';
import { type ISort, TableHead } from './TableHead';
import { TableTools } from './TableTools';

/** Runs compared at first. */
const FIRST_COMPARED = 10;

/** A table of runs, and below it the curves of those that are ticked. */
export function RunTable({ onOpen }: { onOpen: (run: IRun) => void }): JSX.Element {
  const { parts } = useApp();
  const store = useStore('runs');
  const held = useMemo(() => [...store.runs.values()], [store.runs]);
  const search = useSearch(held);
  const runs = useMemo(() => [...new Set([...held, ...search.kept])], [held, search.kept]);
  const table = useTable(runs, search);
  const open = (run: IRun): void => {
    if (!store.runs.has(run.id)) {
      store.updateRuns([run], [], store.total);
    }
    onOpen(run);
  };
  const [picked, setPicked] = useState<ReadonlySet<string> | null>(null);
  const first = useFirst(held);
  const found = useMemo(() => new Set(search.kept.map(run => run.id)), [search.kept]);
  const chosen = useMemo(
    () => picked ?? (search.text ? new Set([...found].slice(0, FIRST_COMPARED)) : first),
    [picked, search.text, found, first]
  );
  const colored = useColors(runs, chosen);
  // A run that the search leaves out keeps its tick and its colour, and comes back with them.
  const compared = useMemo(() => colored.filter(({ run }) => found.has(run.id)), [colored, found]);
  if (held.length === 0) {
    return <NoRuns />;
  }
  const { rows, tools } = table;
  // What nobody ticked by hand is compared, not meant.
  const meant = picked ? rows.filter(run => picked.has(run.id)) : [];
  return (
    <section class="rn-runs">
      <TableTools
        {...tools}
        shown={rows.length}
        total={Math.max(store.total, runs.length)}
        complete={store.complete}
        facets={parts?.facets?.button()}
        actions={parts?.tableActions?.(meant)}
      />
      <div class="rn-beside">
        {parts?.facets?.panel(search, runs)}
        <div class="rn-table-box">
          <Rows {...table} chosen={chosen} setPicked={setPicked} compared={colored} open={open} />
        </div>
      </div>
      {compared.length > 0 ? (
        <ChartGrid runs={compared} legend />
      ) : (
        <p class="rn-calm">{t('Tick runs in the table to compare their curves here.')}</p>
      )}
    </section>
  );
}

interface IRows extends Pick<ITable, 'rows' | 'columns' | 'sort' | 'setSort'> {
  readonly chosen: ReadonlySet<string>;
  readonly setPicked: (picked: ReadonlySet<string>) => void;
  readonly compared: readonly IColored[];
  readonly open: (run: IRun) => void;
}

function Rows(props: IRows): JSX.Element {
  const { rows, columns, sort, setSort, chosen, setPicked, compared, open } = props;
  const head = (
    <TableHead
      columns={columns}
      sort={sort}
      onSort={setSort}
      all={rows.length > 0 && rows.every(run => chosen.has(run.id))}
      some={chosen.size > 0}
      onAll={on => setPicked(new Set(on ? rows.map(run => run.id) : []))}
    />
  );
  return (
    <TableBody
      head={head}
      rows={rows}
      columns={columns}
      colors={new Map(compared.map(({ run, color }) => [run.id, color]))}
      onPick={(id, on) => setPicked(with_(chosen, id, on))}
      onOpen={open}
    />
  );
}

type ITable = ReturnType<typeof useTable>;

/** Filter, sort and columns of the table. */
function useTable(runs: readonly IRun[], search: ISearch) {
  const now = useNow(5);
  const [figure, setFigure] = useState<Figure>('last');
  const [sort, setSort] = useState<ISort | null>(null);
  const [on, setOn] = useState<ReadonlySet<string> | null>(null);
  const all = useMemo(() => columnsOf(runs, figure), [runs, figure]);
  const first = useMemo(() => firstColumns(runs, all), [runs, all]);
  const shown = on ?? first;
  const columns = all.filter(column => column.kind === 'fact' || shown.has(column.key));
  const by = all.find(column => column.key === sort?.key);
  const rows = useMemo(() => {
    const kept = [...search.kept];
    if (by && sort) {
      kept.sort((a, b) => compareCells(by.cell(a, now), by.cell(b, now), sort.descending));
    } else if (sort) {
      const word = (run: IRun): string =>
        (sort.key === 'state' ? run.state : `${run.name} ${run.project}`).toLowerCase();
      kept.sort((a, b) => word(a).localeCompare(word(b)) * (sort.descending ? -1 : 1));
    }
    return kept;
  }, [search.kept, sort, by, now]);
  const tools = {
    search,
    runs,
    figure,
    setFigure,
    columns: all,
    shown: shown,
    setColumns: setOn
  };
  return { rows, columns, sort, setSort, tools: { ...tools, on: shown } };
}

/** The runs ticked until the reader chooses: the first ones there were. */
function useFirst(runs: readonly IRun[]): ReadonlySet<string> {
  const [first, setFirst] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    if (first.size < FIRST_COMPARED && runs.length > first.size) {
      setFirst(new Set(runs.slice(0, FIRST_COMPARED).map(run => run.id)));
    }
  }, [runs]);
  return first.size ? first : new Set(runs.slice(0, FIRST_COMPARED).map(run => run.id));
}

/** Give each ticked run a colour that it keeps for as long as the table stands. */
function useColors(runs: readonly IRun[], chosen: ReadonlySet<string>): IColored[] {
  const colors = useMemo(() => new Map<string, number>(), []);
  return useMemo(() => {
    for (const id of colors.keys()) {
      if (!chosen.has(id)) {
        colors.delete(id);
      }
    }
    const picked = runs.filter(run => chosen.has(run.id));
    const labels = labelsOf(picked);
    return picked.map(run => ({
      run,
      color: colorFor(colors, run.id),
      label: labels.get(run.id) ?? run.id
    }));
  }, [runs, chosen]);
}

function colorFor(colors: Map<string, number>, id: string): number {
  const known = colors.get(id);
  if (known !== undefined) {
    return known;
  }
  const used = new Set(colors.values());
  let free = 0;
  while (used.has(free)) {
    free++;
  }
  colors.set(id, free);
  return free;
}

function with_(set: ReadonlySet<string>, member: string, on: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (on) {
    next.add(member);
  } else {
    next.delete(member);
  }
  return next;
}

/** "30 runs", "12 of 30 runs". */
export function shownOf(shown: number, total: number): string {
  if (shown === total) {
    return total === 1 ? t('1 run') : t('%1 runs', count(total));
  }
  return total === 1 ? t('0 of 1 run') : t('%1 of %2 runs', count(shown), count(total));
}
