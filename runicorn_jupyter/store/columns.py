"""The points of one run in columns: what every curve, row and frame is cut from."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runicorn_jupyter.models import MetricSummary
from runicorn_jupyter.store.values import as_number

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_EXACT = 2**53
_DROPPED = frozenset({"global_step", "step", "epoch", "time"})
"""Keys that are no metric: the step and time of an event stand in columns of their own (contract R8)."""


class Growing:
    """An array that grows at its end; a view taken earlier stays valid and unchanged while it does."""

    __slots__ = ("_data", "_size")

    def __init__(self, dtype: type[np.float64 | np.int64]) -> None:
        self._data = np.empty(16, dtype=dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def extend(self, values: list[Any]) -> None:
        """Append `values`; on overflow the data moves to a new block and older views keep the old one."""
        needed = self._size + len(values)
        if needed > len(self._data):
            grown = np.empty(max(needed, 2 * len(self._data)), dtype=self._data.dtype)
            grown[: self._size] = self._data[: self._size]
            self._data = grown
        self._data[self._size : needed] = values
        self._size = needed

    def snapshot(self) -> Growing:
        """Return the values so far as an array of their own length, without a copy: growth never overwrites them."""
        return copy(self)

    @property
    def view(self) -> NDArray[Any]:
        """The values so far, without a copy."""
        return self._data[: self._size]


class Series:
    """One numeric metric: at which events it was logged, and its values as float64."""

    __slots__ = ("events", "integers", "values")

    def __init__(self) -> None:
        self.events = Growing(np.int64)
        self.values = Growing(np.float64)
        self.integers = True

    def snapshot(self) -> Series:
        """Return the series as it is now."""
        frozen = Series()
        frozen.events, frozen.values = self.events.snapshot(), self.values.snapshot()
        frozen.integers = self.integers
        return frozen

    def summary(self) -> MetricSummary:
        """Return last, min, max and first of the finite values, and the count of all."""
        values = self.values.view
        finite = values[np.isfinite(values)]
        if not len(finite):
            return MetricSummary(count=len(values))
        last, first = float(finite[-1]), float(finite[0])
        return MetricSummary(last, float(finite.min()), float(finite.max()), first, len(values))


class EventTable:
    """Every metric event of one run, in the order of the file.

    ``steps`` and ``times`` have one entry an event. Numbers live in ``series``; text, booleans and integers beyond
    2^53 keep their Python value in ``objects`` as (event, value) pairs.
    """

    def __init__(self) -> None:
        self.steps = Growing(np.int64)
        self.times = Growing(np.float64)
        self.series: dict[str, Series] = {}
        self.objects: dict[str, list[tuple[int, Any]]] = {}
        self.images: list[dict[str, Any]] = []
        self.bad = 0
        self._last_step = 0

    @property
    def size(self) -> int:
        """Number of values held, the measure of memory (about 8 bytes each; a text counts for eight)."""
        numbers = sum(len(series.values) for series in self.series.values())
        texts = sum(len(values) for values in self.objects.values()) + len(self.images)
        return 2 * (len(self.steps) + numbers) + 8 * texts

    def snapshot(self) -> EventTable:
        """Return the table as it is now, which later events leave alone; numbers are shared, not copied."""
        frozen = EventTable()
        frozen.steps, frozen.times = self.steps.snapshot(), self.times.snapshot()
        frozen.series = {name: series.snapshot() for name, series in self.series.items()}
        frozen.objects = {name: list(values) for name, values in self.objects.items()}
        frozen.images = list(self.images)
        frozen.bad = self.bad
        return frozen

    def extend(self, events: list[dict[str, Any]]) -> None:
        """Append parsed event lines; what is neither a metric nor an image event is passed over."""
        steps: list[int] = []
        times: list[float] = []
        numbers: dict[str, tuple[list[int], list[float]]] = {}
        at = len(self.steps)
        for event in events:
            data = event.get("data")
            if not isinstance(data, dict):
                self.bad += 1
            elif event.get("type") == "metrics":
                steps.append(self._step(data))
                times.append(_time(event, data))
                self._take(data, at, numbers)
                at += 1
            elif event.get("type") == "image":
                self.images.append({"ts": event.get("ts"), **data})
        self.steps.extend(steps)
        self.times.extend(times)
        for name, (rows, values) in numbers.items():
            series = self.series[name]
            series.events.extend(rows)
            series.values.extend(values)

    def _take(self, data: Mapping[str, Any], at: int, numbers: dict[str, tuple[list[int], list[float]]]) -> None:
        for name, value in data.items():
            kind = type(value)
            if name in _DROPPED or value is None:
                continue
            if kind is float or (kind is int and -_EXACT <= value <= _EXACT):
                held = numbers.get(name)
                if held is None:
                    self.series.setdefault(name, Series())
                    held = numbers[name] = ([], [])
                if kind is float:
                    self.series[name].integers = False
                held[0].append(at)
                held[1].append(value)
            else:
                self.objects.setdefault(name, []).append((at, value))

    def _step(self, data: Mapping[str, Any]) -> int:
        """Return the event's step; one without a usable step follows the event before it."""
        for key in ("global_step", "step"):
            value = data.get(key)
            if type(value) is int and -_EXACT <= value <= _EXACT:
                break
            if type(value) is float and -_EXACT <= value <= _EXACT:
                value = int(value)
                break
        else:
            value = self._last_step + 1
        self._last_step = value
        return value

    def summaries(self) -> dict[str, MetricSummary]:
        """Return last, min, max, first and count of every numeric metric, by name."""
        return {name: series.summary() for name, series in self.series.items()}


def _time(event: Mapping[str, Any], data: Mapping[str, Any]) -> float:
    for value in (event.get("ts"), data.get("time")):
        number = as_number(value)
        if number is not None:
            return number
    return float("nan")
