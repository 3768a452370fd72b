"""Where the next page begins, as an opaque text that only fits the order it was made for."""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

import orjson

from runicorn_jupyter.errors import BadRequest

_SHAPE = 1
LONGEST = 300
"""Characters; a longer value is looked up again in the index instead of travelling in the cursor."""


class Cursor(NamedTuple):
    """The last run of a page: how its value ranks (0 number, 1 text, 2 missing), the value, its id and its row."""

    rank: int
    value: float | str | None
    id: str
    number: int
    cut: bool = False
    """Whether the value was too long to be kept."""


def write(cursor: Cursor, order: str) -> str:
    """Return `cursor` as text, bound to `order`."""
    value = cursor.value
    if isinstance(value, str) and len(value) > LONGEST:
        cursor = cursor._replace(value=None, cut=True)
    packed = orjson.dumps([_SHAPE, _mark(order), *cursor])
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def read(text: str, order: str) -> Cursor:
    """Return the cursor that `write` made for `order`.

    Raises
    ------
    BadRequest
        It is none, or one of another order.
    """
    try:
        shape, mark, *fields = orjson.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
        cursor = Cursor(*fields)
        known = shape == _SHAPE and _fits(cursor)
    except (ValueError, TypeError):
        known = False
    if not known:
        raise BadRequest("This cursor is none of ours: take it as X-Next-Cursor gives it, or begin without one.")
    if mark != _mark(order):
        raise BadRequest("This cursor belongs to a list in another order; begin without it.")
    return cursor


def _fits(cursor: Cursor) -> bool:
    kinds = {0: (int, float), 1: (str, type(None)), 2: (type(None),)}
    whole = type(cursor.rank) is int and type(cursor.number) is int and abs(cursor.number) < 2**63
    return whole and isinstance(cursor.id, str) and isinstance(cursor.value, kinds.get(cursor.rank, ()))


def _mark(order: str) -> str:
    return hashlib.sha256(order.encode()).hexdigest()[:8]
