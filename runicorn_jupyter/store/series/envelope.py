"""A curve in as many points as a screen can show, without losing a spike."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from runicorn_jupyter.store.series.batch import Floats, Integers
from runicorn_jupyter.store.series.groups import (
    CELL,
    Extremes,
    Groups,
    between,
    chained,
    distinct,
    extremes_of_groups,
    extremes_of_values,
    grouped,
    part_of,
)


class Values(Protocol):
    """The values of one metric in the order in which they are drawn."""

    @property
    def count(self) -> int:
        """How many there are."""

    @property
    def groups(self) -> Groups | None:
        """Their summaries, None where the values themselves are at hand."""

    def cut(self, start: int, stop: int) -> Floats:
        """Return the values at the positions from `start` to before `stop`."""


def ordered(x: Floats, y: Floats, *, distinct: bool = True) -> tuple[Floats, Floats]:
    """Return the points sorted by `x`; points whose `x` is not finite have no place and are left out.

    Resumed runs and several processes log steps again or out of order; the usual case of rising `x` costs one pass.

    Parameters
    ----------
    x, y : arrays of equal length
    distinct : bool
        Of equal `x` keep only the point logged last, as is right for steps and wrong for coarse clocks.
    """
    known = np.isfinite(x)
    if not known.all():
        x, y = x[known], y[known]
    if len(x) < 2 or bool(np.all(x[1:] > x[:-1])):
        return x, y
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    if not distinct:
        return x, y
    last = np.append(x[1:] != x[:-1], True)
    return x[last], y[last]


def picked(values: Values, start: int, stop: int, width: int) -> tuple[Integers, Floats, bool]:
    """Return positions and values of at most 2 × `width` points of [start, stop), and whether they are all there are.

    Beyond that count the points fall into at most `width` - 1 buckets of equal length; each gives its smallest and its
    largest value where they stand, or one gap when nothing in it is finite. The first and the last point are kept.
    A bucket begins at a multiple of its length, so that the picks of a growing or panned curve stay, and in a wide
    window that length is a multiple of 64, so that summaries answer; only its two ends are cut from the points.
    """
    count, width = stop - start, max(width, 2)
    if count <= 2 * width:
        return np.arange(start, stop), values.cut(start, stop), True
    length = bucket_length(count, width - 1)
    first = start - start % length if width > 2 else start
    edges = np.arange(first, stop, length)
    edges[0] = start
    found = bucket_extremes(values, edges, stop, length)
    at, y = found.points()
    ends = np.array([start, stop - 1])
    at, order = distinct(np.concatenate((at, ends)))
    y = np.concatenate((y, values.cut(start, start + 1), values.cut(stop - 1, stop)))[order]
    for gap in np.flatnonzero(np.isnan(y)).tolist():
        y[gap] = values.cut(int(at[gap]), int(at[gap]) + 1)[0]  # nan or an infinity
    return at, y, False


def bucket_length(count: int, buckets: int) -> int:
    """Return how many points a bucket holds, so that no window of `count` points touches more than `buckets`."""
    if buckets < 2:
        return count
    length = -(-count // (buckets - 1))
    return length if length < CELL else -(-length // CELL) * CELL


def bucket_extremes(values: Values, edges: Integers, stop: int, length: int) -> Extremes:
    """Return the extremes of the buckets that begin at `edges`, the last one ending before `stop`."""
    start = int(edges[0])
    groups = values.groups if length >= CELL and length % CELL == 0 else None
    if groups is None:
        return extremes_of_values(values.cut(start, stop), start, edges)
    inner, begin, end = between(groups, start, stop, values.count)
    if begin >= end:
        return extremes_of_values(values.cut(start, stop), start, edges)
    pieces = [grouped(values.cut(start, begin), start)] if begin > start else []
    pieces.append(part_of(groups, inner))
    pieces += [grouped(values.cut(end, stop), end)] if stop > end else []
    return extremes_of_groups(chained(pieces), edges)
