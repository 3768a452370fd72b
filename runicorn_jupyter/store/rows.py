"""The documented row form of a run's metrics: one row a step, chosen so that no metric loses its extremes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from runicorn_jupyter.models import MetricRows
from runicorn_jupyter.store.columns import EventTable, Floats, Integers, Series
from runicorn_jupyter.store.envelope import extremes


class _Grid(NamedTuple):
    """Which row each event falls into: rows are the distinct steps, rising."""

    steps: Integers
    times: Floats
    row_of_event: Integers


def metric_rows(
    table: EventTable, *, relative_time: bool, downsample: int | None, metrics: Sequence[str] | None
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
    """
    grid = _grid(table)
    names = sorted(name for name in (*table.series, *table.objects) if metrics is None or name in metrics)
    names = list(dict.fromkeys(names))
    columns = {name: _column(table, grid, name) for name in names}
    numeric = {name: values for name, (values, _) in columns.items() if name in table.series}
    total = len(grid.steps)
    keep = np.arange(total)
    clipped: tuple[str, ...] = ()
    if downsample is not None and total > downsample:
        keep, clipped = _choose(numeric, total, downsample)
    times = grid.times - (np.nanmin(grid.times) if relative_time and total else 0.0)
    if relative_time and total:
        keep = keep[np.argsort(times[keep], kind="stable")]
    head = ("time", "global_step") if relative_time else ("global_step",)
    tail = names if relative_time else sorted([*names, "time"])
    listed: dict[str, list[Any]] = {
        "global_step": grid.steps[keep].tolist(),
        "time": [_plain(value) for value in times[keep].tolist()],
    }
    for name in names:
        values, convert = columns[name]
        listed[name] = convert(values[keep])
    order = (*head, *tail)
    rows = tuple(dict(zip(order, values, strict=True)) for values in zip(*(listed[key] for key in order), strict=True))
    last = int(grid.steps[-1]) if total else None
    return MetricRows(order if total else (), rows, total, last, clipped)


def every_point(table: EventTable) -> dict[str, list[Any]]:
    """Return every row as columns: ``step``, ``time`` (seconds since the first event), then each metric (D31).

    A step at which a metric was not logged holds None; values that are not finite stay as they are.
    """
    grid = _grid(table)
    start = float(np.nanmin(grid.times)) if len(grid.times) else 0.0
    result: dict[str, list[Any]] = {"step": grid.steps.tolist(), "time": (grid.times - start).tolist()}
    for name in dict.fromkeys((*table.series, *table.objects)):
        if name in table.objects:
            result[name] = list(_column(table, grid, name)[0])
            continue
        series = table.series[name]
        values: list[Any] = [None] * len(grid.steps)
        for row, value in zip(grid.row_of_event[series.events.view].tolist(), _numbers(series), strict=True):
            values[row] = value
        result[name] = values
    return result


def _grid(table: EventTable) -> _Grid:
    steps, times = table.steps.view, table.times.view
    if len(steps) < 2 or bool(np.all(steps[1:] > steps[:-1])):
        return _Grid(steps, times, np.arange(len(steps)))
    distinct, row_of_event = np.unique(steps, return_inverse=True)
    merged = np.empty(len(distinct))
    merged[row_of_event] = times  # repeated rows: numpy assigns in order, so the last event's time stays
    return _Grid(distinct, merged, row_of_event)


def _column(table: EventTable, grid: _Grid, name: str) -> tuple[Any, Any]:
    """Return the values of one column, one a row, and what turns chosen ones into plain Python values."""
    rows = len(grid.steps)
    if name in table.objects:
        mixed = np.full(rows, None, dtype=object)
        if name in table.series:
            series = table.series[name]
            for event, value in zip(series.events.view.tolist(), _numbers(series), strict=True):
                mixed[grid.row_of_event[event]] = _plain(value)
        for event, value in table.objects[name]:
            mixed[grid.row_of_event[event]] = value
        return mixed, lambda chosen: chosen.tolist()
    series = table.series[name]
    values = np.full(rows, np.nan)
    values[grid.row_of_event[series.events.view]] = series.values.view
    return values, _integers if series.integers else _floats


def _numbers(series: Series) -> list[Any]:
    values = series.values.view
    return list(values.astype(np.int64).tolist() if series.integers else values.tolist())


def _floats(values: Floats) -> list[float | None]:
    return [_plain(value) for value in values.tolist()]


def _integers(values: Floats) -> list[int | None]:
    return [None if value != value else int(value) for value in values.tolist()]  # noqa: PLR0124 - nan is the gap


def _plain(value: float) -> float | None:
    return value if value - value == 0 else None


def _choose(columns: dict[str, Any], total: int, budget: int) -> tuple[Integers, tuple[str, ...]]:
    """Return `budget` row numbers, rising, and the metrics whose minimum or maximum found no room."""
    chosen = {0, total - 1}
    numeric = {name: values for name, values in columns.items() if values.dtype != object}
    wanted = {name: extremes(values, 1).tolist() for name, values in numeric.items()}
    for name in numeric:
        chosen.update(wanted[name][: max(budget - len(chosen), 0)])
    clipped = tuple(name for name, rows in wanted.items() if not chosen.issuperset(rows))
    stretches = max((budget - len(chosen)) // (2 * max(len(numeric), 1)), 1)
    turns = [iter(_spread(extremes(values, min(stretches, total)))) for values in numeric.values()]
    while turns and len(chosen) < budget:
        turns = [turn for turn in turns if _take_one(turn, chosen, budget)]
    for row in _spread(np.linspace(0, total - 1, min(2 * budget, total)).astype(np.int64)):
        if len(chosen) >= budget:
            break
        chosen.add(row)
    return np.array(sorted(chosen), dtype=np.int64), clipped


def _take_one(turn: Any, chosen: set[int], budget: int) -> bool:
    if len(chosen) >= budget:
        return False
    row = next(turn, None)
    if row is None:
        return False
    chosen.add(row)
    return True


def _spread(rows: Integers) -> list[int]:
    """Return the same rows in an order that covers the whole range early, should the budget end before them."""
    half: list[int] = rows.tolist()
    return half[::2] + half[1::2]
