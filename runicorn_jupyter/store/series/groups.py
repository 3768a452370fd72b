"""Summaries of 64 points each: what a wide view of a long curve is read from instead of its points.

The point at position p of a metric belongs to cell p // 64. A group lies within one cell but need not fill it: where
a stretch of events ends inside a cell, two groups share that cell. Whatever is asked on cell boundaries has the same
answer however the points came in.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from runicorn_jupyter.store.series.batch import Floats, Integers

CELL = 64
RECORD = np.dtype(
    [("low", "<f8"), ("high", "<f8"), ("sum", "<f8"), ("at_low", "u1"), ("at_high", "u1"), ("finite", "u1")]
)
"""Smallest, largest and sum of the finite values; where in the cell the first two stand; how many are finite."""


class Groups(NamedTuple):
    """Groups in order: where each begins, its smallest and largest finite value, and where these stand.

    Without a finite value the smallest is +inf and the largest -inf.
    """

    starts: Integers
    low: Floats
    high: Floats
    low_at: Integers
    high_at: Integers


class Extremes(NamedTuple):
    """One lowest and one highest point for each bucket; where nothing is finite both are its first point, as NaN."""

    low_at: Integers
    low: Floats
    high_at: Integers
    high: Floats

    def points(self) -> tuple[Integers, Floats]:
        """Return positions, rising and distinct, and values."""
        at, first = distinct(np.concatenate((self.low_at, self.high_at)))
        return at, np.concatenate((self.low, self.high))[first]


def distinct(values: Integers) -> tuple[Integers, Integers]:
    """Return the different values, rising, and where each stands first.

    As ``numpy.unique``, which at its first call imports ``numpy.ma``: 40 ms and 4 MB.
    """
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    first = np.append(True, ranked[1:] != ranked[:-1])[: len(ranked)]
    return ranked[first], order[first]


def summarise(values: Floats, start: int) -> NDArray[np.void]:
    """Return the records of points whose first stands at position `start`."""
    lead = start % CELL
    rows = -(-(lead + len(values)) // CELL)
    padded = np.full(rows * CELL, np.nan)
    padded[lead : lead + len(values)] = values
    cells = padded.reshape(rows, CELL)
    finite = np.isfinite(cells)
    low, high = np.where(finite, cells, np.inf), np.where(finite, cells, -np.inf)
    found = np.empty(rows, RECORD)
    row = np.arange(rows)
    found["at_low"], found["at_high"] = low.argmin(axis=1), high.argmax(axis=1)
    found["low"], found["high"] = low[row, found["at_low"]], high[row, found["at_high"]]
    with np.errstate(over="ignore"):
        found["sum"] = np.where(finite, cells, 0.0).sum(axis=1)
    found["finite"] = finite.sum(axis=1)
    return found


def group_starts(starts: Integers, counts: Integers) -> Integers:
    """Return where each group begins, for stretches of `counts` points that begin at `starts`."""
    first = starts // CELL
    number = (starts + counts - 1) // CELL - first + 1
    before = np.concatenate(([0], np.cumsum(number)[:-1]))
    cell = np.repeat(first - before, number) + np.arange(int(number.sum()))
    begun: Integers = np.maximum(cell * CELL, np.repeat(starts, number))
    return begun


def of_records(starts: Integers, records: NDArray[np.void]) -> Groups:
    """Return groups that begin at `starts`, from their records."""
    cell = starts // CELL * CELL
    low, high = records["low"].copy(), records["high"].copy()
    return Groups(starts, low, high, cell + records["at_low"], cell + records["at_high"])


def grouped(values: Floats, start: int) -> Groups:
    """Return the groups of points whose first stands at position `start`."""
    if not len(values):
        return of_records(np.empty(0, np.int64), np.empty(0, RECORD))
    starts = group_starts(np.array([start]), np.array([len(values)]))
    return of_records(starts, summarise(values, start))


def chained(pieces: list[Groups]) -> Groups:
    """Return groups one after the other."""
    filled = [one for one in pieces if len(one.starts)]
    if len(filled) < 2:
        return filled[0] if filled else pieces[0]
    return Groups(*(np.concatenate(arrays) for arrays in zip(*filled, strict=True)))


def part_of(groups: Groups, some: slice) -> Groups:
    """Return `some` of the groups."""
    starts, low, high, low_at, high_at = groups
    return Groups(starts[some], low[some], high[some], low_at[some], high_at[some])


def between(groups: Groups, start: int, stop: int, total: int) -> tuple[slice, int, int]:
    """Return which groups lie wholly in [start, stop) of `total` points, and the points they reach from and to."""
    first = int(np.searchsorted(groups.starts, start, side="left"))
    last = int(np.searchsorted(groups.starts, stop, side="left"))
    end = total if last >= len(groups.starts) else int(groups.starts[last])
    if end > stop:
        last -= 1
        end = int(groups.starts[last])
    return slice(first, max(last, first)), int(groups.starts[first]) if first < len(groups.starts) else total, end


def extremes_of_groups(groups: Groups, edges: Integers) -> Extremes:
    """Return the extremes of buckets that begin at `edges`, the last one ending with the last group.

    Every edge must be the first point of a group.
    """
    index = np.searchsorted(groups.starts, edges, side="left")
    low, low_group = _first(groups.low, index, np.minimum)
    high, high_group = _first(groups.high, index, np.maximum)
    known = low <= high
    if known.all():
        return Extremes(groups.low_at[low_group], low, groups.high_at[high_group], high)
    return Extremes(
        np.where(known, groups.low_at[low_group], edges),
        np.where(known, low, np.nan),
        np.where(known, groups.high_at[high_group], edges),
        np.where(known, high, np.nan),
    )


def extremes_of_values(values: Floats, start: int, edges: Integers) -> Extremes:
    """Return the extremes of buckets that begin at `edges` among `values`, the first of which stands at `start`."""
    index = edges - start
    finite = np.isfinite(values)
    known = np.logical_or.reduceat(finite, index)
    whole = bool(finite.all())
    low, low_at = _first(values if whole else np.where(finite, values, np.inf), index, np.minimum)
    high, high_at = _first(values if whole else np.where(finite, values, -np.inf), index, np.maximum)
    return Extremes(
        np.where(known, low_at + start, edges),
        np.where(known, low, np.nan),
        np.where(known, high_at + start, edges),
        np.where(known, high, np.nan),
    )


def _first(values: Floats, index: Integers, extreme: np.ufunc) -> tuple[Floats, Integers]:
    """Return each stretch's extreme value and the position of the first that has it."""
    found = extreme.reduceat(values, index)
    sizes = np.diff(np.append(index, len(values)))
    there = np.flatnonzero(values == np.repeat(found, sizes))
    at = there[np.searchsorted(there, index, side="left")]
    return values[at], at
