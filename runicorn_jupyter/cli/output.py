"""What a command prints: text that cannot move the cursor, JSON, a table, and how far long work is."""

from __future__ import annotations

import io
import json
import math
import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any, Self, TextIO

_WIDTH = 24
_PAUSE = 0.1
_UNITS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1000


def say(text: str) -> None:
    """Print `text`, lines and all; characters that would colour or move the terminal are shown as ``?``."""
    sys.stdout.write("\n".join(map(plain, text.split("\n"))) + "\n")


def say_json(value: Any) -> None:
    """Print `value` as JSON that every reader takes: NaN and infinities are null."""
    escaped = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    try:
        text = json.dumps(value, ensure_ascii=escaped, indent=1, default=str, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=escaped, indent=1, default=str)
    sys.stdout.write(text.encode(errors="backslashreplace").decode() + "\n")


def plain(text: str) -> str:
    """Return `text` without characters that would move the cursor or colour the terminal."""
    return text if text.isprintable() else "".join(mark if mark.isprintable() else "?" for mark in text)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return `rows`, the heads first, in aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)


def size(count: float) -> str:
    """Return a number of bytes as ``17 B``, ``4.2 MB``."""
    unit = 0
    while abs(count) >= _THOUSAND and unit < len(_UNITS) - 1:
        count /= _THOUSAND
        unit += 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 else f"{count:.1f} {_UNITS[unit]}"


def confirm(question: str) -> bool:
    """Ask on the terminal; no answer, and no terminal, is a no."""
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def take_any_text() -> None:
    """Let output be shown with ``?`` where the terminal's encoding has no such character, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def discard_output() -> None:
    """Let the interpreter's last flush go nowhere: the reader of our output has left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Progress:
    """A bar on stderr, when that is a terminal, of work whose length is known or not; else silent.

    Parameters
    ----------
    what : str
        The word before the bar, such as ``exporting``.
    unit : {"", "B"}
        ``B`` counts bytes.
    stream : file, optional
        Where it is drawn.
    """

    def __init__(self, what: str, *, unit: str = "", stream: TextIO | None = None) -> None:
        self._what = what
        self._unit = unit
        self._stream = sys.stderr if stream is None else stream
        self._shown = self._stream.isatty()
        self._next = 0.0
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def __call__(self, done: float, total: float | None = None) -> None:
        """Show that `done` of `total` is done; drawn ten times a second at most."""
        if not self._shown or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _PAUSE
        self._drawn = True
        self._stream.write(f"\r{self._what} {self._state(done, total)}\x1b[K")
        self._stream.flush()

    def _state(self, done: float, total: float | None) -> str:
        if not total:
            return self._count(done)
        part = min(1.0, done / total)
        bar = "█" * round(part * _WIDTH)
        return f"{bar:░<{_WIDTH}} {part:4.0%}  {self._count(done)} of {self._count(total)}"

    def _count(self, number: float) -> str:
        return size(number) if self._unit == "B" else f"{number:.0f}"


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, (list, tuple)) else value


def listed(words: Iterable[str], limit: int = 5) -> str:
    """Return words joined by commas, cut after `limit` of them."""
    found = list(words)
    more = len(found) - limit
    return ", ".join(found[:limit]) + (f" and {more} more" if more > 0 else "")
