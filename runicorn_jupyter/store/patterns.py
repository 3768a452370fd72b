"""Regular expressions that somebody sends: compiled by the `regex` package, whose searches take a time limit."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import regex

_REPEATS: Final = 10_000
_COUNTED = re.compile(r"\{[0-9, ]*[0-9][0-9, ]*\}")
_DIGITS = re.compile("[0-9]+")


def compile_pattern(text: str, flags: int = 0) -> regex.Pattern[str]:
    """Return the regular expression that `text` is.

    Raises
    ------
    regex.error
        It is none, or its counted repeats multiply to more than 10,000: the package writes them out in memory, so that
        ``((a{1000}){1000}){1000}`` would take all there is.
    RecursionError, OverflowError
        It is nested too deep, or a number in it is too large.
    """
    import regex

    counts = (max(map(int, _DIGITS.findall(found))) for found in _COUNTED.findall(text))
    if math.prod(max(1, count) for count in counts) > _REPEATS:
        raise regex.error(f"its counted repeats multiply to more than {_REPEATS:,}")
    return regex.compile(text, flags | regex.V0)
