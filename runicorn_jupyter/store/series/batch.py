"""Parsed events turned into columns, many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from runicorn_jupyter.store.runs.values import as_number
from runicorn_jupyter.store.series.lines import Event

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EXACT = 2**53
_DROPPED = frozenset({"global_step", "step", "epoch", "time"})
"""Keys that are no metric: the step and time of an event stand in columns of their own (contract R8)."""

_NUMBERS = frozenset({float, int})
_FEW_SHAPES = 8
"""Events are taken in groups of equal keys while there are that many of a group on average."""


class Points(NamedTuple):
    """Values of one numeric metric and the events they stand at, None when they stand at every one."""

    events: Integers | None
    values: Floats
    integers: bool


class Objects(NamedTuple):
    """Texts, booleans, big integers and nested values of one metric, and the events they stand at."""

    events: list[int]
    values: list[Any]


class Batch:
    """Some events in a row, in columns; event numbers count from the first of the batch."""

    __slots__ = ("bad", "images", "numbers", "objects", "ranks", "steps", "times")

    def __init__(self, steps: Integers, times: Floats) -> None:
        self.steps = steps
        self.times = times
        self.numbers: dict[str, Points] = {}
        self.objects: dict[str, Objects] = {}
        self.images: list[dict[str, Any]] = []
        self.ranks: frozenset[int] = frozenset()
        self.bad = 0

    def __len__(self) -> int:
        return len(self.steps)

    def points(self, name: str) -> Points | None:
        """Return the numbers of a metric, None when it has none here."""
        return self.numbers.get(name)

    def texts(self, name: str) -> Objects | None:
        """Return the other values of a metric, None when it has none here."""
        return self.objects.get(name)

    def whole(self) -> Batch:
        """Return the batch; a packed one is read for this."""
        return self

    @property
    def nbytes(self) -> int:
        """About the bytes of memory it takes."""
        arrays = sum(len(held.values) * (8 if held.events is None else 16) + 200 for held in self.numbers.values())
        return 16 * len(self) + arrays + 100 * (sum(len(held.values) for held in self.objects.values()))


def columnise(events: Sequence[Event], last_step: int, rank: int | None = None) -> Batch:
    """Return the metric events among `events` in columns.

    Parameters
    ----------
    events : sequence of dict
        Parsed lines; what is neither a metric nor an image event is passed over, what is no event at all is counted.
    last_step : int
        The step before the first; an event without a usable step follows the one before it.
    rank : int, optional
        Take only events of this rank; a line that names none is of rank 0.
    """
    ranks: frozenset[int] = frozenset()
    if rank is not None:
        ranks = frozenset(map(_rank, events))
        if ranks != {rank}:
            events = [event for event in events if _rank(event) == rank]
    logged, images, bad = _sorted_out(events)
    datas = list(map(itemgetter("data"), logged))
    batch = Batch(_steps(datas, last_step), _times(logged, datas))
    batch.images, batch.bad, batch.ranks = images, bad, ranks
    if datas:
        for name, (rows, values) in _gathered(datas).items():
            points, others = _convert(rows, values)
            if points is not None:
                batch.numbers[name] = points
            if others is not None:
                batch.objects[name] = others
    return batch


def joined(batches: Sequence[Batch]) -> Batch:
    """Return one batch that holds the events of all, in order."""
    if len(batches) == 1:
        return batches[0]
    whole = Batch(np.concatenate([one.steps for one in batches]), np.concatenate([one.times for one in batches]))
    starts = np.cumsum([0, *map(len, batches)]).tolist()
    total = len(whole)
    for name in dict.fromkeys(chain.from_iterable(one.numbers for one in batches)):
        parts = [(start, held) for start, one in zip(starts, batches, strict=False) if (held := one.numbers.get(name))]
        whole.numbers[name] = _joined_points(parts, batches, starts, total)
    for name in dict.fromkeys(chain.from_iterable(one.objects for one in batches)):
        texts = Objects([], [])
        for start, one in zip(starts, batches, strict=False):
            others = one.objects.get(name)
            if others is not None:
                texts.events.extend(start + event for event in others.events)
                texts.values.extend(others.values)
        whole.objects[name] = texts
    whole.images = list(chain.from_iterable(one.images for one in batches))
    return whole


def _joined_points(
    parts: list[tuple[int, Points]], batches: Sequence[Batch], starts: Sequence[int], total: int
) -> Points:
    values = np.concatenate([held.values for _, held in parts])
    integers = all(held.integers for _, held in parts)
    if len(values) == total:
        return Points(None, values, integers)
    sizes = dict(zip(starts, map(len, batches), strict=False))
    events = [
        np.arange(start, start + sizes[start]) if held.events is None else start + held.events for start, held in parts
    ]
    return Points(np.concatenate(events), values, integers)


def _rank(event: Event) -> int:
    rank = event.get("rank")
    return rank if type(rank) is int else 0


MEDIA_TYPES = ("image", "audio", "table", "file", "figure")
"""Event types that point at a file of the run (contract §5d)."""


def _sorted_out(events: Sequence[Event]) -> tuple[Sequence[Event], list[dict[str, Any]], int]:
    """Return the metric events, the image events and the number of lines that are no event."""
    try:
        kinds = set(map(itemgetter("type"), events))
        if kinds <= {"metrics"} and set(map(type, map(itemgetter("data"), events))) <= {dict}:
            return events, [], 0
    except (KeyError, TypeError):  # no type, no data, or a type that is a list
        pass
    logged, images, bad = [], [], 0
    for event in events:
        data = event.get("data")
        if not isinstance(data, dict):
            bad += 1
        elif event.get("type") == "metrics":
            logged.append(event)
        elif event.get("type") in MEDIA_TYPES:
            images.append({"ts": event.get("ts"), **data, "type": event["type"]})
    return logged, images, bad


def _steps(datas: Sequence[Mapping[str, Any]], last: int) -> Integers:
    try:
        steps = list(map(itemgetter("global_step"), datas))
        if set(map(type, steps)) <= {int}:
            found = np.array(steps, dtype=np.int64)
            if not len(found) or (found.min() > -EXACT and found.max() < EXACT):
                return found
    except (KeyError, OverflowError):
        pass
    steps = []
    for data in datas:
        last = _step(data, last)
        steps.append(last)
    return np.array(steps, dtype=np.int64)


def _step(data: Mapping[str, Any], last: int) -> int:
    for key in ("global_step", "step"):
        value = data.get(key)
        if type(value) is int and -EXACT <= value <= EXACT:
            return value
        if type(value) is float and -EXACT <= value <= EXACT:
            return int(value)
    return last + 1


def _times(events: Sequence[Event], datas: Sequence[Mapping[str, Any]]) -> Floats:
    try:
        times = list(map(itemgetter("ts"), events))
        if set(map(type, times)) <= _NUMBERS:
            found = np.array(times, dtype=np.float64)
            if bool(np.isfinite(found).all()):
                return found
    except (KeyError, OverflowError):
        pass
    return np.array([_time(*pair) for pair in zip(events, datas, strict=True)], dtype=np.float64)


def _time(event: Event, data: Mapping[str, Any]) -> float:
    for value in (event.get("ts"), data.get("time")):
        number = as_number(value)
        if number is not None:
            return number
    return float("nan")


_Gathered = dict[str, tuple[list[int] | None, Sequence[Any]]]


def _gathered(datas: Sequence[Mapping[str, Any]]) -> _Gathered:
    """Return the values of each key in the order of events, with their event numbers unless every event has one."""
    keys = tuple(datas[0])
    if set(map(len, datas)) == {len(keys)}:
        try:
            return {key: (None, list(map(itemgetter(key), datas))) for key in keys if key not in _DROPPED}
        except KeyError:
            pass
    shapes: dict[tuple[str, ...], list[int]] = {}
    for at, data in enumerate(datas):
        shapes.setdefault(tuple(data), []).append(at)
    found: dict[str, tuple[list[int], list[Any]]] = {}
    mixed = set[str]()
    if len(shapes) * _FEW_SHAPES > len(datas):
        shapes = {}
        for at, data in enumerate(datas):
            for key, value in data.items():
                rows, values = found.get(key) or found.setdefault(key, ([], []))
                rows.append(at)
                values.append(value)
    for shape, members in shapes.items():
        group = [datas[at] for at in members]
        for key in shape:
            mixed |= {key} & found.keys()
            rows, values = found.setdefault(key, ([], []))
            rows += members
            values += map(itemgetter(key), group)
    return {key: _in_order(*pair) if key in mixed else pair for key, pair in found.items() if key not in _DROPPED}


def _in_order(rows: list[int], values: list[Any]) -> tuple[list[int], list[Any]]:
    order = np.argsort(np.array(rows), kind="stable").tolist()
    return [rows[at] for at in order], [values[at] for at in order]


def _convert(rows: list[int] | None, values: Sequence[Any]) -> tuple[Points | None, Objects | None]:
    kinds = set(map(type, values))
    if kinds <= _NUMBERS:
        found = _as_floats(values, kinds)
        if found is not None:
            return Points(None if rows is None else np.array(rows, np.int64), found, float not in kinds), None
    numbers, at = [], []
    others = Objects([], [])
    integers = True
    for row, value in zip(range(len(values)) if rows is None else rows, values, strict=True):
        kind = type(value)
        if value is None:
            continue
        if kind is float or (kind is int and -EXACT <= value <= EXACT):
            integers = integers and kind is int
            numbers.append(value)
            at.append(row)
        else:
            others.events.append(row)
            others.values.append(value)
    points = Points(np.array(at, np.int64), np.array(numbers, np.float64), integers) if at else None
    return points, others if others.events else None


def _as_floats(values: Iterable[Any], kinds: set[type]) -> Floats | None:
    """Return numbers as float64, None when an integer among them would lose digits."""
    try:
        found = np.array(values, dtype=np.float64)
    except OverflowError:
        return None
    if int in kinds and bool((np.abs(found) >= EXACT).any()):
        return None
    return found
