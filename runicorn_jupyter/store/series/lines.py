"""Lines of events.jsonl to events, whatever wrote them and however they were cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

from runicorn_jupyter.store.runs.values import clean

LINE_LIMIT = 16 * 1024 * 1024
"""Bytes; a longer line is counted as bad instead of read."""

_START = b'{"ts"'
_PIECE = 32 * 1024
"""Bytes that are read line by line when one line among them cannot be read with the others."""

Event = dict[str, Any]


def parse_block(block: bytes) -> tuple[list[Event], int]:
    """Return the events of complete lines and how many pieces were bad: what `parse_line` says of each line in turn.

    Lines are read many at a time, and one by one only around a line that is no strict JSON.

    Parameters
    ----------
    block : bytes
        Whole lines, each with its newline (the last may lack it).
    """
    if len(block) <= LINE_LIMIT:
        events = _all_at_once(block)
        if events is not None:
            return events, 0
    found: list[Event] = []
    bad = 0
    for piece in _pieces(block):
        events = _all_at_once(piece) if len(piece) < len(block) else None
        if events is None:
            events, more = _one_by_one(piece)
            bad += more
        found += events
    return found, bad


def parse_line(line: bytes) -> tuple[list[Event], int]:
    """Return the events of one complete line and how many pieces of it were bad.

    Upstream writes the bare words NaN and Infinity, which strict JSON has not: such a line is read by the standard
    library. A process that died in the middle of a line leaves its torso glued before the next event; the good event is
    found again behind it.

    Parameters
    ----------
    line : bytes
        One line without its newline.

    Returns
    -------
    events : list of dict
        Usually one; none for an empty or bad line.
    bad : int
        Pieces that are no event.
    """
    if not line or line.isspace():
        return [], 0
    if len(line) > LINE_LIMIT:
        return [], 1
    event = _object(line)
    if event is not None:
        return [event], 0
    events = list(_salvaged(line))
    return events, 1 if len(events) < line.count(_START) or not events else 0


def _all_at_once(block: bytes) -> list[Event] | None:
    """Return the events of a block in which every line is one strict JSON object, else None."""
    body = block.removesuffix(b"\n")
    try:
        found = orjson.loads(b"[%b]" % body.replace(b"\n", b","))
    except orjson.JSONDecodeError:
        return None
    # A torn object and the line after it can make one value together; then there are fewer values than lines.
    if len(found) != body.count(b"\n") + 1 or set(map(type, found)) != {dict}:
        return None
    return found  # type: ignore[no-any-return]


def _pieces(block: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(block):
        end = block.rfind(b"\n", start, start + _PIECE) + 1 or block.find(b"\n", start) + 1 or len(block)
        yield block[start:end]
        start = end


def _one_by_one(block: bytes) -> tuple[list[Event], int]:
    events: list[Event] = []
    bad = 0
    for line in block.split(b"\n"):
        good, more = parse_line(line)
        events += good
        bad += more
    return events, bad


def _object(line: bytes) -> Event | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            value = _with_clean_names(json.loads(line))
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def _with_clean_names(event: Any) -> Any:
    """Return `event` with texts that can be sent; its numbers stay as they are, NaN and infinities included."""
    data = event.get("data") if isinstance(event, dict) else None
    if not isinstance(data, dict):
        return event
    kept = {clean(name): value if isinstance(value, float) else clean(value) for name, value in data.items()}
    return {**event, "data": kept}


def _salvaged(line: bytes) -> Iterator[Event]:
    """Yield the whole events of a line in which several stand, or one behind a torn one."""
    for piece in line.split(_START)[1:]:
        event = _object(_START + piece)
        if event is not None:
            yield event
