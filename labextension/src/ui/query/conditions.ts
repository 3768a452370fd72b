import { t } from '../text';
import { QueryError } from './error';
import type { IKey } from './keys';
import type { IToken } from './lexer';
import { spanOf, today } from './moments';
import * as tests from './tests';
import type { Test, Wanted } from './tests';

/** A value as written: null, a number or text, or (with `shift`) a word for a time. */
export interface ILiteral {
  readonly value: Wanted | null;
  readonly shift?: number;
  readonly at: number;
  readonly length: number;
}

/** Return the test that `key operator literal` is. */
export function compare(key: IKey, operator: IToken, literal: ILiteral): Test {
  const sign = String(operator.value);
  const { value, shift } = literal;
  if (value === null) {
    return /^[!=]=$/.test(sign)
      ? tests.missing(key, sign === '!=')
      : fail(literal, t('null has no order; write: x is null.'));
  }
  if (sign.includes('~')) {
    return like(key, sign, literal);
  }
  refuseList(key, operator);
  if (key.type === 'time') {
    const span = typeof value === 'string' && shift === undefined ? spanOf(value) : undefined;
    if (shift !== undefined) {
      return tests.inTime(key, sign, now =>
        value === 'now' ? [now + shift, now + shift] : today(now, shift)
      );
    }
    if (typeof value === 'string') {
      return span
        ? tests.inTime(key, sign, () => span)
        : fail(literal, t('A time is written "2026-11-20", "2026-11-20T10:00" or now - 2d.'));
    }
  } else if (shift !== undefined) {
    fail(literal, t('now and today are compared with times, such as created_at.'));
  }
  return tests.compared(key, sign, value);
}

function like(key: IKey, sign: string, literal: ILiteral): Test {
  const { value } = literal;
  if (typeof value !== 'string' || literal.shift !== undefined) {
    fail(literal, t('After %1 comes text in quotes.', sign));
  }
  if (sign === '=~') {
    try {
      return tests.like(key, tests.matcher(value), false);
    } catch {
      fail(literal, t('This is no regular expression that the page can read.'));
    }
  }
  const wanted = value.toLowerCase();
  return tests.like(key, text => text.toLowerCase().includes(wanted), sign === '!~');
}

/** Refuse a comparison of the one list among the fields. */
export function refuseList(key: IKey, where: IToken): void {
  if (key.type === 'list') {
    fail(where, t('tags is a list; write: "baseline" in tags, or tags ~ "base".'));
  }
}

/** Refuse what stands at a token or literal. */
export function fail({ at, length }: { at: number; length: number }, sentence: string): never {
  throw new QueryError(sentence, at, length);
}
