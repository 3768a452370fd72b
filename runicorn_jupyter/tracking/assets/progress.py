"""A line that says how far a long piece of work is, where somebody can see it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

_PATIENCE = 1.0
"""Seconds of work before anything is said."""

_PAUSE = 0.25
_UNITS = ("B", "kB", "MB", "GB", "TB")


class Progress:
    """Counts bytes, and writes one line that is overwritten; nothing on a screen that nobody watches (thread-safe).

    Parameters
    ----------
    what : str
        What is being done.
    total : callable
        Returns all bytes there are; asked only when something is to be shown.
    """

    def __init__(self, what: str, total: Callable[[], int]) -> None:
        self._what = what
        self._count = total
        self._total = 0
        self._done = 0
        self._next = time.monotonic() + _PATIENCE
        self._width = 0
        self._lock = threading.Lock()

    def __call__(self, size: int) -> None:
        """Count `size` bytes more."""
        with self._lock:
            self._done += size
            if time.monotonic() < self._next:
                return
            self._next = time.monotonic() + _PAUSE
            self._total = self._total or self._count()
            percent = min(100, round(100 * self._done / self._total)) if self._total else 100
            self._say(f"{self._what}: {percent} % of {readable(self._total)}")

    def close(self) -> None:
        """End the line, if one was begun."""
        if self._width:
            self._say(f"{self._what}: {readable(self._total)}, done", "\n")

    def _say(self, text: str, end: str = "") -> None:
        stream = _watched()
        if stream is not None:
            stream.write(f"\r{text.ljust(self._width)}{end}")
            stream.flush()
            self._width = len(text)


def readable(size: int) -> str:
    """Return a number of bytes in the unit that suits it."""
    amount = float(size)
    for unit in _UNITS:
        if amount < 1000 or unit == _UNITS[-1]:
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def _watched() -> TextIO | None:
    """Return the stream that a person sees: a terminal, or the output of a notebook cell."""
    if "ipykernel" in sys.modules:
        return sys.stdout
    return sys.stderr if sys.stderr is not None and sys.stderr.isatty() else None
