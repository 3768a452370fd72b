"""What is read out of a text log: lines, pages of them, and hits of a search."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a text log; `at` is the byte at which it begins, `cut` says that more of it is in the file."""

    at: int
    text: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines of a log from byte `start` to byte `end` of `size`."""

    lines: tuple[LogLine, ...]
    start: int
    end: int
    size: int


@dataclass(frozen=True, slots=True)
class LogHit:
    """A line that was searched for, as a terminal shows it; `spans` are the matches, in UTF-16 units of `text`."""

    at: int
    text: str
    spans: tuple[tuple[int, int], ...]
    before: tuple[LogLine, ...] = ()
    after: tuple[LogLine, ...] = ()


@dataclass(frozen=True, slots=True)
class LogHits:
    """Hits of one slice of a search; `cursor` is None when the whole log of `size` bytes has been searched.

    `searched` is the byte down (or up) to which it has been searched so far.
    """

    hits: tuple[LogHit, ...]
    cursor: int | None
    searched: int
    size: int
