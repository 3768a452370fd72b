"""Query parameters, read one way everywhere: named in every complaint, never guessed, never given twice."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import overload

from runicorn_jupyter.errors import BadRequest

TEXT_LIMIT = 4096


class Params:
    """The query of one request.

    Parameters
    ----------
    arguments : mapping of str to list of bytes
        As tornado gives them, percent-decoded once.
    """

    def __init__(self, arguments: Mapping[str, Sequence[bytes]]) -> None:
        self._arguments = arguments

    def text(self, name: str) -> str | None:
        """Return the parameter as text, None when absent or empty.

        Raises
        ------
        BadRequest
            Given twice, not UTF-8, or over 4,096 characters.
        """
        values = self._decoded(name)
        if len(values) > 1:
            raise BadRequest(f"{name} is given {len(values)} times; give it once.")
        return values[0] if values and values[0] else None

    def words(self, name: str) -> list[str]:
        """Return a list given comma separated, repeated, or both; order kept, repetitions dropped."""
        words = (word for value in self._decoded(name) for word in value.split(","))
        return list(dict.fromkeys(word for word in words if word))

    @overload
    def integer(self, name: str, low: int, high: int) -> int | None: ...
    @overload
    def integer(self, name: str, low: int, high: int, default: int) -> int: ...
    def integer(self, name: str, low: int, high: int, default: int | None = None) -> int | None:
        """Return a whole number from `low` to `high`, `default` when absent.

        Raises
        ------
        BadRequest
            No whole number, or out of range; the sentence names the range.
        """
        text = self.text(name)
        if text is None:
            return default
        digits = text.removeprefix("-")
        # int() would also read underscores, spaces and digits of other scripts, and be slow on thousands of them.
        value = int(text) if digits.isascii() and digits.isdigit() and len(digits) <= len(str(high)) else None
        if value is None or not low <= value <= high:
            raise BadRequest(f"{name} must be a whole number from {low} to {high}, not {_quoted(text)}.")
        return value

    def number(self, name: str) -> float | None:
        """Return a finite number, None when absent.

        Raises
        ------
        BadRequest
            No number, or not finite.
        """
        text = self.text(name)
        if text is None:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise BadRequest(f"{name} must be a number, not {_quoted(text)}.")
        return value

    def choice(self, name: str, allowed: Collection[str], default: str) -> str:
        """Return one of the `allowed` words, `default` when absent.

        Raises
        ------
        BadRequest
            Another word.
        """
        text = self.text(name)
        if text is None:
            return default
        if text not in allowed:
            raise BadRequest(f"{name} must be one of {', '.join(allowed)}, not {_quoted(text)}.")
        return text

    def choices(self, name: str, allowed: Collection[str]) -> list[str]:
        """Return a list of `allowed` words.

        Raises
        ------
        BadRequest
            Another word among them.
        """
        words = self.words(name)
        for word in words:
            if word not in allowed:
                raise BadRequest(f"{name} may hold {', '.join(allowed)}, not {_quoted(word)}.")
        return words

    def _decoded(self, name: str) -> list[str]:
        try:
            values = [value.decode() for value in self._arguments.get(name, ())]
        except UnicodeDecodeError:
            raise BadRequest(f"{name} is not UTF-8 text.") from None
        if any(len(value) > TEXT_LIMIT for value in values):
            raise BadRequest(f"{name} is longer than {TEXT_LIMIT} characters.")
        return values


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "…")
