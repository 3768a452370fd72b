"""The store of one root behind a handful of verbs: runs, run, curves, rows, changes. Doors never see more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from runicorn_jupyter.errors import AmbiguousRun, BadRequest, RunNotFound
from runicorn_jupyter.models import Changes, Curve, RunFilter, RunPage, RunRecord
from runicorn_jupyter.paths import cache_folder, root_digest
from runicorn_jupyter.store.columns import EventTable, Floats
from runicorn_jupyter.store.envelope import envelope, ordered, window
from runicorn_jupyter.store.index import SHAPE, Index
from runicorn_jupyter.store.records import from_document
from runicorn_jupyter.store.refresher import Refresher
from runicorn_jupyter.store.tables import TableCache

Axis = Literal["step", "time", "wall"]

_ORDERS = {
    "documented": "legacy, lower(project), project, name, folder_mtime DESC, id",
    "created_at": "created, id",
    "id": "id",
    "project": "lower(project), name, created",
    "name": "name, created",
    "status": "status, created",
    "state": "state, created",
}


_GONE = """
SELECT id FROM gone WHERE version > ?1 UNION SELECT id FROM run WHERE version > ?1 AND deleted
EXCEPT SELECT id FROM run WHERE NOT deleted
"""
"""A run that was moved went from one directory and came in another: its id is not gone."""


class Store:
    """Every run of one root, from its index, and every point, from its files.

    Parameters
    ----------
    root : Path
        The storage root.
    holder : str
        What kind of process this is; servers are preferred as refreshers.
    notify : callable
        Called from a thread with the new version after every change.
    tick : float
        Seconds between two looks at live runs.
    """

    def __init__(self, root: Path, *, holder: str, notify: Callable[[int], None], tick: float) -> None:
        self.root = root
        self.tables = TableCache()
        self.index = Index(cache_folder() / f"{root_digest(root)}-{SHAPE}.sqlite")
        self.refresher = Refresher(root, self.index, self.tables, holder=holder, notify=notify, tick=tick)

    def close(self) -> None:
        """Stop refreshing and close the index."""
        self.refresher.close()
        self.index.close()

    def runs(
        self,
        where: RunFilter,
        order: str = "documented",
        *,
        descending: bool = False,
        limit: int | None = None,
        offset: int = 0,
    ) -> RunPage:
        """Return one page of the runs that match `where`.

        Raises
        ------
        BadRequest
            `order` is no known one.
        """
        if order not in _ORDERS:
            raise BadRequest(f"order must be one of {', '.join(_ORDERS)}, not {order!r}.")
        # The version is read before the rows: a change in between is told again, never missed.
        version, complete = self.index.state()
        condition, values = _condition(where)
        ordering = ", ".join(_turned(term) if descending else term for term in _ORDERS[order].split(", "))
        # The pieces of SQL are constants of this module; whatever came from outside is bound as a value.
        select = f"SELECT directory, document FROM run WHERE {condition} ORDER BY {ordering} LIMIT ? OFFSET ?"  # noqa: S608
        found = self.index.select(select, (*values, -1 if limit is None else limit, offset))
        [(total,)] = self.index.select(f"SELECT count(*) FROM run WHERE {condition}", values)  # noqa: S608
        [(pending,)] = self.index.select("SELECT count(*) FROM run WHERE measured = ''")
        records = tuple(from_document(self.root, directory, document) for directory, document in found)
        return RunPage(records, total, version, complete and not pending, pending)

    def run(self, run_id: str) -> RunRecord:
        """Return the run of this id, looking at the disk before saying that there is none.

        Raises
        ------
        RunNotFound
            No run of the root has this id.
        AmbiguousRun
            Several have.
        """
        for attempt in (0, 1):
            page = self.runs(RunFilter(ids=(run_id,)))
            if page.total == 1:
                return page.runs[0]
            if page.total > 1:
                places = ", ".join(f"{run.project}/{run.name}" for run in page.runs)
                raise AmbiguousRun(f"{page.total} runs have the id {run_id}: {places}.")
            if attempt == 0:
                self.refresher.catch_up()
        raise RunNotFound(f"There is no run {run_id[:100]!r} in this root.")

    def table(self, record: RunRecord) -> EventTable:
        """Return the event table of a run, with every complete line its file has now."""
        return self.tables.table(Path(record.run_dir))

    def curves(
        self,
        records: Sequence[RunRecord],
        metrics: Sequence[str] | None,
        axis: Axis,
        x0: float | None,
        x1: float | None,
        width: int,
    ) -> list[Curve]:
        """Return the curve of each metric of each run that has it, at most 2 × `width` points each."""
        found = []
        for record in records:
            table = self.table(record)
            names = [name for name in (table.series if metrics is None else metrics) if name in table.series]
            found += [_curve(record.id, name, table, axis, x0, x1, width) for name in names]
        return found

    def changes(self, since: int) -> Changes:
        """Return the ids of runs that changed or went after version `since`; of all runs when `since` is unknown."""
        version, _ = self.index.state()
        if since > version:
            since = 0
        changed = self.index.select("SELECT id FROM run WHERE version > ? AND NOT deleted", (since,))
        gone = self.index.select(_GONE, (since,))
        return Changes(version, tuple(one for (one,) in changed), tuple(one for (one,) in gone))

    def names(self, project: str | None = None) -> list[str]:
        """Return the projects of the root, or the experiment names of one project, sorted."""
        if project is None:
            found = self.index.select("SELECT DISTINCT project FROM run WHERE NOT deleted ORDER BY project")
        else:
            found = self.index.select(
                "SELECT DISTINCT name FROM run WHERE NOT deleted AND project = ? ORDER BY name", (project,)
            )
        return [name for (name,) in found]


def _turned(term: str) -> str:
    return term.removesuffix(" DESC") if term.endswith(" DESC") else f"{term} DESC"


def _condition(where: RunFilter) -> tuple[str, list[object]]:
    terms, values = ["NOT deleted"], list[object]()
    for column in ("project", "name"):
        value = getattr(where, column)
        if value is not None:
            terms.append(f"{column} = ?")
            values.append(value)
    if where.status is not None:
        words = [word.strip() for word in where.status.split(",")]
        marks = ", ".join("?" * len(words))
        terms.append(f"(status IN ({marks}) OR state IN ({marks}))")
        values += [*words, *words]
    if where.text:
        terms.append("instr(search, ?) > 0")
        values.append(where.text.casefold())
    if where.ids is not None:
        terms.append(f"id IN ({', '.join('?' * len(where.ids))})")
        values += where.ids
    return " AND ".join(terms), values


def _curve(run: str, name: str, table: EventTable, axis: Axis, x0: float | None, x1: float | None, width: int) -> Curve:
    series = table.series[name]
    events, y = series.events.view, series.values.view
    events = events[: len(y)]
    x, y = ordered(_axis(table, axis)[events], y[: len(events)], distinct=axis == "step")
    part = window(x, x0, x1)
    drawn_x, drawn_y, exact = envelope(x[part], y[part], width)
    return Curve(run, name, drawn_x.tolist(), drawn_y.tolist(), part.stop - part.start, exact)


def _axis(table: EventTable, axis: Axis) -> Floats:
    if axis == "step":
        return table.steps.view.astype(np.float64)
    times = table.times.view
    return times - np.nanmin(times) if axis == "time" and len(times) else times
