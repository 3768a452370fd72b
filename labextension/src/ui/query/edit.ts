import { written } from './complete';
import { FIELDS } from './keys';
import { type IToken, read } from './lexer';
import { isQuery } from './parser';

/** A value that a run has under a key; null stands for none. */
export type Picked = string | number | null;

/** A query taken apart: pieces that all must hold, and for some of them which values of which key they pick. */
export interface IPiece {
  readonly text: string;
  readonly key?: string;
  readonly picks: readonly Picked[];
}

/** How a key of the config is written in a query. */
export function configName(key: string): string {
  const name = written(key);
  return FIELDS.has(key) ? `config.${name}` : name;
}

/** Take a query apart at its outermost “and”; throws a QueryError where it is none. */
export function pieces(text: string): IPiece[] {
  if (text.trim() === '') {
    return [];
  }
  if (!isQuery(text)) {
    const words = text.trim().split(/\s+/);
    return words.map(word => ({ text: `name ~ ${literal(word)}`, picks: [] }));
  }
  const tokens = tokensOf(text);
  const parts = split(tokens, 'and');
  if (split(tokens, 'or').length > 1) {
    return [{ text: `(${text.trim()})`, picks: [] }];
  }
  return parts.map(part => {
    const last = part[part.length - 1];
    return { text: text.slice(part[0].at, last.at + last.length), ...understood(part) };
  });
}

/** Return the query in which `value` of `key` is picked, or no longer; `list` says that runs have several values. */
export function togglePick(text: string, key: string, value: Picked, list = false): string {
  const all = pieces(text);
  const mine = all.filter(piece => piece.key === key);
  const picks = mine.flatMap(piece => piece.picks);
  const next = picks.includes(value) ? picks.filter(one => one !== value) : [...picks, value];
  const at = mine.length ? all.indexOf(mine[0]) : all.length;
  const kept = all.filter(piece => piece.key !== key).map(piece => piece.text);
  kept.splice(at, 0, ...conditions(key, next, list));
  return kept.join(' and ');
}

/** Return the query without what it says about one key. */
export function without(text: string, key: string): string {
  return pieces(text)
    .filter(piece => piece.key !== key)
    .map(piece => piece.text)
    .join(' and ');
}

/** Write a value as it stands in a query. */
export function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function conditions(key: string, picks: readonly Picked[], list: boolean): string[] {
  if (list) {
    return picks.map(pick => (pick === null ? `not ${key}` : `${literal(pick)} in ${key}`));
  }
  const values = picks.filter(pick => pick !== null).map(literal);
  const some =
    values.length > 1
      ? [`${key} in (${values.join(', ')})`]
      : values.map(value => `${key} == ${value}`);
  const all = picks.includes(null) ? [...some, `${key} is null`] : some;
  return all.length > 1 ? [`(${all.join(' or ')})`] : all;
}

function tokensOf(text: string): IToken[] {
  const tokens: IToken[] = [];
  for (
    let token = read(text, 0);
    token.kind !== 'end';
    token = read(text, token.at + token.length)
  ) {
    tokens.push(token);
  }
  return tokens;
}

/** Split at a word outside of all brackets. */
function split(tokens: readonly IToken[], word: string): IToken[][] {
  const parts: IToken[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    depth += Number(says(token, '(', '[')) - Number(says(token, ')', ']'));
    if (depth === 0 && says(token, word)) {
      parts.push([]);
    } else {
      parts[parts.length - 1].push(token);
    }
  }
  return parts.filter(part => part.length > 0);
}

function says({ kind, value }: IToken, ...words: string[]): boolean {
  return (kind === 'sign' || kind === 'name') && words.includes(String(value).toLowerCase());
}

/** What a piece of the forms that `conditions` writes picks; nothing of any other. */
function understood(part: readonly IToken[]): Omit<IPiece, 'text'> {
  if (says(part[0], '(') && says(part[part.length - 1], ')')) {
    const inner = split(part.slice(1, -1), 'or').map(understood);
    const [{ key }] = inner;
    const same = key !== undefined && inner.every(piece => piece.key === key);
    return same ? { key, picks: inner.flatMap(piece => piece.picks) } : { picks: [] };
  }
  const [first, second, third, ...rest] = part;
  const isName = ({ kind }: IToken): boolean => kind === 'name';
  const value = ({ kind, value: held }: IToken): Picked | undefined =>
    kind === 'text' || kind === 'number' ? held : undefined;
  if (part.length === 2 && says(first, 'not') && isName(second)) {
    return { key: String(second.value), picks: [null] };
  }
  if (part.length === 3 && says(second, 'in') && isName(third) && value(first) !== undefined) {
    return { key: String(third.value), picks: [value(first)!] };
  }
  if (part.length === 3 && isName(first)) {
    const key = String(first.value);
    if (says(second, '==') && value(third) !== undefined) {
      return { key, picks: [value(third)!] };
    }
    return says(second, 'is') && says(third, 'null') ? { key, picks: [null] } : { picks: [] };
  }
  if (isName(first) && second && says(second, 'in') && third && says(third, '(')) {
    const values = rest.map(value).filter(one => one !== undefined);
    return { key: String(first.value), picks: values };
  }
  return { picks: [] };
}
