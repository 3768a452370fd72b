"""How a stretch of events looks in the curve cache, one row for each metric, and how rows become a column again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from runicorn_jupyter.store.series.batch import Batch, Floats, Integers, Objects, Points
from runicorn_jupyter.store.series.groups import (
    CELL,
    RECORD,
    Groups,
    chained,
    group_starts,
    grouped,
    of_records,
    summarise,
)
from runicorn_jupyter.store.series.parts import Part

STRETCH = 4096
"""Events of a run that are stored together, at most."""

Fetch = Callable[[Sequence[int]], list[bytes]]
"""Returns the raw values of chunks by their numbers, in that order."""


def encode_points(stretch: int, events: Integers, values: Floats, start: int) -> Part:
    """Return the part of numbers.

    Parameters
    ----------
    stretch : int
        Number of the stretch.
    events : array
        Event numbers within the stretch, rising.
    values : array
        One value an event.
    start : int
        Points of this metric in the stretches before.
    """
    first, stride, positions = _regular(events)
    if len(values) <= CELL:
        return Part(stretch, len(values), first, stride, positions, None, values.tobytes(), None)
    even = _even(values)
    summary = summarise(values, start).tobytes()
    return Part(stretch, len(values), first, stride, positions, summary, even, None if even else values.tobytes())


def encode_objects(stretch: int, events: Sequence[int], values: Sequence[Any]) -> Part:
    """Return the part of texts and the like: each different value once, and which stands where."""
    codes: dict[Any, int] = {}
    kept: list[Any] = []
    coded = []
    for value in values:
        key = (type(value), value) if isinstance(value, str | int) else id(value)
        code = codes.setdefault(key, len(kept))
        if code == len(kept):
            kept.append(value)
        coded.append(code)
    first, stride, positions = _regular(np.array(events, np.int64))
    written = np.array(coded, np.uint16).tobytes()
    return Part(stretch, len(values), first, stride, positions, written, json.dumps(kept).encode(), None)


def decode_objects(part: Part) -> Objects:
    """Return texts and the like with their event numbers within the stretch."""
    kept = json.loads(part.data or b"[]")
    codes = np.frombuffer(part.summary or b"", np.uint16).tolist()
    return Objects(part_events(part).tolist(), [kept[code] for code in codes])


def part_events(part: Part) -> Integers:
    """Return the event numbers of a part within its stretch."""
    if part.positions is None:
        return part.first + part.stride * np.arange(part.length)
    return np.frombuffer(part.positions, np.uint16).astype(np.int64)


def cut(batch: Batch) -> list[tuple[int, int]]:
    """Return the bounds of the stretches into which the events of a batch are stored, about equally long."""
    number = max(-(-len(batch) // STRETCH), 1)
    bounds = [len(batch) * at // number for at in range(number + 1)]
    return list(pairwise(bounds))


def points_between(points: Points, start: int, stop: int) -> tuple[Integers, Floats]:
    """Return events, counted from `start`, and values of the points at the events from `start` to before `stop`."""
    if points.events is None:
        return np.arange(stop - start), points.values[start:stop]
    low, high = np.searchsorted(points.events, (start, stop)).tolist()
    return points.events[low:high] - start, points.values[low:high]


class StoredColumn:
    """Everything but the raw values of one metric, for the stretches below ``stretches``."""

    __slots__ = (
        "_beside",
        "base",
        "count",
        "first",
        "groups",
        "inline",
        "memo",
        "positions",
        "raw",
        "slope",
        "starts",
        "stretch",
        "stretches",
        "stride",
    )

    count: int

    def __init__(self, parts: Sequence[Part], stretches: int, before: StoredColumn | None = None) -> None:
        counts = np.array([part.length for part in parts], np.int64)
        begin = before.count if before else 0
        self.stretches = stretches
        self.count = begin + int(counts.sum())
        starts = begin + np.concatenate(([0], np.cumsum(counts)[:-1])) if parts else np.empty(0, np.int64)
        values = [_values(part) for part in parts]
        even = [(value if isinstance(value, tuple) else (np.nan, 0.0)) for value in values]
        self.starts: Integers = starts.astype(np.int64)
        self.stretch = np.array([part.stretch for part in parts], np.int64)
        self.first = np.array([part.first for part in parts], np.int64)
        self.stride = np.array([0 if part.positions else part.stride for part in parts], np.int64)
        self.raw = np.array([part.raw if part.raw is not None else -1 for part in parts], np.int64)
        self.base = np.array([one[0] for one in even], np.float64)
        self.slope = np.array([one[1] for one in even], np.float64)
        self.positions = [np.frombuffer(part.positions, np.uint16) if part.positions else None for part in parts]
        self.inline = [value if isinstance(value, np.ndarray) else None for value in values]
        self.groups = _groups(parts, self.starts, self.inline)
        self.memo: tuple[Integers, Floats] = (np.empty(0, np.int64), np.empty(0))
        # Added up once: every look at a run asks how much memory it holds.
        self._beside = sum(array.nbytes for array in (*self.positions, *self.inline) if array is not None)
        if before is not None and before.count:
            self._append_to(before)

    def _append_to(self, before: StoredColumn) -> None:
        for name in ("starts", "stretch", "first", "stride", "raw", "base", "slope"):
            setattr(self, name, np.concatenate((getattr(before, name), getattr(self, name))))
        self.positions = before.positions + self.positions
        self.inline = before.inline + self.inline
        self.groups = chained([before.groups, self.groups])
        self.memo = before.memo
        self._beside += before._beside

    @property
    def nbytes(self) -> int:
        """About the bytes of memory it takes."""
        return 80 * len(self.starts) + 40 * len(self.groups.starts) + self._beside + 2 * self.memo[0].nbytes


def _regular(events: Integers) -> tuple[int, int, bytes | None]:
    first = int(events[0])
    stride = int(events[1]) - first if len(events) > 1 else 1
    if len(events) < 3 or bool((np.diff(events) == stride).all()):
        return first, stride, None
    return first, 0, events.astype(np.uint16).tobytes()


def _even(values: Floats) -> bytes | None:
    """Return start and stride of values that `start + stride * n` gives back bit by bit, else None."""
    with np.errstate(all="ignore"):
        start, stride = values[0], values[1] - values[0]
        if values[2] - values[1] != stride:
            return None
        again = start + stride * np.arange(len(values))
    return np.array([start, stride]).tobytes() if again.tobytes() == values.tobytes() else None


def _values(part: Part) -> Floats | tuple[float, float] | None:
    if part.data is None:
        return None
    found = np.frombuffer(part.data, np.float64)
    if part.length > CELL:
        return float(found[0]), float(found[1])
    return found


def _groups(parts: Sequence[Part], starts: Integers, inline: Sequence[Floats | None]) -> Groups:
    pieces = []
    for held, run in groupby(range(len(parts)), key=lambda at: inline[at] is not None):
        members = list(run)
        begin = starts[members]
        if held:
            pieces.append(grouped(np.concatenate([inline[at] for at in members]), int(begin[0])))
            continue
        counts = np.array([parts[at].length for at in members])
        records = np.frombuffer(b"".join(parts[at].summary or b"" for at in members), RECORD)
        pieces.append(of_records(group_starts(begin, counts), records))
    return chained(pieces) if pieces else grouped(np.empty(0), 0)
