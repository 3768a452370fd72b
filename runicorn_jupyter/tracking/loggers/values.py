"""What frameworks hand over, as names, numbers and dicts that a run takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.paths import safe_name

_LONGEST = 100
_SEPARATORS = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))


def as_name(text: Any) -> str | None:
    """Return `text` as a project or experiment name, with what a folder cannot hold replaced; None when none is left.

    For names that a framework chose. What the caller of a logger chose is checked instead, and refused.
    """
    shown = "".join(letter for letter in str(text).translate(_SEPARATORS) if letter.isprintable())
    word = shown[:_LONGEST].strip(" .").lstrip("-. ")
    try:
        return safe_name(word)
    except BadRequest:
        return None


def number(value: Any) -> float | int | None:
    """Return a scalar of any library as a plain number; None when it is no single number."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    item = getattr(value, "item", None)
    try:
        found = item() if callable(item) else float(value)
    except Exception:  # noqa: BLE001 - any object may come
        return None
    return found if isinstance(found, int | float) else None


def numbers(values: Mapping[Any, Any] | None) -> dict[str, float | int]:
    """Return those of `values` that are single numbers."""
    found = {str(key): number(value) for key, value in (values or {}).items()}
    return {key: value for key, value in found.items() if value is not None}


def as_config(values: Any) -> dict[str, Any]:
    """Return hyperparameters, a mapping or an object with attributes, as a dict with text keys."""
    found = values if isinstance(values, Mapping) else getattr(values, "__dict__", None) or {}
    return {str(key): value for key, value in found.items()}
