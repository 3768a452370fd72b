"""The store of one root behind a handful of verbs: runs, run, curves, rows, changes. Doors never see more."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from runicorn_jupyter.errors import AmbiguousRun, RunNotFound
from runicorn_jupyter.models import Changes, Curve, Facets, ItemPage, RunFilter, RunPage, RunRecord, Stage
from runicorn_jupyter.paths import cache_folder, root_digest
from runicorn_jupyter.store.bin.recycle import RecycleBin
from runicorn_jupyter.store.index.index import SHAPE, Index, state_of
from runicorn_jupyter.store.index.listing import Asked, Listing
from runicorn_jupyter.store.index.records import from_texts
from runicorn_jupyter.store.refresh.pace import Pace
from runicorn_jupyter.store.refresh.refresher import Refresher
from runicorn_jupyter.store.runs.assets import read_assets, read_environment
from runicorn_jupyter.store.series.curvecache import SHAPE as CURVES_SHAPE
from runicorn_jupyter.store.series.curvecache import CurveCache
from runicorn_jupyter.store.series.tables import TableCache

# What works on points needs numpy, whose import takes a third of a viewer's start: it comes with the first question.
if TYPE_CHECKING:
    from runicorn_jupyter.store.curves import Axis
    from runicorn_jupyter.store.series.columns import EventTable

_T = TypeVar("_T")

_RUN = "SELECT record, config, summary, metrics FROM run WHERE id = ? AND NOT deleted ORDER BY place"
_CHANGED = """
SELECT id FROM run WHERE version > ?1 AND NOT deleted UNION SELECT id FROM pulse WHERE version > ?1
"""
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
    pace : Pace
        How soon the refresher looks again.
    """

    def __init__(self, root: Path, *, holder: str, notify: Callable[[int], None], pace: Pace) -> None:
        self.root = root
        self.index = Index(_index_file(root))
        # Beside the index, wherever that could be made.
        curves = self.index.path.with_name(f"{root_digest(root)}-curves-{CURVES_SHAPE}.sqlite")
        self.curve_cache = CurveCache(curves)
        self.tables = TableCache(root=root, cache=self.curve_cache)
        self._listing = Listing(self.index)
        self._pace = pace
        self.refresher = Refresher(root, self.index, self.tables, holder=holder, notify=notify, pace=pace)
        self.bin = RecycleBin(root, self.index, self.refresher)

    def close(self) -> None:
        """Stop refreshing and close index and curve cache."""
        self.refresher.close()
        self.curve_cache.close()
        self.index.close()

    def runs(
        self,
        where: RunFilter,
        order: str = "documented",
        *,
        descending: bool = False,
        limit: int | None = None,
        offset: int = 0,
        cursor: str | None = None,
    ) -> RunPage:
        """Return one page of the runs that match `where`.

        Raises
        ------
        BadRequest
            `order` is no key, the query of `where` none, or `cursor` is of another list.
        """
        self._pace.asked()
        return self._listing.runs(Asked(where, order, descending, limit, offset, cursor))

    def items(
        self,
        where: RunFilter,
        order: str = "documented",
        *,
        descending: bool = False,
        limit: int | None = None,
        offset: int = 0,
        cursor: str | None = None,
        columns: Collection[str] = (),
    ) -> ItemPage:
        """Return the same page as `runs` does, each run as the JSON of its list item with the wide `columns`."""
        self._pace.asked()
        return self._listing.items(Asked(where, order, descending, limit, offset, cursor), columns)

    def facets(self, where: RunFilter, keys: Sequence[str], limit: int = 20) -> Facets:
        """Return for each of `keys` which values the runs that match `where` have, and how often."""
        return self._listing.facets(where, keys, limit)

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
            found = self.index.read(
                lambda connection: [from_texts(*row) for row in connection.execute(_RUN, (run_id,))]
            )
            if len(found) == 1:
                return found[0]
            if found:
                places = ", ".join(f"{run.project}/{run.name}" for run in found)
                raise AmbiguousRun(f"{len(found)} runs have the id {run_id}: {places}.")
            if attempt == 0:
                self.refresher.catch_up(run_id)
        raise RunNotFound(f"There is no run {run_id[:100]!r} in this root.")

    def read(self, run_id: str, work: Callable[[EventTable], _T], rank: int = 0) -> _T:
        """Return ``work(table)`` on the events of a run, with every complete line its file has now."""
        [run_dir] = self._directories([run_id])
        return self.tables.read(run_dir, work, rank)

    def ranks(self, run_id: str) -> list[int]:
        """Return the ranks of the processes that logged into a run, rising; 0 is always among them."""
        [run_dir] = self._directories([run_id])
        return self.tables.ranks(run_dir)

    def curves(
        self,
        run_ids: Sequence[str],
        metrics: Sequence[str] | None,
        axis: Axis,
        window: tuple[float | None, float | None],
        width: int,
        rank: int = 0,
    ) -> list[Curve]:
        """Return the curve of each metric of each run that has it, at most 2 × `width` points each."""
        from runicorn_jupyter.store.curves import check_axis, curves_of

        check_axis(axis)
        found: list[Curve] = []
        for run_id, run_dir in zip(run_ids, self._directories(run_ids), strict=True):

            def work(table: EventTable, run: str = run_id) -> list[Curve]:
                return curves_of(table, run, metrics, axis, window, width)

            found += self.tables.read(run_dir, work, rank)
        return found

    def stages(self, run_ids: Sequence[str], axis: Axis, rank: int = 0) -> dict[str, list[Stage]]:
        """Return the stages of each run that logged any, along an axis."""
        from runicorn_jupyter.store.curves import check_axis, stages_of

        check_axis(axis)
        directories = zip(run_ids, self._directories(run_ids), strict=True)
        found = {run: self.tables.read(place, lambda table: stages_of(table, axis), rank) for run, place in directories}
        return {run: stages for run, stages in found.items() if stages}

    def _directories(self, run_ids: Sequence[str]) -> list[Path]:
        """Return where runs lie: one question for all, and the careful way for those that it leaves open."""
        known: dict[str, list[str]] = {}
        for begin in range(0, len(run_ids), 500):
            some = run_ids[begin : begin + 500]
            marks = ", ".join("?" * len(some))
            sql = f"SELECT id, directory FROM run WHERE NOT deleted AND id IN ({marks})"  # noqa: S608 - only marks
            for run_id, directory in self.index.select(sql, some):
                known.setdefault(run_id, []).append(directory)
        return [
            self.root / known[one][0] if len(known.get(one, ())) == 1 else Path(self.run(one).run_dir)
            for one in run_ids
        ]

    def assets(self, run_id: str) -> dict[str, Any]:
        """Return what a run used and made (see ``assets.read_assets``)."""
        return self._of(run_id, read_assets)

    def environment(self, run_id: str) -> dict[str, Any] | None:
        """Return environment.json of a run, None when it has no usable one."""
        return self._of(run_id, read_environment)

    def _of(self, run_id: str, read: Callable[[Path, str], _T]) -> _T:
        [run_dir] = self._directories([run_id])
        try:
            return read(self.root, str(run_dir.relative_to(self.root)))
        except OSError as error:
            raise RunNotFound(f"The directory of run {run_id!r} is gone or cannot be read.") from error

    def changes(self, since: int) -> Changes:
        """Return the ids of runs that changed or went after version `since`.

        An unknown `since`, of an index that was begun again or from too long ago, gives all runs and says so.
        """

        def work(connection: sqlite3.Connection) -> Changes:
            state = state_of(connection)
            unknown = not state.forgotten <= since <= state.version
            known = (0 if unknown else since,)
            changed = tuple(run_id for (run_id,) in connection.execute(_CHANGED, known))
            gone = tuple(run_id for (run_id,) in connection.execute(_GONE, known))
            complete = state.complete and not state.pending
            return Changes(state.version, changed, gone, unknown, complete, state.pending)

        return self.index.read(work)

    def names(self, project: str | None = None) -> list[str]:
        """Return the projects of the root, or the experiment names of one project, sorted."""
        if project is None:
            found = self.index.select("SELECT DISTINCT project FROM run WHERE NOT deleted ORDER BY project")
        else:
            found = self.index.select(
                "SELECT DISTINCT name FROM run WHERE NOT deleted AND project = ? ORDER BY name", (project,)
            )
        return [name for (name,) in found]


def _index_file(root: Path) -> Path | None:
    try:
        return cache_folder() / f"{root_digest(root)}-{SHAPE}.sqlite"
    except (OSError, RuntimeError):
        return None  # no home, a file in its place, read only: the index then lives as long as this process
