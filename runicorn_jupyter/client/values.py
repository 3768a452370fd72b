"""What is sent and what comes back, checked for its shape: a server of another version is told, not tripped over."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from runicorn_jupyter.client.errors import ServerError

Row = dict[str, Any]


def given(values: Row) -> Row:
    """Return `values` without those that are None."""
    return {name: value for name, value in values.items() if value is not None}


def part(text: str) -> str:
    """Return `text` as one part of an address."""
    return quote(str(text), safe="")


def held(answer: Any, key: str) -> Any:
    """Return what the object `answer` holds under `key`."""
    found = row(answer)
    if key not in found:
        raise _other(f"lacks {key!r}")
    return found[key]


def row(answer: Any) -> Row:
    """Return `answer`, which must be an object."""
    if not isinstance(answer, dict):
        raise _other("is no object")
    return answer


def rows(answer: Any, key: str | None = None) -> list[Row]:
    """Return the list of objects that `answer` is, or holds under `key`."""
    found = answer if key is None or isinstance(answer, list) else held(answer, key)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _other("is no list of objects")
    return found


def words(answer: Any, key: str) -> list[str]:
    """Return the list of texts that `answer` holds under `key`."""
    found = held(answer, key)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise _other("is no list of texts")
    return found


def number(answer: Any, key: str) -> int:
    """Return the whole number that `answer` holds under `key`."""
    found = held(answer, key)
    if not isinstance(found, int):
        raise _other(f"has no number {key!r}")
    return found


def _other(what: str) -> ServerError:
    return ServerError(f"The viewer's answer {what}: it is of another version; update the viewer or this package.")
