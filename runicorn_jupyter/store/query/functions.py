"""What SQLite cannot do itself and a query needs, and the limits that every query runs under."""

from __future__ import annotations

import functools
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import orjson

from runicorn_jupyter.errors import QueryTooSlow
from runicorn_jupyter.store.patterns import compile_pattern

if TYPE_CHECKING:
    import regex

MATCH_SECONDS: Final = 0.05
"""How long one regular expression may look at one text."""

MATCHING_SECONDS: Final = 2.0
"""How long the regular expressions of one query may look at all texts together."""

QUERY_SECONDS: Final = 5.0
_STEPS: Final = 2000
_TYPES: Final[dict[type, str]] = {
    str: "text",
    int: "integer",
    float: "real",
    list: "array",
    dict: "object",
}
_running = threading.local()


def register(connection: sqlite3.Connection) -> None:
    """Make the functions known to `connection` that compiled queries and expressions call."""
    for name, arguments, function in FUNCTIONS:
        connection.create_function(name, arguments, function, deterministic=True)


@contextmanager
def time_limit(connection: sqlite3.Connection, seconds: float = QUERY_SECONDS) -> Iterator[None]:
    """Interrupt what runs on `connection` in this block when it takes longer than `seconds`.

    Raises
    ------
    QueryTooSlow
        It did, or one regular expression took too long over one text.
    """
    ends = time.monotonic() + seconds
    _running.stuck, _running.matching = False, 0.0
    connection.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if _running.stuck:
            raise QueryTooSlow("This regular expression takes too long; try ~ with a plain piece of text.") from error
        if str(error) == "interrupted":
            raise QueryTooSlow(f"The query took over {seconds:g} s and was stopped; narrow it first.") from error
        raise
    finally:
        connection.set_progress_handler(None, 0)
        _running.matching = 0.0


@functools.lru_cache(maxsize=64)
def pattern(text: str) -> regex.Pattern[str]:
    """Return the regular expression that `text` is, as ``compile_pattern`` does."""
    return compile_pattern(text)


def _match(text: str | None, expression: str) -> bool | None:
    if text is None:
        return None
    begin = time.monotonic()
    try:
        found = pattern(expression).search(text, timeout=MATCH_SECONDS) is not None
    except TimeoutError:
        _running.stuck = True
        raise
    _running.matching = getattr(_running, "matching", 0.0) + time.monotonic() - begin
    if _running.matching > MATCHING_SECONDS:
        _running.stuck = True
        raise TimeoutError
    return found


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _found(document: str, path: str) -> Any:
    value = orjson.loads(document)
    for part in orjson.loads(path):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def _pick(document: str, path: str) -> str | float | None:
    value = _found(document, path)
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value


def _kind(document: str, path: str) -> str | None:
    value = _found(document, path)
    return ("true" if value else "false") if isinstance(value, bool) else _TYPES.get(type(value))


FUNCTIONS: Final[tuple[tuple[str, int, Callable[..., Any]], ...]] = (
    ("runicorn_match", 2, _match),
    ("runicorn_lower", 1, _lower),
    ("runicorn_pick", 2, _pick),
    ("runicorn_kind", 2, _kind),
)
