import { t } from '../text';
import { type ILiteral, compare, fail, refuseList } from './conditions';
import { type IKey, STATS, keyOf } from './keys';
import { type IToken, checkLength, read } from './lexer';
import * as tests from './tests';
import type { Test, Wanted } from './tests';

const DEEPEST = 50;
const MOST = 200;
const WORDS = ['and', 'or', 'not', 'in', 'is'];
const OPERATORS = ['==', '!=', '<', '<=', '>', '>=', '~', '!~', '=~'];
const TURNED: Record<string, string> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
  '!=': '!='
};

/**
 * Return the test that a query is.
 *
 * It has the grammar and meaning of docs/query.md, and is held to the vectors that the kernel's parser is held to.
 */
export function compile(text: string): Test {
  checkLength(text);
  const reader = new Reader(text);
  return reader.token.kind === 'end' ? () => true : reader.whole();
}

/** Whether a text is meant as a query; a name or words alone search. */
export function isQuery(text: string): boolean {
  try {
    const reader = new Reader(text);
    let names = 0;
    let token = reader.token;
    for (; token.kind !== 'end'; token = reader.take() && reader.token) {
      if (isOperator(token)) {
        return true;
      }
      names += Number(!/^[()]$/.test(String(token.value)));
    }
    compile(text);
    return names > 1;
  } catch {
    return /[=<>~]/.test(text);
  }
}

class Reader {
  token: IToken;
  private _depth = 0;
  private _count = 0;

  constructor(private readonly _text: string) {
    this.token = read(_text, 0);
  }

  take(): IToken {
    const token = this.token;
    this.token = read(this._text, token.at + token.length);
    return token;
  }

  whole(): Test {
    const test = this._any();
    if (this.token.kind !== 'end') {
      fail(this.token, this._surplus());
    }
    return test;
  }

  private _surplus(): string {
    const { value, kind } = this.token;
    if (this._sees(')') || this._sees(']')) {
      return t('This %1 closes nothing; no bracket is open.', value);
    }
    return isOperator(this.token)
      ? t('One comparison at a time: join a second one with “and” or “or”.')
      : kind === 'name' && /^(a[nd]+|an|adn|nad|ad|ro)$/i.test(String(value))
        ? t('Join conditions with “and” or “or”; did you mean one of them?')
        : t('Join conditions with “and” or “or”. Text of several words goes in quotes.');
  }

  private _any(): Test {
    const terms = this._joined(() => this._every(), 'or');
    return terms.length === 1 ? terms[0] : (...run) => terms.some(test => test(...run));
  }

  private _every(): Test {
    const terms = this._joined(() => this._term(), 'and');
    return terms.length === 1 ? terms[0] : (...run) => terms.every(test => test(...run));
  }

  private _joined(term: () => Test, word: string): Test[] {
    const terms = [term()];
    while (this._accept(word)) {
      terms.push(term());
    }
    return terms;
  }

  private _term(): Test {
    const not = this._sees('not');
    if (!not && !this._sees('(')) {
      return this._condition();
    }
    const opening = this.take();
    if (++this._depth > DEEPEST) {
      fail(opening, t('Brackets and “not” go at most %1 deep.', DEEPEST));
    }
    const test = not ? this._term() : this._any();
    if (!not && !this._accept(')')) {
      fail(this.token, this.token.kind === 'end' ? t('A ) is missing here.') : this._surplus());
    }
    this._depth--;
    return not ? (...run) => !test(...run) : test;
  }

  private _condition(): Test {
    if (++this._count > MOST) {
      fail(this.token, t('A query has at most %1 conditions.', MOST));
    }
    const word = wordOf(this.token);
    if (this.token.kind !== 'name' || isConstant(word)) {
      return this._turned(this._literal());
    }
    if (WORDS.includes(word)) {
      fail(this.token, t('A condition is missing before “%1”.', word));
    }
    return this._about(this.take());
  }

  private _about(name: IToken): Test {
    const key = keyOf(name.parts);
    if (this._sees('(')) {
      const stat = STATS.includes(String(name.value)) ? name.value : 'max';
      fail(name, t('There are no functions; write acc.%1, say, for a figure of a metric.', stat));
    }
    if (isOperator(this.token)) {
      return this._compared(key, this.take());
    }
    if (this._accept('is')) {
      const negated = this._accept('not');
      if (!/^(null|none)$/.test(wordOf(this.token))) {
        fail(this.token, t('After “is” comes null or not null; compare values with ==.'));
      }
      this.take();
      return tests.missing(key, negated);
    }
    const negated = this._accept('not');
    if (this._accept('in')) {
      return this._member(name, key, negated);
    }
    return negated ? fail(this.token, t('After a name and “not” comes “in”.')) : tests.present(key);
  }

