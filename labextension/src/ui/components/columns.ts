import { ago, duration, moment, number, value as asText } from '../format';
import { configKeys } from '../labels';
import { isLive, type IMetricSummary, type IRun } from '../model';
import { entries, flatten, own } from '../object';
import { t } from '../text';

/** Which of a metric's five numbers a column shows. */
export type Figure = 'last' | 'min' | 'max';

/** What a cell shows and sorts by. */
export interface ICell {
  readonly text: string;
  readonly sort: number | string | null;
  readonly title?: string;
}

/** One column of the table of runs. */
export interface IColumn {
  readonly key: string;
  readonly title: string;
  readonly kind: 'fact' | 'config' | 'metric';
  readonly numeric: boolean;
  cell(run: IRun, now: number): ICell;
}

/** Config columns shown at first, and metric columns; the rest is one click away. */
const FIRST_CONFIG = 6;
const FIRST_METRICS = 6;

/** All columns there are for these runs: facts, varying config first, then constant config, then metrics. */
export function columnsOf(runs: readonly IRun[], figure: Figure): IColumn[] {
  const configs = new Map(runs.map(run => [run, flatten(run.config)]));
  const { varying, constant } = configKeys([...configs.values()]);
  const config = [...varying, ...constant].map(key =>
    configColumn(key, run => configs.get(run)?.get(key))
  );
  const metrics = new Set(runs.flatMap(run => entries(run.metrics).map(([name]) => name)));
  return [...facts(), ...config, ...[...metrics].map(name => metricColumn(name, figure))];
}

/** The columns switched on at first. */
export function firstColumns(runs: readonly IRun[], columns: readonly IColumn[]): Set<string> {
  const { varying } = configKeys(runs.map(run => flatten(run.config)));
  const config = varying.slice(0, FIRST_CONFIG).map(key => `config.${key}`);
  const metrics = columns.filter(column => column.kind === 'metric').slice(0, FIRST_METRICS);
  return new Set([...config, ...metrics.map(column => column.key)]);
}

/** Order cells: numbers before words, empty ones last whatever the direction. */
export function compareCells(a: ICell, b: ICell, descending: boolean): number {
  if (a.sort === null || b.sort === null) {
    return Number(a.sort === null) - Number(b.sort === null);
  }
  const sign = descending ? -1 : 1;
  if (typeof a.sort !== typeof b.sort) {
    return typeof a.sort === 'number' ? -1 : 1;
  }
  return a.sort < b.sort ? -sign : a.sort > b.sort ? sign : 0;
}

/** Whether a run matches the words of a filter: each of them occurs in its names, tags, state or config. */
export function matches(run: IRun, filter: string): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return true;
  }
  const config = [...flatten(run.config)].map(([key, value]) => `${key}=${asText(value)}`);
  const text = [run.id, run.project, run.name, run.alias, run.state, ...(run.tags ?? []), ...config]
    .join(' ')
    .toLowerCase();
  return words.every(word => text.includes(word));
}

/** When a run began. */
export function began(run: IRun): number | null {
  return run.started_at ?? run.created_at ?? run.created_time ?? null;
}

function facts(): IColumn[] {
  return [
    fact('created', t('Started'), (run, now) => {
      const at = began(run);
      return { text: ago(at, now), sort: at, title: moment(at) };
    }),
    fact('duration', t('Duration'), (run, now) => {
      const from = began(run);
      const to = isLive(run) ? now : (run.ended_at ?? run.updated_at);
      const seconds = from && to ? to - from : null;
      return { text: duration(seconds), sort: seconds };
    }),
    fact('step', t('Step'), run => ({ text: number(run.last_step), sort: run.last_step ?? null }))
  ];
}

function fact(key: string, title: string, cell: IColumn['cell']): IColumn {
  return { key, title, kind: 'fact', numeric: true, cell };
}

function configColumn(key: string, read: (run: IRun) => unknown): IColumn {
  return {
    key: `config.${key}`,
    title: key,
    kind: 'config',
    numeric: false,
    cell: run => {
      const value = read(run);
      const sort = typeof value === 'number' ? value : value === undefined ? null : asText(value);
      return { text: value === undefined ? '' : asText(value), sort };
    }
  };
}

function metricColumn(name: string, figure: Figure): IColumn {
  return {
    key: `metric.${name}`,
    title: name,
    kind: 'metric',
    numeric: true,
    cell: run => {
      const found: IMetricSummary | undefined = own(run.metrics, name);
      const value = found?.[figure] ?? null;
      return { text: found ? number(value) : '', sort: value };
    }
  };
}
