"""Which row each point of a run falls into: rows are the distinct steps, rising."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from runicorn_jupyter.store.curves import sorted_line
from runicorn_jupyter.store.series.batch import Floats, Integers
from runicorn_jupyter.store.series.columns import TIMES, EventTable
from runicorn_jupyter.store.series.envelope import Values, bucket_extremes
from runicorn_jupyter.store.series.groups import CELL

Known = NDArray[np.bool_]


class Grid(Protocol):
    """The rows of a run. Row numbers are always given rising."""

    @property
    def total(self) -> int:
        """How many rows there are."""

    def steps(self, rows: Integers) -> Integers:
        """Return the steps of `rows`."""

    def times(self, rows: Integers) -> Floats:
        """Return the times of `rows` in Unix seconds."""

    def numbers(self, name: str, rows: Integers) -> tuple[Floats, Known]:
        """Return the numbers of a metric in `rows`, and where there is one."""

    def texts(self, name: str, rows: Integers) -> dict[int, Any]:
        """Return the other values of a metric by their place in `rows`."""

    def extremes(self, name: str, buckets: int) -> Integers:
        """Return rows of the minima and maxima of about so many buckets of a metric, rising."""


class EventGrid:
    """Every event is a row of its own, since the steps of the run rise."""

    def __init__(self, table: EventTable) -> None:
        self._table = table
        self.total = len(table)

    def steps(self, rows: Integers) -> Integers:
        """Return the steps of `rows`."""
        return self._table.steps.take(rows).astype(np.int64)

    def times(self, rows: Integers) -> Floats:
        """Return the times of `rows` in Unix seconds."""
        return self._table.times.take(rows)

    def numbers(self, name: str, rows: Integers) -> tuple[Floats, Known]:
        """Return the numbers of a metric in `rows`, and where there is one."""
        column = self._table.column(name)
        if column.count == self.total:
            return column.take(rows), np.ones(len(rows), bool)
        return column.at(rows)

    def texts(self, name: str, rows: Integers) -> dict[int, Any]:
        """Return the other values of a metric by their place in `rows`."""
        held = self._table.objects(name)
        found = {}
        for place, row in enumerate(rows.tolist()):
            at = bisect_left(held.events, row)
            if at < len(held.events) and held.events[at] == row:
                found[place] = held.values[at]
        return found

    def extremes(self, name: str, buckets: int) -> Integers:
        """Return rows of the minima and maxima of about so many buckets of a metric, rising."""
        column = self._table.column(name)
        return column.events(extreme_points(column, buckets))


class StepGrid:
    """Events share rows, or come out of order: each metric is sorted by step, the last of several wins."""

    def __init__(self, table: EventTable) -> None:
        self._table = table
        times = sorted_line(table, TIMES, "step")  # of several events of a step the last one's
        self._steps, self._times = times.every_x, times.y
        self.total = times.count

    def steps(self, rows: Integers) -> Integers:
        """Return the steps of `rows`."""
        return self._steps.take(rows).astype(np.int64)

    def times(self, rows: Integers) -> Floats:
        """Return the times of `rows` in Unix seconds: that of the last event of a step."""
        return self._times.take(rows)

    def numbers(self, name: str, rows: Integers) -> tuple[Floats, Known]:
        """Return the numbers of a metric in `rows`, and where there is one."""
        return sorted_line(self._table, name, "step").find(self._steps.take(rows))

    def texts(self, name: str, rows: Integers) -> dict[int, Any]:
        """Return the other values of a metric by their place in `rows`."""
        held = self._table.objects(name)
        steps = self._table.steps.take(np.array(held.events, np.int64))
        asked = self._steps.take(rows)
        at = np.minimum(np.searchsorted(asked, steps), len(rows) - 1)
        shown = (asked[at] == steps) & (np.array(held.events, np.int64) > self._last_number(name, steps))
        return {int(at[one]): held.values[one] for one in np.flatnonzero(shown).tolist()}

    def _last_number(self, name: str, steps: Floats) -> Integers:
        """Return the last event of each of these steps that has a number, -1 where none has."""
        if name not in self._table.totals:
            return np.full(len(steps), -1)
        column = self._table.column(name)
        events = column.events(np.arange(column.count))
        numbered = self._table.steps.take(events)
        order = np.argsort(numbered, kind="stable")
        at = np.searchsorted(numbered[order], steps, side="right") - 1
        last = order[np.maximum(at, 0)]
        return np.where((at >= 0) & (numbered[last] == steps), events[last], -1)

    def extremes(self, name: str, buckets: int) -> Integers:
        """Return rows of the minima and maxima of about so many buckets of a metric, rising."""
        held = sorted_line(self._table, name, "step")
        return self._steps.place(held.x(extreme_points(held, buckets)))


def grid_of(table: EventTable, *, raw: bool = False) -> EventGrid | StepGrid:
    """Return the rows of a run; when `raw`, each event is one."""
    if raw or table.progress.rising:
        return EventGrid(table)
    held = table.memo.get("grid")
    if held is None:
        held = table.memo["grid"] = StepGrid(table)
    found: StepGrid = held
    return found


def extreme_points(values: Values, buckets: int) -> Integers:
    """Return the positions of the minimum and maximum of each of at most `buckets` + 1 equal stretches, rising.

    The length of a stretch is a power of two, so that a growing run keeps its picks until it has doubled.
    """
    count = values.count
    if count <= 2 * buckets:
        return np.arange(count)
    length = max(1 << (-(-count // buckets) - 1).bit_length(), 1)
    if length >= count:
        edges = np.zeros(1, np.int64)
        length = CELL
    else:
        edges = np.arange(0, count, length)
    return bucket_extremes(values, edges, count, length).points()[0]
