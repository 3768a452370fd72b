"""Values from files that may be anybody's, taken by type and made fit to be sent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_DEEPEST = 50
_INTEGER_LIMIT = 2**63


def clean(value: Any, depth: int = 0) -> Any:
    """Return `value` with all that strict JSON cannot carry replaced.

    NaN and infinities become None, integers beyond 64 bits floats (or None), halves of surrogate pairs question marks,
    and what is nested more than fifty deep is cut off.
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
        return as_number(value)
    if isinstance(value, dict):
        return {clean(key): clean(item, depth + 1) for key, item in value.items()} if depth < _DEEPEST else None
    if isinstance(value, list):
        return [clean(item, depth + 1) for item in value] if depth < _DEEPEST else None
    return value


def as_text(value: Any) -> str | None:
    """Return `value` if it is text that can be sent as UTF-8, else None."""
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "replace").decode()


def as_number(value: Any) -> float | None:
    """Return `value` as a finite float, else None; a boolean is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def as_whole(value: Any) -> int | None:
    """Return `value` if it is an integer within ±2^53, else None."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**53:
        return None
    return value


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return `value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_texts(value: Any) -> tuple[str, ...]:
    """Return the texts in the list `value`; anything else gives none."""
    if not isinstance(value, list):
        return ()
    return tuple(text for text in map(as_text, value) if text is not None)
