import type { IRun } from '../model';
import { t } from '../text';
import type { IKey } from './keys';
import type { Span } from './moments';

/** Whether a run is meant, at a time. */
export type Test = (run: IRun, now: number) => boolean;

/** What a value is compared with. */
export type Wanted = number | string;

/** How long the regular expressions of one pass over the runs may take, in milliseconds. */
const PATIENCE = 300;

/** A test of the value under `key`: false where there is none. */
function given(key: IKey, test: (value: unknown, now: number) => boolean): Test {
  return (run, now) => {
    const value = key.read(run) ?? null;
    return value !== null && test(value, now);
  };
}

/** Return a number or text as it is compared; true and false are 1 and 0, lists and objects nothing. */
function plain(value: unknown): Wanted | undefined {
  return typeof value === 'boolean'
    ? Number(value)
    : typeof value === 'number' || typeof value === 'string'
      ? value
      : undefined;
}

export function compared(key: IKey, operator: string, wanted: Wanted): Test {
  return given(key, value => {
    const found = plain(value);
    return typeof found === typeof wanted && holds(order(found!, wanted), operator);
  });
}

export function inTime(key: IKey, operator: string, span: (now: number) => Span): Test {
  return given(key, (value, now) => {
    const [from, to] = span(now);
    const at = value as number;
    const place = at < from ? -1 : at < to || (from === to && at === from) ? 0 : 1;
    return holds(place, operator);
  });
}

export function within(key: IKey, values: readonly Wanted[], negated: boolean): Test {
  return given(key, value => {
    const found = plain(value);
    const alike = values.filter(one => typeof one === typeof found);
    return alike.length > 0 && alike.includes(found!) !== negated;
  });
}

export function contains(key: IKey, wanted: Wanted, negated: boolean): Test {
  return given(key, value => {
    if (Array.isArray(value)) {
      return value.some(one => plain(one) === wanted) !== negated;
    }
    return (
      typeof value === 'string' && typeof wanted === 'string' && value.includes(wanted) !== negated
    );
  });
}

export function like(key: IKey, test: (text: string) => boolean, negated: boolean): Test {
  return given(key, value => {
    const texts = (Array.isArray(value) ? value : [value]).filter(one => typeof one === 'string');
    return (Array.isArray(value) || texts.length > 0) && texts.some(test) !== negated;
  });
}

export function missing(key: IKey, negated: boolean): Test {
  return run => ((key.read(run) ?? null) === null) !== negated;
}

export function present(key: IKey): Test {
  return given(key, value => {
    const size = typeof value === 'object' ? Object.keys(value!).length : value;
    return size !== false && size !== '' && (typeof value !== 'object' || size !== 0);
  });
}

/** Return a test by a regular expression; it throws once the expressions took too long together. */
export function matcher(pattern: string): (text: string) => boolean {
  const insensitive = pattern.startsWith('(?i)');
  const source = insensitive ? pattern.slice(4) : pattern;
  let expression: RegExp;
  try {
    expression = new RegExp(source, insensitive ? 'iu' : 'u');
  } catch {
    expression = new RegExp(source, insensitive ? 'i' : '');
  }
  let spent = 0;
  let until = 0;
  return text => {
    const from = performance.now();
    spent = from - until > PATIENCE ? 0 : spent;
    if (spent > PATIENCE) {
      throw new Error(t('This regular expression takes too long; try ~ with a piece of text.'));
    }
    const found = expression.test(text);
    until = performance.now();
    spent += until - from;
    return found;
  };
}

function holds(order: number, operator: string): boolean {
  return operator === '!='
    ? order !== 0
    : (operator !== '<' && operator !== '>' && order === 0) ||
        (operator[0] === '<' && order < 0) ||
        (operator[0] === '>' && order > 0);
}

/** Order numbers by size, and texts by code point as SQLite does: surrogates come behind all other characters. */
function order(a: Wanted, b: Wanted): number {
  if (typeof a === 'string' && typeof b === 'string') {
    let at = 0;
    while (at < a.length && a[at] === b[at]) {
      at++;
    }
    return rank(a, at) - rank(b, at);
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(text: string, at: number): number {
  const unit = at < text.length ? text.charCodeAt(at) : -1;
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;
}