  private _member(name: IToken, key: IKey, negated: boolean): Test {
    const opening = this.token;
    if (opening.kind === 'name' && name.bare) {
      return tests.contains(this._key(), name.value, negated);
    }
    if (!this._accept('(') && !this._accept('[')) {
      fail(opening, t('After “in” comes a list, such as ("a", "b"), or the name of one.'));
    }
    refuseList(key, name);
    const closing = opening.value === '(' ? ')' : ']';
    const values = [this._element(key)];
    while (this._accept(',') && !this._sees(closing)) {
      values.push(this._element(key));
    }
    if (!this._accept(closing)) {
      fail(this.token, t('A , or %1 is missing here.', closing));
    }
    return tests.within(key, values, negated);
  }

  private _element(key: IKey): Wanted {
    const literal = this._literal(true);
    if (literal.value === null) {
      fail(literal, t('null stands in no list; write: x is null or x in (…).'));
    }
    if (literal.shift !== undefined || (key.type === 'time' && typeof literal.value === 'string')) {
      fail(literal, t('Times stand in no list; compare them with < and >.'));
    }
    return literal.value;
  }

  private _compared(key: IKey, operator: IToken): Test {
    const words = ['==', '!=', '~', '!~'].includes(String(operator.value));
    return compare(key, operator, this._literal(words));
  }

  /** Read on after a value on the left: `"a" in tags`, `0.9 < acc`, `0.1 < lr <= 0.5`. */
  private _turned(left: ILiteral): Test {
    const negated = this._accept('not');
    if (this._accept('in')) {
      if (left.value === null || left.shift !== undefined) {
        fail(left, t('Only a number or a text can be looked for in a list.'));
      }
      return tests.contains(this._key(), left.value, negated);
    }
    const operator = this.token;
    if (negated || !isOperator(operator)) {
      fail(left, t('A value alone is no condition: compare a name with it, such as lr < 0.1.'));
    }
    const turned = TURNED[operator.value];
    if (!turned) {
      fail(
        operator,
        t('The name stands on the left of %1, the text on the right.', operator.value)
      );
    }
    this.take();
    const key = this._key();
    const first = compare(key, { ...operator, value: turned }, left);
    if (this.token.kind !== 'sign' || !/^[<>]/.test(String(this.token.value))) {
      return first;
    }
    this._count++;
    const second = this._compared(key, this.take());
    return (...run) => first(...run) && second(...run);
  }

  private _key(): IKey {
    const { kind, parts } = this.token;
    const word = wordOf(this.token);
    if (kind !== 'name' || WORDS.includes(word) || /^(true|false|null|none)$/.test(word)) {
      fail(this.token, t('The name of a value is missing here, such as lr or tags.'));
    }
    this.take();
    return keyOf(parts);
  }

  private _literal(words = false): ILiteral {
    const { token } = this;
    const { at, length, kind, value } = token;
    const word = wordOf(token);
    if (isConstant(word)) {
      this.take();
      if (word === 'now' || word === 'today') {
        return this._moment(token, word);
      }
      return { value: word[0] === 'n' ? null : Number(word === 'true'), at, length };
    }
    if (kind === 'number' || kind === 'text' || (words && word && !WORDS.includes(word))) {
      this.take();
      return { value, at, length };
    }
    return fail(
      token,
      kind === 'end'
        ? t('The query ends where a name or value is missing.')
        : kind === 'name' && !WORDS.includes(word)
          ? t('Compare with a number, or with text in quotes; %1 is a name.', value)
          : t('A name or value is missing before “%1”.', value)
    );
  }

  private _moment(first: IToken, word: string): ILiteral {
    let last = first;
    let shift = 0;
    if (this.token.kind === 'number' && Number(this.token.value) < 0) {
      last = this.take();
      shift = Number(last.value);
    } else if (this._accept('-')) {
      last = this.token;
      if (last.kind !== 'number') {
        fail(last, t('A length of time is missing here, such as 2d, 6h or 30min.'));
      }
      this.take();
      shift = -Number(last.value);
    }
    return { value: word, shift, at: first.at, length: last.at + last.length - first.at };
  }

  private _sees(what: string): boolean {
    return this.token.kind === 'sign' ? this.token.value === what : wordOf(this.token) === what;
  }

  private _accept(what: string): boolean {
    return this._sees(what) && this.take() !== undefined;
  }
}

function isOperator(token: IToken): boolean {
  return token.kind === 'sign' && OPERATORS.includes(String(token.value));
}

function isConstant(word: string): boolean {
  return /^(true|false|null|none|now|today)$/.test(word);
}

/** Return the keyword that a token may be: a bare name in small letters. */
function wordOf(token: IToken): string {
  return token.kind === 'name' && token.bare ? String(token.value).toLowerCase() : '';
}
