"""The hall: one Workspace owns the store of a root and its change feed, and is all that a door receives.

Its calls are synchronous and thread-safe; a server runs them in threads, a kernel calls them as they are.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from runicorn_jupyter._version import __version__
from runicorn_jupyter.errors import RootMissing
from runicorn_jupyter.models import (
    Changes,
    Facets,
    Health,
    ImageRecord,
    ItemPage,
    RunFilter,
    RunPage,
    RunRecord,
    list_mark,
)
from runicorn_jupyter.paths import check_root
from runicorn_jupyter.remote import errors as far_errors
from runicorn_jupyter.store.artifacts.rooted import RootArtifacts
from runicorn_jupyter.store.assetfiles import AssetFiles
from runicorn_jupyter.store.bin.calls import RunBin
from runicorn_jupyter.store.cachefiles import CacheEntry, cache_entries, clear_cache
from runicorn_jupyter.store.edits.edits import Edits
from runicorn_jupyter.store.edits.tree import RunTree
from runicorn_jupyter.store.files import RunFiles
from runicorn_jupyter.store.logs.logparts import LogHit, LogLine
from runicorn_jupyter.store.logs.logs import LogTail
from runicorn_jupyter.store.logs.logsearch import Search
from runicorn_jupyter.store.media import MediaFile
from runicorn_jupyter.store.overview.experiments import Experiments
from runicorn_jupyter.store.overview.overview import Overview
from runicorn_jupyter.store.overview.usage import Usage
from runicorn_jupyter.store.points import RunPoints
from runicorn_jupyter.store.query import check_query, is_query
from runicorn_jupyter.store.refresh.pace import Pace
from runicorn_jupyter.store.series.curvecache import LIMIT as CURVES_LIMIT
from runicorn_jupyter.store.series.curvecache import CurveCache
from runicorn_jupyter.store.store import Store
from runicorn_jupyter.store.transfer.transfer import Transfer

if TYPE_CHECKING:
    from runicorn_jupyter.remote.remotes import Remotes as Remotes  # noqa: PLC0414 - for the types of doors

log = logging.getLogger(__name__)

__all__ = [
    "CURVES_LIMIT",
    "CacheEntry",
    "LogHit",
    "LogLine",
    "LogTail",
    "MediaFile",
    "RunTree",
    "Search",
    "Workspace",
    "cache_entries",
    "clear_cache",
    "far_errors",
]


def _fetch(address: str) -> AbstractContextManager[Any]:
    from runicorn_jupyter.client.fetching import opened  # requests costs a tenth of a second

    return opened(address)


class Workspace(RunPoints, RunBin):
    """Everything one can ask of a storage root.

    A root that does not exist yet is empty; its runs are shown as soon as the first one makes it. Reading never
    creates or changes anything in it.

    Parameters
    ----------
    root : Path
        The storage root, absolute.
    reason : str
        Why it is this root (see ``paths.find_root``).
    holder : {"kernel", "server", "viewer", "cli"}
        What kind of process opens it.
    tick : float
        Seconds between two looks at live runs.

    Raises
    ------
    RootUnusable
        `root` is a file or cannot be read.
    """

    def __init__(self, root: Path, *, reason: str = "argument", holder: str = "kernel", tick: float = 0.08) -> None:
        with suppress(RootMissing):
            check_root(root)
        self.root = root
        self.root_reason = reason
        self._listeners: list[Callable[[int], None]] = []
        self._waiting = 0
        self._lock = threading.Lock()
        self._news = threading.Condition()
        self._closed = False
        self._remotes: Remotes | None = None
        pace = Pace(lambda: bool(self._waiting), tick)
        self._store = Store(root, holder=holder, notify=self._notify, pace=pace)
        self.files = RunFiles(self._store)
        self.edits = Edits(self._store)
        self.transfer = Transfer(self._store)
        self.artifacts = RootArtifacts(self._store, _fetch)
        self.tree = RunTree(self._store, self.edits)
        self.asset_files = AssetFiles(self._store)
        self.experiments = Experiments(self._store)
        self.usage = Usage(self._store)
        self.overview = Overview(self._store, self.usage)

    @property
    def label(self) -> str:
        """The name under which outputs may mention the root: its last component, never its path."""
        return self.root.name or "root"

    def start(self) -> Self:
        """Begin to follow the root from a thread; returns at once, however large the root is."""
        self._store.refresher.start()
        return self

    def close(self) -> None:
        """Stop following; a second call does nothing."""
        if not self._closed:
            self._closed = True
            if remotes := self.release_remotes():
                remotes.close()
            self.transfer.close()
            self._store.close()

    @property
    def remotes(self) -> Remotes:
        """Other hosts over SSH; made at the first use, which loads asyncssh."""
        with self._lock:
            if self._remotes is None:
                from runicorn_jupyter.remote.remotes import Remotes  # 0.15 s that most never need

                self._remotes = Remotes()
            return self._remotes

    def release_remotes(self) -> Remotes | None:
        """Give the connections away, to a workspace of another root: they outlive this one."""
        with self._lock:
            remotes, self._remotes = self._remotes, None
            return remotes

    def adopt_remotes(self, remotes: Remotes) -> None:
        """Go on with the connections that another workspace released."""
        with self._lock:
            self._remotes = remotes

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def health(self) -> Health:
        """Return whether the lists can be trusted now, and what is worth knowing about this root."""
        state = self._store.index.state()
        notes = [] if self.root.is_dir() else ["The storage root does not exist yet; the first run creates it."]
        notes += self._store.index.notes
        return Health(
            storage=str(self.root),
            version=__version__,
            complete=state.complete and not state.pending,
            pending=state.pending,
            runs=state.runs,
            curve_cache=self._store.tables.stats(),
            notes=tuple(notes),
        )

    def wait_listed(self, timeout: float) -> bool:
        """Wait until the index tells of every run at least what an earlier walk found; return whether it does."""
        return self._wait(lambda: self._store.index.state().known, timeout)

    def wait_complete(self, timeout: float) -> bool:
        """Wait until every run has been looked at since we began, metrics and all; return whether that is so."""
        return self._wait(lambda: (state := self._store.index.state()).complete and not state.pending, timeout)

    def _wait(self, true: Callable[[], bool], timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while not (done := true()) and (left := deadline - time.monotonic()) > 0:
            with self._news:
                self._news.wait(min(left, 0.05))  # another process may be the one that makes it true
        return done

    def refresh(self) -> None:
        """Look at every run of the root now."""
        self._store.refresher.walk()

    def check_status(self) -> tuple[int, int]:
        """Look again at every run said to be running; return how many there are and how many changed their state."""
        return self._store.refresher.check()

    def assets(self, run_id: str) -> dict[str, Any]:
        """Return what a run used and made, with paths of this root (see ``store.assets.read_assets``)."""
        return self._store.assets(run_id)

    def environment(self, run_id: str) -> dict[str, Any] | None:
        """Return the environment that a run recorded, None when it did not."""
        return self._store.environment(run_id)

    def catch_up(self) -> None:
        """Find new runs, and new points of live ones, without waiting for the next tick."""
        self._store.refresher.catch_up()

    def runs(
        self,
        where: RunFilter = RunFilter(),  # noqa: B008 - frozen, so sharing it is safe
        *,
        order: str = "documented",
        descending: bool = False,
        limit: int | None = None,
        offset: int = 0,
        cursor: str | None = None,
    ) -> RunPage:
        """Return one page of the runs that match `where`, ordered as the contract says unless told otherwise.

        Parameters
        ----------
        where : RunFilter
            Which runs.
        order : str
            ``documented``, or any key of the query language: a field, a setting, a value of the summary, a metric.
            Numbers come first, then texts, then runs without it; ties go by id.
        descending : bool
            The largest number and the last text first; runs without the value still come last.
        limit, offset : int
            How many runs, and how many to pass over before.
        cursor : str, optional
            Where the page before ended (``RunPage.cursor``), in the same order.
        """
        return self._store.runs(where, order, descending=descending, limit=limit, offset=offset, cursor=cursor)

    def items(
        self,
        where: RunFilter = RunFilter(),  # noqa: B008
        *,
        order: str = "documented",
        descending: bool = False,
        limit: int | None = None,
        offset: int = 0,
        cursor: str | None = None,
        columns: Sequence[str] = (),
    ) -> ItemPage:
        """Return the page that `runs` returns, each run as the JSON of its list item with the wide `columns`."""
        return self._store.items(
            where, order, descending=descending, limit=limit, offset=offset, cursor=cursor, columns=columns
        )

    def facets(
        self,
        where: RunFilter = RunFilter(),  # noqa: B008
        keys: Sequence[str] = (),
        *,
        limit: int = 20,
    ) -> Facets:
        """Return for each of `keys` the values that the runs matching `where` have, the most frequent first."""
        return self._store.facets(where, keys, limit)

    def version(self) -> int:
        """Return the version of the index, which every change raises."""
        return self._store.index.state().version

    def mark(self) -> str:
        """Return a text that stays the same while every list of runs does."""
        state = self._store.index.state()
        return list_mark(state.version, state.complete and not state.pending, state.pending)

    is_query = staticmethod(is_query)
    check_query = staticmethod(check_query)

    def run(self, run_id: str) -> RunRecord:
        """Return one run; RunNotFound or AmbiguousRun say why it cannot be."""
        return self._store.run(run_id)

    def projects(self) -> list[str]:
        """Return the projects, sorted."""
        return self._store.names()

    def names(self, project: str) -> list[str]:
        """Return the experiment names of `project`, sorted; an unknown project has none."""
        return self._store.names(project)

    @property
    def curve_cache(self) -> CurveCache:
        """The points kept beside the index: ``size()`` tells how many, ``clear()`` drops them."""
        return self._store.curve_cache

    def log(self, run_id: str, file: str | None = None) -> LogTail:
        """Return a follower of a text log of the run; its names, pages of it and a search are in ``files``."""
        return self.files.log(run_id, file)

    def images(self, run_id: str) -> list[ImageRecord]:
        """Return the images that a run logged, in order."""
        return self.files.images(run_id)

    def open_media(self, run_id: str, path: str) -> MediaFile:
        """Open a file of the run's media folder; the caller closes its descriptor."""
        return self.files.open_media(run_id, path)

    def changes(self, since: int) -> Changes:
        """Return which runs changed after the version `since`."""
        return self._store.changes(since)

    def subscribe(self, callback: Callable[[int], None], *, waiting: bool = True) -> Callable[[], None]:
        """Call `callback` with the new version after every change, from a thread of ours; returns what ends it.

        Who is `waiting` makes the refresher look often; who is not is told when it looks anyway.
        """
        with self._lock:
            self._listeners.append(callback)
            self._waiting += waiting

        def unsubscribe() -> None:
            with self._lock:
                if callback in self._listeners:
                    self._listeners.remove(callback)
                    self._waiting -= waiting

        return unsubscribe

    def _notify(self, version: int) -> None:
        with self._news:
            self._news.notify_all()
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(version)
            except Exception:
                log.exception("A listener of the change feed failed.")
