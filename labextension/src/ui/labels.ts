import { value as asText } from './format';
import type { IRun } from './model';
import { flatten } from './object';

/** Config values put behind a name to tell runs of one name apart. */
const TOLD = 2;

/** The name a person gave the run, or its id. */
export function nameOf(run: IRun): string {
  return run.alias || run.name || run.id;
}

/** Cut a long name, so that what tells runs apart still fits behind it. */
function shorten(name: string): string {
  return name.length > 18 ? `${name.slice(0, 17)}…` : name;
}

/** The part of an id that differs: `20261121_021910_35496c` is `35496c`. */
export function shortId(id: string): string {
  return /^\d{8}_\d{6}_(\w{4,})$/.exec(id)?.[1] ?? id;
}

/** Return a label for each run that none of the others has: name, then what differs in config, then the id. */
export function labelsOf(runs: readonly IRun[]): Map<string, string> {
  const labels = new Map<string, string>();
  for (const group of groupBy(runs, nameOf).values()) {
    const configs = new Map(group.map(run => [run.id, flatten(run.config)]));
    const told = configKeys([...configs.values()]).varying.slice(0, TOLD);
    const long = (run: IRun): string => {
      const config = told.flatMap(key => {
        const value = configs.get(run.id)?.get(key);
        return value === undefined ? [] : [`${key}=${asText(value)}`];
      });
      return [shorten(nameOf(run)), ...config].join(' ');
    };
    for (const same of groupBy(group, group.length > 1 ? long : nameOf).values()) {
      for (const run of same) {
        const label = group.length > 1 ? long(run) : nameOf(run);
        labels.set(run.id, same.length > 1 ? `${label} ${shortId(run.id)}` : label);
      }
    }
  }
  return labels;
}

/** Split config keys in those that differ between runs and those that do not, in order of appearance. */
export function configKeys(configs: readonly ReadonlyMap<string, unknown>[]): {
  varying: string[];
  constant: string[];
} {
  const seen = new Map<string, Set<string>>();
  for (const config of configs) {
    for (const [key, value] of config) {
      seen.set(key, (seen.get(key) ?? new Set()).add(JSON.stringify(value) ?? ''));
    }
  }
  const varies = (key: string): boolean =>
    seen.get(key)!.size > 1 || configs.some(config => !config.has(key));
  const keys = [...seen.keys()];
  return { varying: keys.filter(varies), constant: keys.filter(key => !varies(key)) };
}

function groupBy(runs: readonly IRun[], key: (run: IRun) => string): Map<string, IRun[]> {
  const groups = new Map<string, IRun[]>();
  for (const run of runs) {
    groups.set(key(run), [...(groups.get(key(run)) ?? []), run]);
  }
  return groups;
}
