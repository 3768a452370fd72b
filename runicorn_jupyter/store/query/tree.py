"""What a query says, as a tree of plain values; nothing here knows text or SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runicorn_jupyter.store.query.keys import Key

Operator = Literal["==", "!=", "<", "<=", ">", ">=", "~", "!~", "=~"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A point or stretch of time: ``now``, ``today``, or an ISO date or time in `text`, moved by `shift` seconds."""

    text: str
    shift: float = 0.0


Value = float | int | str | bool
"""A number, a text or a truth value; true and false are the numbers 1 and 0."""


@dataclass(frozen=True, slots=True)
class Compare:
    """``key operator value``."""

    key: Key
    operator: Operator
    value: Value | Moment


@dataclass(frozen=True, slots=True)
class Within:
    """``key in (values)``, or ``not in``."""

    key: Key
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Holds:
    """``value in key``: an element of a list, or a piece of a text; or ``not in``."""

    key: Key
    value: Value
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """``key is null``, or ``is not null``."""

    key: Key
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """A name alone: the run has it, and it is neither false nor empty."""

    key: Key


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of `term`."""

    term: Node


@dataclass(frozen=True, slots=True)
class Every:
    """All of `terms`, two or more, joined by *and*."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of `terms`, two or more, joined by *or*."""

    terms: tuple[Node, ...]


Leaf = Compare | Within | Holds | Missing | Given
Node = Leaf | Not | Every | Either
