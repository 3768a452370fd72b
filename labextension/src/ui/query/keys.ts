import type { IRun } from '../model';
import { own } from '../object';

/** The value under a name in one run, found as the kernel finds it. */
export interface IKey {
  readonly type: 'text' | 'number' | 'time' | 'list' | 'any';
  read(run: IRun): unknown;
}

/** The figures of a metric. */
export const STATS = ['last', 'min', 'max', 'first', 'mean', 'best', 'count'];

const TEXTS =
  'id project name status state alias path notes hostname state_reason best_metric_name best_metric_mode';
const TIMES = 'created_at started_at ended_at updated_at';
const NUMBERS = 'duration last_step pid bad_lines best_metric_value best_metric_step';

/** The fields of a run and their types. */
export const FIELDS = new Map<string, IKey['type']>([['tags', 'list']]);
TEXTS.split(' ').forEach(field => FIELDS.set(field, 'text'));
TIMES.split(' ').forEach(field => FIELDS.set(field, 'time'));
NUMBERS.split(' ').forEach(field => FIELDS.set(field, 'number'));

const ALIASES = new Map([
  ['created', 'created_at'],
  ['created_time', 'created_at'],
  ['tag', 'tags']
]);
const LOW =
  /(^|[^\p{L}\p{N}])(loss|error|err|mae|mse|rmse|nll|perplexity|ppl|wer|cer)($|[^\p{L}\p{N}])/u;

/** Return the key that a name of these parts means. */
export function keyOf(parts: readonly string[]): IKey {
  if (parts.length === 1) {
    const field = ALIASES.get(parts[0]) ?? parts[0];
    const type = FIELDS.get(field);
    if (type) {
      return {
        type,
        read: run => (field === 'duration' ? duration(run) : run[field as keyof IRun])
      };
    }
  }
  const [first, ...rest] = parts;
  const scope = rest.length && /^(config|summary|metrics?)$/.test(first) ? first[0] : '';
  const path = scope ? rest : parts;
  const reads: IKey['read'][] = [];
  if (scope !== 's' && scope !== 'm') {
    reads.push(run => inDocument(run.config, path));
  }
  if (scope !== 'c' && scope !== 'm') {
    reads.push(run => inDocument(run.summary, path));
  }
  if (!scope || scope === 'm') {
    reads.push(run => inMetrics(run, path));
  }
  const read = (run: IRun): unknown => {
    for (const one of reads) {
      const value = one(run) ?? null;
      if (value !== null) {
        return value;
      }
    }
    return null;
  };
  return { type: scope === 'm' ? 'number' : 'any', read };
}

function duration(run: IRun): number | null {
  const from = run.started_at ?? run.created_at ?? NaN;
  const to = run.ended_at ?? run.updated_at ?? NaN;
  return from <= to || from > to ? Math.max(0, to - from) : null;
}

function inDocument(document: IRun['config'], path: readonly string[]): unknown {
  let value: unknown = document;
  for (const part of path) {
    value = Array.isArray(value) ? null : own(value as IRun['config'], part);
  }
  return own(document, path.join('.')) ?? value;
}

function inMetrics(run: IRun, path: readonly string[]): unknown {
  const last = path.length - 1;
  return (
    stat(run, path.join('.'), 'last') ??
    (last && STATS.includes(path[last])
      ? stat(run, path.slice(0, last).join('.'), path[last])
      : null) ??
    (last && path[0] === 'best' ? stat(run, path.slice(1).join('.'), 'best') : null)
  );
}

function stat(run: IRun, metric: string, word: string): number | null {
  const mode = run.best_metric_name === metric ? run.best_metric_mode : '';
  const usual = LOW.test(metric.toLowerCase()) ? 'min' : 'max';
  const which = word !== 'best' ? word : mode === 'min' || mode === 'max' ? mode : usual;
  return own(run.metrics, metric)?.[which as 'last'] ?? null;
}
