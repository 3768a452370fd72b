"""The documented row form of a run's metrics: one row a step, chosen so that no metric loses its extremes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, repeat, zip_longest
from typing import Any

import numpy as np

from runicorn_jupyter.models import MetricRows
from runicorn_jupyter.store.grid import Grid, grid_of
from runicorn_jupyter.store.series.batch import Floats, Integers
from runicorn_jupyter.store.series.columns import EventTable
from runicorn_jupyter.store.stretch import between, thinned


def metric_rows(
    table: EventTable,
    *,
    relative_time: bool,
    downsample: int | None,
    metrics: Sequence[str] | None,
    steps: tuple[int, int] | None = None,
) -> MetricRows:
    """Return the rows of contract R8, or of R7 (D10) with `relative_time`.

    Parameters
    ----------
    table : EventTable
        The run's events.
    relative_time : bool
        Put ``time`` first, in seconds since the run's first event, and sort by it; else rows are keyed by
        ``global_step`` and ``time`` is Unix seconds.
    downsample : int, optional
        At most so many rows, chosen as D11 says: first and last row, each metric's own minimum and maximum, then the
        extremes of ever shorter stretches, metric by metric in turn.
    metrics : sequence of str, optional
        Only these columns; without it all of them.
    steps : (int, int), optional
        Only rows whose step lies between these two, ends included.
    """
    if not len(table):
        return MetricRows((), (), 0, None)
    names = sorted(name for name in table.names if metrics is None or name in metrics)
    grid = grid_of(table)
    numbers, clipped = [name for name in names if name in table.totals], tuple[str, ...]()
    if steps is None and downsample is not None and grid.total > downsample:
        total = grid.total
        keep, clipped = _choose(grid, numbers, downsample)
    else:
        keep = between(grid, steps)
        total = len(keep)
        if downsample is not None and total > downsample:
            keep, clipped = thinned(grid, numbers, keep, downsample)
    times = grid.times(keep) - ((table.progress.start or 0.0) if relative_time else 0.0)
    columns = {"global_step": grid.steps(keep).tolist(), "time": _floats(times)}
    columns.update({name: _column(table, grid, name, keep) for name in names})
    keys = ("time", "global_step", *names) if relative_time else ("global_step", *sorted([*names, "time"]))
    values = zip(*(columns[key] for key in keys), strict=True)
    rows: list[dict[str, Any]] = list(map(dict, map(zip, repeat(keys), values)))  # a third less than in a loop
    if relative_time:
        rows = [rows[at] for at in np.argsort(times, kind="stable").tolist()]
    return MetricRows(keys, tuple(rows), total, table.last_step, clipped)


def every_point(table: EventTable, *, raw: bool = False) -> dict[str, list[Any]]:
    """Return every row as columns: ``step``, ``time`` (seconds since the run's first event), then each metric (D31).

    A step at which a metric was not logged holds None; values that are not finite stay as they are.

    Parameters
    ----------
    table : EventTable
        The run's events.
    raw : bool
        One row an event in the order of the file, instead of one a step with the last value.
    """
    return some_points(table, 0, grid_of(table, raw=raw).total, raw=raw)


def some_points(table: EventTable, begin: int, end: int, *, raw: bool = False) -> dict[str, list[Any]]:
    """Return the rows from `begin` up to `end` of what `every_point` returns."""
    grid = grid_of(table, raw=raw)
    rows: Integers = np.arange(begin, end)
    start = table.progress.start or 0.0
    found: dict[str, list[Any]] = {"step": grid.steps(rows).tolist(), "time": (grid.times(rows) - start).tolist()}
    for name in table.names:
        found[name] = _column(table, grid, name, rows, finite=False)
    return found


def _column(table: EventTable, grid: Grid, name: str, rows: Integers, *, finite: bool = True) -> list[Any]:
    """Return one column as plain Python values, None where there is none, or where it is not finite if so asked."""
    found: list[Any] = [None] * len(rows)
    if name in table.totals:
        values, known = grid.numbers(name, rows)
        found = _numbers(values, known, whole=table.totals[name].integers, finite=finite)
    if name in table.texts:
        for at, value in grid.texts(name, rows).items():
            found[at] = value
    return found


def _numbers(values: Floats, known: Any, *, whole: bool, finite: bool) -> list[Any]:
    if finite:
        known = np.isfinite(values)
    plain: Any = np.where(known, values, 0.0).astype(np.int64) if whole else values
    if bool(known.all()):
        return list(plain.tolist())
    mixed = plain.astype(object)
    mixed[~known] = None
    return list(mixed.tolist())


def _floats(values: Floats) -> list[Any]:
    return _numbers(values, None, whole=False, finite=True)


def _choose(grid: Grid, names: Sequence[str], budget: int) -> tuple[Integers, tuple[str, ...]]:
    """Return `budget` row numbers, rising, and the metrics whose minimum or maximum found no room.

    All picks but the very last ones stand on stretches whose length is a power of two: a growing run keeps them.
    """
    chosen = {0, grid.total - 1}
    buckets = max((budget - 2) // (2 * max(len(names), 1)) - 1, 1)
    extremes = {name: grid.extremes(name, buckets) for name in names}
    wanted = {name: _outermost(grid, name, rows) for name, rows in extremes.items()}
    for outermost in wanted.values():
        _add(chosen, outermost, budget)
    clipped = tuple(name for name, rows in wanted.items() if not chosen.issuperset(rows))
    _take_turns(chosen, [_spread(rows) for rows in extremes.values()], budget)
    for finer in (2, 4):
        if len(chosen) < budget:
            _take_turns(chosen, [_spread(grid.extremes(name, finer * buckets)) for name in names], budget)
    stride = 1 << max((grid.total // budget).bit_length() - 1, 0)
    while len(chosen) < budget:
        _add(chosen, _spread(np.arange(0, grid.total, stride)), budget)
        stride = max(stride // 2, 1)
    return np.array(sorted(chosen), dtype=np.int64), clipped


def _outermost(grid: Grid, name: str, rows: Integers) -> list[int]:
    """Return those of the rows of a metric's extremes where its minimum and maximum stand; none without a number."""
    values, _ = grid.numbers(name, rows)
    finite = np.flatnonzero(np.isfinite(values))
    if not len(finite):
        return []
    return [int(rows[finite[at]]) for at in (values[finite].argmin(), values[finite].argmax())]


def _add(chosen: set[int], rows: Iterable[int], budget: int) -> None:
    left = iter(rows)
    while some := list(islice(left, budget - len(chosen))):  # those that were chosen before leave room for others
        chosen.update(some)


def _take_turns(chosen: set[int], turns: Sequence[list[int]], budget: int) -> None:
    """Add rows of all metrics, one of each in turn."""
    _add(chosen, [row for turn in zip_longest(*turns) for row in turn if row is not None], budget)


def _spread(rows: Integers) -> list[int]:
    """Return the same rows in an order that covers the whole range early, should the budget end before them."""
    half: list[int] = rows.tolist()
    return half[::2] + half[1::2]
