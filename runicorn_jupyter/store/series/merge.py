"""Several events files of one rank, which a run has that went on on another host, as one table."""

from __future__ import annotations

from collections.abc import Sequence

from runicorn_jupyter.store.series.batch import Batch, Objects, Points, joined
from runicorn_jupyter.store.series.columns import EventTable
from runicorn_jupyter.store.series.growing import GrowingRun


def merged(tables: Sequence[EventTable]) -> EventTable:
    """Return a table in memory with the events of all `tables`, the one that began first in front.

    Where two files hold the same step, the one that began later wins, as with steps repeated in one file.
    """
    inf = float("inf")
    ordered = sorted(tables, key=lambda table: inf if table.progress.start is None else table.progress.start)
    whole = GrowingRun()
    whole.take(joined([as_batch(table) for table in ordered]), 0)
    ranks = {rank for table in tables for rank in table.progress.ranks}
    bad = sum(table.bad for table in tables)
    whole.progress = whole.progress._replace(bad=bad, ranks=tuple(sorted(ranks)))
    return whole.table


def as_batch(table: EventTable) -> Batch:
    """Return every event of a table as one batch."""
    total = len(table)
    batch = Batch(table.steps.cut(0, total).astype(int), table.times.cut(0, total))
    for name, totals in table.totals.items():
        column = table.column(name)
        events = column.all_events()
        batch.numbers[name] = Points(
            None if column.count == total else events, column.cut(0, column.count), totals.integers
        )
    for name in table.texts:
        held = table.objects(name)
        batch.objects[name] = Objects(held.events, held.values)
    batch.images = table.images
    return batch
