"""What a message about other hosts may say: each field has a kind and an end, and nothing else is let through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from runicorn_jupyter.errors import BadRequest

_TEXT = 1024
_NUMBER = 2**53


class Field(NamedTuple):
    """One argument: what it must be in words, how it is read, and whether it may be missing."""

    what: str
    read: Callable[[Any], Any]
    """Returns the value, or raises ValueError."""
    needed: bool = False


def text(most: int = _TEXT, *, needed: bool = False) -> Field:
    """Declare a text without control characters."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > most or any(ord(mark) < ord(" ") for mark in value):
            raise ValueError
        if needed and not value:
            raise ValueError
        return value

    return Field(f"a text of at most {most} characters on one line", read, needed)


def whole(low: int, high: int = _NUMBER) -> Field:
    """Declare a whole number; in an address it is written in digits."""

    def read(value: Any) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(high)):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError
        return value

    return Field(f"a whole number from {low} to {high}", read)


def yes() -> Field:
    """Declare what must be true, and nothing else."""

    def read(value: Any) -> bool:
        if value is not True:
            raise ValueError
        return True

    return Field("true", read, needed=True)


def read(fields: Mapping[str, Field], given: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the arguments that `given` holds; those that are missing or null are not there.

    Raises
    ------
    BadRequest
        One is missing, has the wrong kind, or is not known.
    """
    unknown = [name for name in given if name not in fields]
    if unknown:
        raise BadRequest(f"There is no argument {str(unknown[0])[:40]!r} here.")
    found = {}
    for name, field in fields.items():
        value = given.get(name)
        if value is None:
            if field.needed:
                raise BadRequest(f"{name} is required.")
            continue
        try:
            found[name] = field.read(value)
        except ValueError:
            raise BadRequest(f"{name} must be {field.what}.") from None
    return found
