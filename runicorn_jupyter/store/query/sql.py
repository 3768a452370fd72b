"""From a query to a condition over the `run` table, every value bound.

A comparison is never NULL-safe by itself: a missing value makes it NULL, which WHERE takes as false. So *not* is pushed
down to the comparisons, where ``IS NOT TRUE`` turns both false and NULL into true.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from runicorn_jupyter.store.query.keys import Key, expression, kind
from runicorn_jupyter.store.query.moments import span
from runicorn_jupyter.store.query.parser import parse
from runicorn_jupyter.store.query.tree import (
    Compare,
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


class Compiled(NamedTuple):
    """A query ready to run: a boolean SQL expression, its values, and the keys a range or equality is asked of.

    An index on ``expression(key)`` of one of `keys` can serve the query. A query with ``now`` in it ages: compile when
    you run it. Run it inside ``time_limit`` on a connection that ``register`` has seen.
    """

    sql: str
    values: tuple[str | float, ...]
    keys: tuple[Key, ...] = ()


class _Part(NamedTuple):
    sql: str
    values: tuple[str | float, ...] = ()
    depth: int = 0
    loose: bool = False
    """Whether it is held together by *or*."""


_NEVER = _Part("0")
_SCALARS = "('integer', 'real', 'true', 'false')"


def compile_query(text: str, now: float | None = None) -> Compiled:
    """Return the condition that the query `text` means; an empty one is true of every run.

    Parameters
    ----------
    text : str
        At most 4,096 characters.
    now : float, optional
        What ``now`` stands for, in Unix seconds; by default the time of this call.

    Raises
    ------
    QueryError
        The text cannot be understood; the error knows where.
    """
    tree = parse(text)
    if tree is None:
        return Compiled("1", ())
    part = _part(tree, time.time() if now is None else now, negated=False)
    return Compiled(f"({part.sql})", part.values, tuple(dict.fromkeys(_keys(tree, negated=False))))


def _keys(node: Node, *, negated: bool) -> Iterator[Key]:
    """Yield the keys by whose order rows can be left out; none below *not*."""
    if isinstance(node, Every | Either):
        for term in node.terms:
            yield from _keys(term, negated=negated)
    elif isinstance(node, Not):
        yield from _keys(node.term, negated=not negated)
    elif not negated and (
        (isinstance(node, Compare) and node.operator in {"==", "<", "<=", ">", ">="})
        or (isinstance(node, Within) and not node.negated)
    ):
        yield node.key


def _part(node: Node, now: float, *, negated: bool) -> _Part:
    if isinstance(node, Not):
        return _part(node.term, now, negated=not negated)
    if isinstance(node, Every | Either):
        parts = [_part(term, now, negated=negated) for term in node.terms]
        return _joined(" AND " if isinstance(node, Every) != negated else " OR ", parts)
    part = _leaf(node, now)
    return part._replace(sql=f"({part.sql}) IS NOT TRUE") if negated else part


def _joined(word: str, parts: Sequence[_Part]) -> _Part:
    # SQLite's parser stack holds a hundred symbols: so the deepest part stands first, where a bracket takes only one of
    # them, and only an *or* inside an *and* gets brackets.
    ordered = sorted(parts, key=lambda part: -part.depth)
    texts = [f"({part.sql})" if part.loose and word == " AND " else part.sql for part in ordered]
    values = tuple(value for part in ordered for value in part.values)
    return _Part(word.join(texts), values, ordered[0].depth + 1, loose=word == " OR " and len(parts) > 1)


def _leaf(node: Leaf, now: float) -> _Part:
    key = node.key
    if isinstance(node, Missing):
        return _Part(f"{expression(key)} IS {'NOT ' if node.negated else ''}NULL")
    if isinstance(node, Given):
        return _given(key)
    if isinstance(node, Within):
        return _within(key, node.values, negated=node.negated)
    if isinstance(node, Holds):
        return _holds(key, node.value, negated=node.negated)
    if isinstance(node.value, Moment):
        return _in_time(key, node.operator, *span(node.value, now))
    if node.operator in {"~", "!~", "=~"}:
        return _like(key, node.operator, str(node.value))
    return _ordered(key, {"==": "=", "!=": "<>"}.get(node.operator, node.operator), node.value)


def _ordered(key: Key, operator: str, value: Value) -> _Part:
    term = expression(key)
    if isinstance(value, str):
        guard = _text_guard(key, value, operator)
        return _NEVER if guard is None else _Part(f"({term} {operator} ?{guard})", (value,))
    if key.type == "text":
        return _NEVER
    # In SQLite's order every text comes after every number, so an open end upwards must be closed.
    guard = f" AND {term} < ''" if key.type == "any" and operator in {">", ">=", "<>"} else ""
    return _Part(f"({term} {operator} ?{guard})", (_number(value),))


def _text_guard(key: Key, value: str, operator: str) -> str | None:
    """Return the condition that keeps numbers and lists (JSON, as text) out; None when no value can be text."""
    if key.type != "any":
        return "" if key.type == "text" else None
    if operator == "=" and not value.startswith(("[", "{")):
        return ""
    return f" AND {kind(key)} = 'text'"


def _in_time(key: Key, operator: str, begin: float, end: float) -> _Part:
    term = expression(key)
    if begin == end:
        return _Part(f"{term} {operator} ?", (begin,))
    if operator == "==":
        return _Part(f"({term} >= ? AND {term} < ?)", (begin, end))
    if operator == "!=":
        return _Part(f"({term} < ? OR {term} >= ?)", (begin, end))
    sign, edge = {"<": ("<", begin), ">=": (">=", begin), "<=": ("<", end), ">": (">=", end)}[operator]
    return _Part(f"{term} {sign} ?", (edge,))


def _within(key: Key, values: tuple[Value, ...], *, negated: bool) -> _Part:
    term, word = expression(key), "NOT IN" if negated else "IN"
    texts = tuple(value for value in values if isinstance(value, str))
    numbers = tuple(_number(value) for value in values if not isinstance(value, str))
    parts = []
    if numbers and key.type != "text":
        guard = f" AND {term} < ''" if negated and key.type == "any" else ""
        parts.append(_Part(f"({term} {word} ({_marks(numbers)}){guard})", numbers))
    if texts and key.type in {"text", "any"}:
        guard = f" AND {kind(key)} = 'text'" if key.type == "any" else ""
        parts.append(_Part(f"({term} {word} ({_marks(texts)}){guard})", texts))
    return _joined(" OR ", parts) if parts else _NEVER


def _holds(key: Key, value: Value, *, negated: bool) -> _Part:
    turned, term = "NOT " if negated else "", expression(key)
    if isinstance(value, str):
        return _by_kind(key, f"instr({term}, ?) > 0", _some(term, "= 'text'", "item.value = ?"), value, turned)
    return _by_kind(key, None, _some(term, f"IN {_SCALARS}", "item.value = ?"), _number(value), turned)


def _like(key: Key, operator: str, text: str) -> _Part:
    turned, term = "NOT " if operator == "!~" else "", expression(key)
    test, bound = _test(operator, text)
    return _by_kind(key, test.format(term), _some(term, "= 'text'", test.format("item.value")), bound, turned)


def _some(term: str, types: str, test: str) -> str:
    # Keys are quoted where they enter `term`, the rest are constants of this module; values are bound.
    return f"EXISTS (SELECT 1 FROM json_each({term}) AS item WHERE item.type {types} AND {test})"  # noqa: S608


def _test(operator: str, text: str) -> tuple[str, str]:
    if operator == "=~":
        return "runicorn_match({}, ?)", text
    if text.isascii():
        # LIKE knows the capitals of ASCII only, which is all that matters then, and takes no call into Python.
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return "{} LIKE ? ESCAPE '\\'", f"%{escaped}%"
    return "instr(runicorn_lower({}), ?) > 0", text.lower()


def _by_kind(key: Key, of_text: str | None, of_list: str, bound: str | float, turned: str) -> _Part:
    """Return a test of texts and of elements of lists; any other value fails it, turned or not."""
    if key.type == "list":
        return _Part(f"{turned}({of_list})", (bound,))
    if key.type == "text" and of_text:
        return _Part(f"{turned}({of_text})", (bound,))
    if key.type != "any":
        return _NEVER
    text = f"WHEN 'text' THEN {turned}({of_text}) " if of_text else ""
    return _Part(
        f"CASE {kind(key)} {text}WHEN 'array' THEN {turned}({of_list}) END", (bound, bound) if of_text else (bound,)
    )


def _given(key: Key) -> _Part:
    term = expression(key)
    if key.type == "any":
        empty = "WHEN 'text' THEN '' WHEN 'array' THEN '[]' WHEN 'object' THEN '{}' WHEN 'false' THEN 0"
        return _Part(f"{term} IS NOT CASE {kind(key)} {empty} END")
    if key.type in {"number", "time"}:
        return _Part(f"{term} IS NOT NULL")
    return _Part(f"{term} <> '{'[]' if key.type == 'list' else ''}'")


def _number(value: float) -> float:
    return int(value) if isinstance(value, bool) else value


def _marks(values: tuple[str | float, ...]) -> str:
    return ", ".join("?" * len(values))
