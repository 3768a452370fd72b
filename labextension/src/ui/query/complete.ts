import type { IRun } from '../model';
import { entries, flatten } from '../object';
import { FIELDS, STATS } from './keys';
import { read } from './lexer';

/** A name that may stand at the caret. */
export interface ISuggestion {
  /** As it is written in a query. */
  readonly text: string;
  readonly kind: 'field' | 'config' | 'summary' | 'metric';
}

/** The names that fit, and which part of the text they would replace. */
export interface ICompletion {
  readonly from: number;
  readonly to: number;
  readonly options: readonly ISuggestion[];
}

/** Options shown at once. */
const MOST = 8;
const BARE = /^[\p{L}\p{N}_]+(\/[\p{L}\p{N}_]+)*$/u;

/** Return every name that means something for these runs, in the order in which names are looked up. */
export function namesOf(runs: readonly IRun[]): ISuggestion[] {
  const found = new Map<string, ISuggestion['kind']>();
  const add = (names: Iterable<string>, kind: ISuggestion['kind']): void => {
    for (const name of names) {
      const text = written(name);
      found.set(text, found.get(text) ?? kind);
    }
  };
  add(FIELDS.keys(), 'field');
  runs.forEach(run => add(flatten(run.config).keys(), 'config'));
  runs.forEach(run =>
    add(
      entries(run.metrics).map(([name]) => name),
      'metric'
    )
  );
  runs.forEach(run => add(flatten(run.summary).keys(), 'summary'));
  return [...found].map(([text, kind]) => ({ text, kind }));
}

/** Return what may stand for the name that ends at the caret; nothing inside of texts and behind an operator. */
export function complete(
  text: string,
  caret: number,
  names: readonly ISuggestion[]
): ICompletion | null {
  const typed = nameAt(text, caret);
  if (!typed) {
    return null;
  }
  const word = text.slice(typed.from, caret).toLowerCase();
  const dot = word.lastIndexOf('.');
  const stats = names
    .filter(name => name.kind === 'metric' && name.text.toLowerCase() === word.slice(0, dot))
    .flatMap(name => STATS.map(stat => ({ ...name, text: `${name.text}.${stat}` })));
  const begins = ({ text: name }: ISuggestion): boolean => name.toLowerCase().startsWith(word);
  const inside = ({ text: name }: ISuggestion): boolean =>
    !name.toLowerCase().startsWith(word) && name.toLowerCase().includes(word);
  const all = [...names.filter(begins), ...stats.filter(begins), ...names.filter(inside)];
  const options = all.slice(0, MOST);
  return options.length && !(options.length === 1 && options[0].text.toLowerCase() === word)
    ? { ...typed, options }
    : null;
}

/** Return where the bare name that ends at the caret stands (with a dot behind it, if there is one). */
function nameAt(text: string, caret: number): { from: number; to: number } | null {
  const before = text.slice(0, caret);
  const cut = before.endsWith('.') ? before.slice(0, -1) : before;
  try {
    let behind = '';
    for (
      let token = read(cut, 0);
      token.kind !== 'end';
      token = read(cut, token.at + token.length)
    ) {
      if (token.at + token.length === cut.length && token.kind === 'name') {
        return /[=<>~]/.test(behind) ? null : { from: token.at, to: caret };
      }
      behind = token.kind === 'sign' ? String(token.value) : '';
    }
  } catch {
    // Not a query so far: nothing can be said about its names.
  }
  return null;
}

/** Write a name of dotted parts as it stands in a query. */
export function written(name: string): string {
  return name
    .split('.')
    .map((part, i) =>
      BARE.test(part) && (i > 0 || !/^\p{Nd}/u.test(part))
        ? part
        : `\`${part.replace(/[\\`]/g, '\\$&')}\``
    )
    .join('.');
}
