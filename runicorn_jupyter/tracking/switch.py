"""Whether tracking is on: ``RUNICORN_ON``, or what the script said."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_VARIABLE = "RUNICORN_ON"
_OFF = frozenset({"0", "false", "off", "no"})


class _Switch:
    said: bool | None = None


def is_enabled() -> bool:
    """Tell whether `init` makes real runs: as `set_enabled` said, else unless ``RUNICORN_ON`` is 0, false, off, no."""
    if _Switch.said is not None:
        return _Switch.said
    return os.environ.get(_VARIABLE, "").strip().lower() not in _OFF


def set_enabled(enabled: bool) -> None:
    """Switch tracking on or off for runs made from now on, whatever the environment says."""
    _Switch.said = bool(enabled)


def reset_enabled() -> None:
    """Let the environment decide again."""
    _Switch.said = None


@contextmanager
def enabled(enabled: bool) -> Iterator[None]:
    """Switch tracking on or off for the length of a ``with`` block."""
    before = _Switch.said
    _Switch.said = bool(enabled)
    try:
        yield
    finally:
        _Switch.said = before
