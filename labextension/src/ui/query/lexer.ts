import { t } from '../text';
import { QueryError } from './error';

/** One piece of a query, and where it stands. */
export interface IToken {
  readonly kind: 'name' | 'text' | 'number' | 'sign' | 'end';
  /** The text or number meant; of a name the text as written. */
  readonly value: string | number;
  readonly at: number;
  readonly length: number;
  /** The parts of a name that its dots separate. */
  readonly parts: readonly string[];
  /** Whether no part of a name stands in backquotes. */
  readonly bare: boolean;
}

const LONGEST = 4096;
const UNITS: Record<string, number> = { s: 1, m: 60, min: 60, h: 3600, d: 86400, w: 604800 };
const PART = /[\p{L}\p{N}_]+(?:\/[\p{L}\p{N}_]+)*/uy;
const WORD = /[\p{L}\p{Nl}\p{No}_][\p{L}\p{N}_]*(?:\/[\p{L}\p{N}_]+)*/uy;
const NUMBER =
  /(-?(?:[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(min|[smhdw])?(?![\p{L}\p{N}_.])/uy;
const LIKE_NUMBER = /-?\.?[0-9][\p{L}\p{N}_.]*/uy;
const SIGN = /=~|!~|===|==|!==|!=|<>|<=|>=|=<|=>|&&|\|\||[=<>~!&|()[\],-]/y;
const SPACE = /\s*/y;
const MEANT: Record<string, string> = {
  '=': '==',
  '&&': 'and',
  '&': 'and',
  '||': 'or',
  '|': 'or',
  '!': 'not'
};
const WRONG: Record<string, string> = {
  '===': '==',
  '!==': '!=',
  '<>': '!=',
  '=<': '<=',
  '=>': '>='
};

/** Return what `pattern` finds right at `at`. */
function here(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Return where the next token begins. */
function skip(text: string, at: number): number {
  return at + here(SPACE, text, at)![0].length;
}

/** Refuse a query that is too long; counted as the server counts, in characters. */
export function checkLength(text: string): void {
  const marks = [...text];
  if (marks.length > LONGEST) {
    const at = marks.slice(0, LONGEST).join('').length;
    throw new QueryError(t('A query has at most %1 characters.', LONGEST), at, text.length - at);
  }
}

/** Read the token at or behind `at`. */
export function read(text: string, from: number): IToken {
  const at = skip(text, from);
  const make = (
    kind: IToken['kind'],
    value: string | number,
    length: number,
    parts: readonly string[] = [],
    bare = true
  ): IToken => ({ kind, value, at, length, parts, bare });
  if (at === text.length) {
    return make('end', '', 0);
  }
  const mark = String.fromCodePoint(text.codePointAt(at)!);
  if (mark === '"' || mark === "'") {
    const [value, end] = quoted(text, at);
    return make('text', value, end - at);
  }
  if (mark === '`' || here(WORD, text, at)) {
    const [parts, bare, end] = name(text, at);
    return make('name', text.slice(at, end), end - at, parts, bare);
  }
  const digits = here(LIKE_NUMBER, text, at);
  if (digits) {
    const [value, length] = number(text, at, digits[0]);
    return make('number', value, length);
  }
  const sign = here(SIGN, text, at)?.[0];
  if (!sign) {
    throw new QueryError(strange(mark), at, mark.length);
  }
  if (WRONG[sign]) {
    throw new QueryError(t('Write %1 instead of %2.', WRONG[sign], sign), at, sign.length);
  }
  return make('sign', MEANT[sign] ?? sign, sign.length);
}

function strange(mark: string): string {
  if ('“”„«»‘’'.includes(mark)) {
    return t('Put text between straight quotes, not %1.', mark);
  }
  if ('+*/%^'.includes(mark)) {
    return t('Queries do not calculate: %1 means nothing here.', mark);
  }
  return mark === '.'
    ? t('A dot joins the parts of a name; one stands alone here.')
    : t('%1 means nothing here; text goes in quotes, other names in backquotes.', mark);
}

/** Return what stands in the quotes that open at `at`, and where they end; as in the kernel, `\d` stays `\d`. */
function quoted(text: string, at: number): [string, number] {
  let value = '';
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === text[at]) {
      return [value, i + 1];
    }
    if (text[i] === '\\' && i + 1 < text.length && '\\"\'`'.includes(text[i + 1])) {
      i++;
    }
    value += text[i];
  }
  throw new QueryError(
    t('The quote %1 that opens here is never closed.', text[at]),
    at,
    text.length - at
  );
}

function name(text: string, at: number): [string[], boolean, number] {
  const parts: string[] = [];
  let bare = true;
  for (let end = at, pattern = WORD; ; end++, pattern = PART) {
    if (text[end] === '`') {
      bare = false;
      const [part, after] = quoted(text, end);
      parts.push(part);
      end = after;
    } else {
      const part = here(pattern, text, end)![0];
      parts.push(part);
      end += part.length;
    }
    if (text[end] !== '.' || !(text[end + 1] === '`' || here(PART, text, end + 1))) {
      return [parts, bare, end];
    }
  }
}

function number(text: string, at: number, like: string): [number, number] {
  const found = here(NUMBER, text, at);
  if (!found) {
    throw new QueryError(
      t('%1 is no number; text goes in quotes, such a name in backquotes.', like),
      at,
      like.length
    );
  }
  const value = Number(found[1].replaceAll('_', '')) * (found[2] ? UNITS[found[2]] : 1);
  if (!Number.isFinite(value)) {
    throw new QueryError(t('%1 is too large for a number.', found[0]), at, found[0].length);
  }
  return [value, found[0].length];
}
