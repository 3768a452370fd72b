"""From the text of a query to its tree, or to one sentence about the character where it goes wrong."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Final, cast

from runicorn_jupyter.errors import QueryError
from runicorn_jupyter.store.query.conditions import Literal, at, compare, refuse_list, wrong
from runicorn_jupyter.store.query.keys import Key, make_key
from runicorn_jupyter.store.query.lexer import Token, tokens
from runicorn_jupyter.store.query.moments import WORDS
from runicorn_jupyter.store.query.tree import (
    Either,
    Every,
    Given,
    Holds,
    Leaf,
    Missing,
    Moment,
    Node,
    Not,
    Value,
    Within,
)

DEEPEST: Final = 50
MOST: Final = 200
"""Conditions in one query: SQLite gives up at deeper and longer expressions, and so would a reader."""

_OPERATORS: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "~", "!~", "=~"})
_ORDERS: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_CONSTANTS: Final[dict[str, Value | None]] = {"true": True, "false": False, "null": None, "none": None}
_WORDS: Final = ("and", "or", "not", "in", "is")


def parse(text: str) -> Node | None:
    """Return the tree of a query, None for an empty one.

    Raises
    ------
    QueryError
        With the position and length, in characters, of what cannot be understood.
    """
    try:
        reader = _Reader(text)
        return None if reader.token.kind == "end" else reader.whole()
    except QueryError as error:
        error.add_note(error.pointer(text))
        raise


def check_query(text: str) -> None:
    """Raise QueryError, with a drawing of the place in its traceback, when `text` cannot be understood as a query."""
    parse(text)


def parse_key(text: str) -> Key:
    """Return the key of a name standing alone, such as ``acc.max`` or `` `train loss`.last ``.

    Raises
    ------
    QueryError
        `text` is not one name.
    """
    reader = _Reader(text)
    name = reader.take()
    if name.kind != "name" or reader.token.kind != "end":
        raise QueryError("Give one name, such as lr, acc.max or `train loss`.last.", 0, len(text))
    return make_key(name.parts)


def is_query(text: str) -> bool:
    """Tell whether `text` is meant as a query: it has an operator, or joins names into a condition.

    A name or some words alone are none, though a name is a condition inside a query: they search, or name a project.
    """
    try:
        found = list(tokens(text))
        if any(token.kind == "sign" and token.value in _OPERATORS for token in found):
            return True
        return not isinstance(parse(text), Given | None)
    except QueryError:
        return any(mark in text for mark in ("==", "!=", "<", ">", "=", "~"))


class _Reader:
    """Reads tokens one ahead; every method leaves the reader behind what it returned."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._depth = 0
        self._count = 0
        self.token = next(self._tokens)

    def take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.token = next(self._tokens)
        return token

    def whole(self) -> Node:
        node = self._any()
        if self.token.kind != "end":
            raise wrong(self.token, self._surplus())
        return node

    def _surplus(self) -> str:
        token = self.token
        if self._sees(")") or self._sees("]"):
            return f"This {token.value} closes nothing; no bracket is open."
        if token.kind == "sign" and token.value in _OPERATORS:
            return "One comparison at a time: join a second one with “and” or “or”."
        near = difflib.get_close_matches(str(token.value).lower(), _WORDS, n=1) if token.kind == "name" else []
        hint = f"; did you mean “{near[0]}”?" if near else "."
        return f"Join conditions with “and” or “or”{hint} Text of several words goes in quotes."

    def _any(self) -> Node:
        terms = self._joined(self._every, "or")
        return terms[0] if len(terms) == 1 else Either(tuple(terms))

    def _every(self) -> Node:
        terms = self._joined(self._term, "and")
        return terms[0] if len(terms) == 1 else Every(tuple(terms))

    def _joined(self, read: Callable[[], Node], word: str) -> list[Node]:
        terms = [read()]
        while self._accept(word):
            terms.append(read())
        return terms

    def _term(self) -> Node:
        if self._sees("not"):
            return self._deeper(lambda: Not(self._term()))
        if self._sees("("):
            return self._deeper(self._group)
        return self._condition()

    def _deeper(self, read: Callable[[], Node]) -> Node:
        opening = self.take()
        self._depth += 1
        if self._depth > DEEPEST:
            raise wrong(opening, f"Brackets and “not” go at most {DEEPEST} deep.")
        node = read()
        self._depth -= 1
        return node

    def _group(self) -> Node:
        node = self._any()
        if not self._accept(")"):
            raise wrong(self.token, "A ) is missing here." if self.token.kind == "end" else self._surplus())
        return node

    def _condition(self) -> Node:
        self._count += 1
        if self._count > MOST:
            raise wrong(self.token, f"A query has at most {MOST} conditions.")
        token = self.token
        if token.kind == "name" and _word(token) not in {*_CONSTANTS, *WORDS}:
            self._refuse_keyword()
            return self._about(self.take())
        left = self._literal()
        return self._turned(left)

    def _refuse_keyword(self) -> None:
        if _word(self.token) in _WORDS:
            raise wrong(self.token, f"A condition is missing before “{self.token.value}”.")

    def _about(self, name: Token) -> Leaf:
        key = make_key(name.parts)
        if self._sees("("):
            raise QueryError(_no_function(name), name.position, name.length)
        if self.token.kind == "sign" and self.token.value in _OPERATORS:
            return self._compared(key, self.take())
        if self._accept("is"):
            negated = self._accept("not")
            if _word(self.token) not in {"null", "none"}:
                raise wrong(self.token, "After “is” comes null or not null; compare values with ==.")
            self.take()
            return Missing(key, negated)
        negated = self._accept("not")
        if self._accept("in"):
            return self._member(name, key, negated=negated)
        if negated:
            raise wrong(self.token, "After a name and “not” comes “in”.")
        return Given(key)

    def _member(self, name: Token, key: Key, *, negated: bool) -> Leaf:
        opening = self.token
        if opening.kind == "name" and name.bare:
            return Holds(self._key(), str(name.value), negated)
        if not (self._accept("(") or self._accept("[")):
            raise wrong(opening, 'After “in” comes a list, such as ("a", "b"), or the name of one.')
        refuse_list(key, name.position, name.length)
        closing = ")" if opening.value == "(" else "]"
        values = [self._element(key)]
        while self._accept(","):
            if self._sees(closing):
                break
            values.append(self._element(key))
        if not self._accept(closing):
            raise wrong(self.token, f"A , or {closing} is missing here.")
        return Within(key, tuple(values), negated)

    def _element(self, key: Key) -> Value:
        literal = self._literal(words=True)
        if literal.value is None:
            raise at(literal, "null stands in no list; write: x is null or x in (…).")
        if isinstance(literal.value, Moment) or (key.type == "time" and isinstance(literal.value, str)):
            raise at(literal, "Times stand in no list; compare them with < and >.")
        return literal.value

    def _compared(self, key: Key, operator: Token) -> Leaf:
        words = operator.value in {"==", "!=", "~", "!~"} or (key.type == "time" and _word(self.token) in WORDS)
        literal = self._literal(words=words)
        return compare(key, operator, literal)

    def _turned(self, left: Literal) -> Node:
        """Read on after a value on the left: ``"a" in tags``, ``0.9 < acc``, ``0.1 < lr <= 0.5``."""
        negated = self._accept("not")
        if self._accept("in"):
            if left.value is None or isinstance(left.value, Moment):
                raise at(left, "Only a number or a text can be looked for in a list.")
            return Holds(self._key(), left.value, negated)
        operator = self.token
        if negated or operator.kind != "sign" or operator.value not in _OPERATORS:
            raise at(left, "A value alone is no condition: compare a name with it, such as lr < 0.1.")
        if operator.value not in _ORDERS:
            raise wrong(operator, f"The name stands on the left of {operator.value}, the text on the right.")
        self.take()
        key = self._key()
        first = compare(key, operator._replace(value=_ORDERS[str(operator.value)]), left)
        again = self.token
        if again.kind == "sign" and again.value in {"<", "<=", ">", ">="}:
            self._count += 1
            return Every((first, self._compared(key, self.take())))
        return first

    def _key(self) -> Key:
        name = self.token
        if name.kind != "name" or (name.bare and _word(name) in {*_WORDS, *_CONSTANTS}):
            raise wrong(name, "The name of a value is missing here, such as lr or tags.")
        return make_key(self.take().parts)

    def _literal(self, *, words: bool = False) -> Literal:
        token = self.token
        if token.kind in {"number", "text"}:
            self.take()
            return Literal(token.value, token.position, token.length)
        word = _word(token)
        if word in _CONSTANTS:
            self.take()
            return Literal(_CONSTANTS[word], token.position, token.length)
        if word in WORDS:
            return self._moment(word)
        if token.kind == "name" and token.bare and words and word not in _WORDS:
            self.take()
            return Literal(token.value, token.position, token.length)
        raise wrong(token, _no_value(token))

    def _moment(self, word: str) -> Literal:
        first = last = self.take()
        shift = 0.0
        if self.token.kind == "number" and cast("float", self.token.value) < 0:
            last = self.take()
            shift = cast("float", last.value)
        elif self._accept("-"):
            last = self.token
            if last.kind != "number":
                raise wrong(last, "A length of time is missing here, such as 2d, 6h or 30min.")
            self.take()
            shift = -cast("float", last.value)
        length = last.position + last.length - first.position
        return Literal(Moment(word, float(shift)), first.position, length)

    def _sees(self, what: str) -> bool:
        token = self.token
        return token.value == what if token.kind == "sign" else _word(token) == what

    def _accept(self, what: str) -> bool:
        if not self._sees(what):
            return False
        self.take()
        return True


def _word(token: Token) -> str:
    """Return the keyword that a token may be: the text of a bare name in small letters, else nothing."""
    return str(token.value).lower() if token.kind == "name" and token.bare else ""


def _no_value(token: Token) -> str:
    if token.kind == "end":
        return "The query ends where a name or value is missing."
    if token.kind == "name" and _word(token) not in _WORDS:
        return f"Compare with a number, or with text in quotes; {token.value} is a name."
    return f"A name or value is missing before “{token.value}”."


def _no_function(name: Token) -> str:
    value = str(name.value)
    if value in {"min", "max", "mean", "last", "first", "best", "count"}:
        return f"There are no functions; write acc.{value} for the {value} of the metric acc."
    return f"There are no functions; {value} cannot be called. Lists follow the word “in”."
