"""Points of a run by metric, as the Python client asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from runicorn_jupyter.models import MetricPoints
from runicorn_jupyter.store.grid import grid_of
from runicorn_jupyter.store.series.batch import Integers
from runicorn_jupyter.store.series.columns import EventTable


def first_step(table: EventTable) -> int | None:
    """Return the lowest step of a run, None when it has none."""
    if not len(table):
        return None
    found: Integers = grid_of(table).steps(np.zeros(1, np.int64))
    return int(found[0])


def points(table: EventTable, metrics: Sequence[str] | None, limit: int | None) -> MetricPoints:
    """Return the finite numbers of some metrics (without names of all), the last `limit` of each."""
    if not len(table):
        return MetricPoints({}, 0)
    grid = grid_of(table)
    every: Integers = np.arange(grid.total)
    steps, times = grid.steps(every), grid.times(every)
    found, skipped = dict[str, list[dict[str, Any]]](), 0
    for name in sorted(table.names) if metrics is None else [name for name in metrics if name in table.names]:
        skipped += len(grid.texts(name, every)) if name in table.texts else 0
        if name not in table.totals:
            continue
        values, known = grid.numbers(name, every)
        finite = np.flatnonzero(known & np.isfinite(values))
        skipped += int(known.sum()) - len(finite)
        shown = finite if limit is None else finite[max(len(finite) - limit, 0) :]
        plain: Any = values[shown].astype(np.int64) if table.totals[name].integers else values[shown]
        rows = zip(steps[shown].tolist(), plain.tolist(), times[shown].tolist(), strict=True)
        found[name] = [{"step": step, "value": value, "timestamp": time} for step, value, time in rows]
    return MetricPoints(found, skipped)
