"""From a name, an operator and a value as written to a condition, or to the sentence why it is none."""

from __future__ import annotations

from typing import NamedTuple, cast

from runicorn_jupyter.errors import QueryError
from runicorn_jupyter.store.query.functions import pattern
from runicorn_jupyter.store.query.keys import Key
from runicorn_jupyter.store.query.lexer import Token
from runicorn_jupyter.store.query.moments import span
from runicorn_jupyter.store.query.tree import Compare, Leaf, Missing, Moment, Operator, Value


class Literal(NamedTuple):
    """A value as written, and where; null is None."""

    value: Value | Moment | None
    position: int
    length: int


def compare(key: Key, operator: Token, literal: Literal) -> Leaf:
    """Return the condition that ``key operator literal`` is."""
    value, sign = literal.value, cast("Operator", operator.value)
    if value is None:
        if sign not in {"==", "!="}:
            raise at(literal, "null has no order; write: x is null.")
        return Missing(key, negated=sign == "!=")
    if sign in {"~", "!~", "=~"}:
        return Compare(key, sign, _piece(sign, literal))
    refuse_list(key, operator.position, operator.length)
    if key.type == "time" and isinstance(value, str):
        value = Moment(value)
        try:
            span(value, 0.0)
        except ValueError:
            raise at(literal, 'A time is written "2026-11-20", "2026-11-20T10:00" or now - 2d.') from None
    if isinstance(value, Moment) and key.type != "time":
        raise at(literal, "now and today are compared with times, such as created_at.")
    return Compare(key, sign, value)


def _piece(sign: str, literal: Literal) -> str:
    if not isinstance(literal.value, str):
        raise at(literal, f"After {sign} comes text in quotes.")
    if sign == "=~":
        import regex

        try:
            pattern(literal.value)
        except (regex.error, OverflowError, RecursionError, MemoryError) as error:
            raise at(literal, f"This is no regular expression: {error}.") from None
    return literal.value


def refuse_list(key: Key, position: int, length: int) -> None:
    """Refuse to compare the one list among the fields, at the characters given."""
    if key.type == "list":
        raise QueryError('tags is a list; write: "baseline" in tags, or tags ~ "base".', position, length)


def at(literal: Literal, sentence: str) -> QueryError:
    """Return the error whose place is the literal."""
    return QueryError(sentence, literal.position, literal.length)


def wrong(token: Token, sentence: str) -> QueryError:
    """Return the error whose place is the token."""
    return QueryError(sentence, token.position, token.length)
