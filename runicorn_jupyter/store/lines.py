"""One line of events.jsonl to one event, whatever wrote it and however it was cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

from runicorn_jupyter.store.values import clean

LINE_LIMIT = 16 * 1024 * 1024
"""Bytes; a longer line is counted as bad instead of read."""

_START = b'{"ts"'


def parse_line(line: bytes) -> tuple[list[dict[str, Any]], int]:
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


def _object(line: bytes) -> dict[str, Any] | None:
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


def _salvaged(line: bytes) -> Iterator[dict[str, Any]]:
    """Yield the whole events of a line in which several stand, or one behind a torn one."""
    for piece in line.split(_START)[1:]:
        event = _object(_START + piece)
        if event is not None:
            yield event
