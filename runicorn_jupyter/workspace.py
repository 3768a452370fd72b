"""The hall: one Workspace owns the store of a root and its change feed, and is all that a door receives.

Its calls are synchronous and thread-safe; a server runs them in threads, a kernel calls them as they are.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from runicorn_jupyter._version import __version__
from runicorn_jupyter.errors import RootMissing
from runicorn_jupyter.models import (
    Changes,
    Curve,
    Health,
    ImageRecord,
    MetricRows,
    RunFilter,
    RunPage,
    RunRecord,
)
from runicorn_jupyter.paths import check_root
from runicorn_jupyter.store.logs import LogTail
from runicorn_jupyter.store.media import MediaFile, images, open_media
from runicorn_jupyter.store.rows import every_point, metric_rows
from runicorn_jupyter.store.store import Axis, Store

log = logging.getLogger(__name__)

__all__ = ["LogTail", "MediaFile", "Workspace"]


class Workspace:
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

    def __init__(self, root: Path, *, reason: str = "argument", holder: str = "kernel", tick: float = 0.3) -> None:
        with suppress(RootMissing):
            check_root(root)
        self.root = root
        self.root_reason = reason
        self._listeners: list[Callable[[int], None]] = []
        self._lock = threading.Lock()
        self._complete = threading.Event()
        self._closed = False
        self._store = Store(root, holder=holder, notify=self._notify, tick=tick)

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
            self._store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def health(self) -> Health:
        """Return whether the lists can be trusted now, and what is worth knowing about this root."""
        page = self._store.runs(RunFilter(), limit=0)
        notes = [] if self.root.is_dir() else ["The storage root does not exist yet; the first run creates it."]
        if self._store.index.rebuilt:
            notes.append("The index was damaged and has been built again from the files.")
        return Health(
            storage=str(self.root),
            version=__version__,
            complete=page.complete,
            pending=page.pending,
            runs=page.total,
            curve_cache=self._store.tables.stats(),
            notes=tuple(notes),
        )

    def wait_complete(self, timeout: float) -> bool:
        """Wait until the first walk over the root is done; return whether it is."""
        return self._complete.wait(timeout) or self._store.index.state()[1]

    def refresh(self) -> None:
        """Look at every run of the root now."""
        self._store.refresher.walk()

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
    ) -> RunPage:
        """Return one page of the runs that match `where`, ordered as the contract says unless told otherwise."""
        return self._store.runs(where, order, descending=descending, limit=limit, offset=offset)

    def run(self, run_id: str) -> RunRecord:
        """Return one run; RunNotFound or AmbiguousRun say why it cannot be."""
        return self._store.run(run_id)

    def projects(self) -> list[str]:
        """Return the projects, sorted."""
        return self._store.names()

    def names(self, project: str) -> list[str]:
        """Return the experiment names of `project`, sorted; an unknown project has none."""
        return self._store.names(project)

    def metric_rows(
        self,
        run_id: str,
        *,
        relative_time: bool = False,
        downsample: int | None = None,
        metrics: Sequence[str] | None = None,
    ) -> MetricRows:
        """Return the documented row form of a run's metrics (contract R7 with `relative_time`, else R8)."""
        table = self._store.table(self.run(run_id))
        return metric_rows(table, relative_time=relative_time, downsample=downsample, metrics=metrics)

    def frame_columns(self, run_id: str) -> dict[str, list[Any]]:
        """Return every point of a run in columns: ``step``, ``time`` in seconds, the metrics (None where absent)."""
        return every_point(self._store.table(self.run(run_id)))

    def curves(
        self,
        run_ids: Sequence[str],
        metrics: Sequence[str] | None = None,
        *,
        x: Axis = "step",
        x0: float | None = None,
        x1: float | None = None,
        width: int = 1000,
    ) -> list[Curve]:
        """Return curves of several runs, at most 2 × `width` points each, no spike lost.

        Parameters
        ----------
        run_ids : sequence of str
            Which runs.
        metrics : sequence of str, optional
            Which metrics; without it all of each run.
        x : {"step", "time", "wall"}
            The x axis: step, seconds since the run's first event, or Unix seconds.
        x0, x1 : float, optional
            The window on that axis.
        width : int
            About the pixels the curve will be drawn on.
        """
        return self._store.curves([self.run(run_id) for run_id in run_ids], metrics, x, x0, x1, width)

    def log(self, run_id: str) -> LogTail:
        """Return a follower of the run's text log."""
        return LogTail(Path(self.run(run_id).run_dir))

    def images(self, run_id: str) -> list[ImageRecord]:
        """Return the images that a run logged, in order."""
        return images(self._store.table(self.run(run_id)))

    def open_media(self, run_id: str, path: str) -> MediaFile:
        """Open a file of the run's media folder; the caller closes its descriptor."""
        return open_media(Path(self.run(run_id).run_dir), path)

    def changes(self, since: int) -> Changes:
        """Return which runs changed after the version `since`."""
        return self._store.changes(since)

    def subscribe(self, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call `callback` with the new version after every change, from a thread of ours; returns what ends it."""
        with self._lock:
            self._listeners.append(callback)

        def unsubscribe() -> None:
            with self._lock:
                if callback in self._listeners:
                    self._listeners.remove(callback)

        return unsubscribe

    def _notify(self, version: int) -> None:
        if self._store.index.state()[1]:
            self._complete.set()
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(version)
            except Exception:
                log.exception("A listener of the change feed failed.")
