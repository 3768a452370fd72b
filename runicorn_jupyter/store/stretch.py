"""Rows of a stretch of a run's steps, thinned so that each metric keeps its extremes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from runicorn_jupyter.store.grid import Grid
from runicorn_jupyter.store.series.batch import Integers


def between(grid: Grid, steps: tuple[int, int] | None) -> Integers:
    """Return the numbers of the rows whose step lies in `steps`, both ends included; without it all."""
    every: Integers = np.arange(grid.total)
    if steps is None:
        return every
    held = grid.steps(every)
    return every[(held >= steps[0]) & (held <= steps[1])]


def thinned(grid: Grid, names: Sequence[str], rows: Integers, budget: int) -> tuple[Integers, tuple[str, ...]]:
    """Return at most `budget` of `rows`: the first, the last, and each metric's extremes of ever shorter parts.

    The second value names the metrics whose minimum or maximum found no room.
    """
    ends = list(dict.fromkeys((int(rows[0]), int(rows[-1]))))[:budget]
    chosen, clipped, parts = set(ends), list[str](), 1
    columns = {name: grid.numbers(name, rows) for name in names}
    while len(chosen) < budget:
        before = len(chosen)
        for name, (values, known) in columns.items():
            usable = np.flatnonzero(known & np.isfinite(values))
            for part in np.array_split(usable, min(parts, max(len(usable), 1))):
                picks = _ends(values, part)
                wanted = [int(rows[at]) for at in picks]
                chosen.update(wanted[: budget - len(chosen)])
                if parts == 1 and not chosen.issuperset(wanted):
                    clipped.append(name)
        if parts > len(rows) or (parts > 1 and len(chosen) == before):
            break
        parts *= 4
    return np.array(sorted(chosen), dtype=np.int64), tuple(clipped)


def _ends(values: np.ndarray, part: Integers) -> list[int]:
    return [int(part[values[part].argmin()]), int(part[values[part].argmax()])] if len(part) else []
