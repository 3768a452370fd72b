"""Searching a log of any size from its end or its beginning, a slice of time at a time, in bounded memory.

What is searched is what a terminal would show: without escape sequences, and of a line that a progress bar wrote over
again and again only the last state.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from runicorn_jupyter.errors import BadRequest, QueryTooSlow
from runicorn_jupyter.store.logs.loglines import SHOWN, Direction, LogFile, split
from runicorn_jupyter.store.logs.logparts import LogHit, LogHits, LogLine
from runicorn_jupyter.store.patterns import compile_pattern

SLICE = 0.25
"""Seconds after which an answer is given, with a cursor to go on from."""

_ONE_LINE = 0.1
"""Seconds that a regular expression may take for one line."""

_SPANS = 50
_ESCAPE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
_Test = Callable[[str], list[tuple[int, int]]]
_Prefilter = Callable[[bytes], bool]


class Search(NamedTuple):
    """What is looked for: text, or a regular expression of the `regex` package."""

    text: str
    regex: bool = False
    ignore_case: bool = True


def search(
    log: LogFile,
    wanted: Search,
    *,
    cursor: int | None = None,
    direction: Direction = "backward",
    limit: int = 100,
    context: int = 0,
) -> LogHits:
    """Return hits in the order in which they are found, and where to go on.

    Parameters
    ----------
    log : LogFile
        Where to look.
    wanted : Search
        What for.
    cursor : int, optional
        The ``cursor`` of the answer before; the first question begins at the end, or with `direction` forward at the
        beginning.
    direction : {"backward", "forward"}
        Newest or oldest first.
    limit : int
        Hits in one answer.
    context : int
        Lines to give before and after each hit.

    Raises
    ------
    BadRequest
        The expression is none.
    QueryTooSlow
        The expression takes over 0.1 s for one line.
    """
    test, until = _test(wanted), time.monotonic() + SLICE
    backward = direction == "backward"
    at = (log.size if backward else 0) if cursor is None else min(cursor, log.size)
    hits: list[LogHit] = []
    for place, line, behind in _lines(log, at, _prefilter(wanted), backward=backward):
        at = behind
        if line is not None and (spans := test(text := visible(line))):
            hits.append(_hit(log, place, line, text, spans, context))
        if len(hits) >= limit or time.monotonic() > until:
            break
    over = at <= 0 if backward else at >= log.size
    return LogHits(tuple(hits), None if over else at, at, log.size)


def visible(line: bytes) -> str:
    """Return what a terminal would show of a line, at most its first 20,000 characters."""
    if b"\x1b" in line:
        line = _ESCAPE.sub(b"", line)
    line = line.rstrip(b"\r")
    return line[line.rfind(b"\r") + 1 :][: 4 * SHOWN].decode("utf-8", "replace")[:SHOWN]


def _lines(log: LogFile, at: int, may: _Prefilter | None, *, backward: bool) -> Iterator[tuple[int, bytes | None, int]]:
    """Yield (position, line, where to go on) in the order of the search; a block without a hit is one empty turn."""
    while at > 0 if backward else at < log.size:
        if backward:
            start, data = log.above(at)
            behind = start
        else:
            start, data = at, log.below(at)
            behind = start + len(data)
        if not data:
            return
        if may is None or may(data):
            lines = split(data, start)
            for place, line in reversed(lines) if backward else lines:
                looked_at = may is None or may(line)
                yield place, line if looked_at else None, place if backward else min(place + len(line) + 1, behind)
        yield at, None, behind
        at = behind


def _prefilter(wanted: Search) -> _Prefilter | None:
    """Return a quick test whether a block or a line may hold the text at all; an expression has none."""
    if wanted.regex:
        return None
    exact, lower = wanted.text.encode("utf-8", "replace"), wanted.text.lower()

    def may(data: bytes) -> bool:
        if b"\x1b" in data:
            data = _ESCAPE.sub(b"", data)
        if exact in data or not wanted.ignore_case:
            return exact in data
        # Bytes know the two cases of ASCII only.
        return exact.lower() in data.lower() if lower.isascii() else lower in data.decode("utf-8", "replace").lower()

    return may


def _test(wanted: Search) -> _Test:
    if not wanted.text:
        raise BadRequest("Say what to search for: q is empty.")
    import regex

    flags = regex.IGNORECASE if wanted.ignore_case else 0
    try:
        pattern = compile_pattern(wanted.text if wanted.regex else regex.escape(wanted.text), flags)
    except (regex.error, RecursionError, OverflowError) as error:
        raise BadRequest(f"This is no regular expression: {error}.") from None

    def spans(text: str) -> list[tuple[int, int]]:
        try:
            if not pattern.search(text, timeout=_ONE_LINE):
                return []
            return [found.span() for found in islice(pattern.finditer(text, timeout=_ONE_LINE), _SPANS)]
        except TimeoutError:
            raise QueryTooSlow(
                "This regular expression takes too long; nested repetitions such as (a+)+ are the usual cause."
            ) from None

    return spans


def _hit(log: LogFile, at: int, line: bytes, text: str, spans: list[tuple[int, int]], context: int) -> LogHit:
    before: tuple[LogLine, ...] = ()
    after: tuple[LogLine, ...] = ()
    if context:
        before = log.page(at, context, "backward").lines if at else ()
        after = log.page(at + len(line) + 1, context, "forward").lines
    return LogHit(at, text, _utf16(text, spans), before, after)


def _utf16(text: str, spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return `spans` in the units in which a page counts characters."""
    if all(character <= "\uffff" for character in text):
        return tuple(spans)

    def units(end: int) -> int:
        return end + sum(character > "\uffff" for character in text[:end])

    return tuple((units(start), units(end)) for start, end in spans)
