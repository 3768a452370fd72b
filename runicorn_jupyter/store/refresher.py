"""Finds what changed in a root, in tiers, and writes it to the index; nothing is ever written into the root.

Live runs are looked at every tick, folders that may get new runs every second or two, everything now and then: a full
walk takes at most one percent of the time. One process a root does this (see lease.py); the others watch the index.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from runicorn_jupyter.models import LIVE_STATES
from runicorn_jupyter.store.facts import signature
from runicorn_jupyter.store.index import Index
from runicorn_jupyter.store.layout import RunPlace, Walker
from runicorn_jupyter.store.lease import Lease
from runicorn_jupyter.store.survey import Surveyor
from runicorn_jupyter.store.tables import TableCache

log = logging.getLogger(__name__)

_BATCH = 500
_SLICE = 0.2
_RECENT = 20
_JUDGE_EVERY = 2.0


class Refresher:
    """Keeps the index of one root fresh from a thread of its own.

    Parameters
    ----------
    root : Path
        The storage root; one that does not exist (yet) is empty.
    index : Index
        Where rows go.
    tables : TableCache
        Event tables, shared with those who draw curves.
    holder : {"kernel", "server", "viewer", "cli"}
        What kind of process this is.
    notify : callable
        Called from the thread with the new version after every change, at most once a tick.
    tick : float
        Seconds between two looks at live runs.
    """

    def __init__(
        self,
        root: Path,
        index: Index,
        tables: TableCache,
        *,
        holder: str,
        notify: Callable[[int], None],
        tick: float,
    ) -> None:
        self._root = root
        self._index = index
        self._surveyor = Surveyor(root, tables)
        self._walker = Walker(root)
        self._lease = Lease(index, holder)
        self._notify = notify
        self._tick = tick
        self._work = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._told = -1
        self._next_poll = self._next_walk = self._next_judging = 0.0

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._loop, name="runicorn-refresher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread and give the lease up."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._lease.release()

    def walk(self) -> None:
        """Look at every run of the root now; when it returns the index tells the whole truth but for large metrics."""
        with self._work:
            began = time.monotonic()
            self._walker.poll(thorough=True)
            indexed: dict[str, str] = dict(self._index.select("SELECT directory, signature FROM run"))
            places = self._walker.runs
            changed = (
                place
                for place in list(places.values())
                if indexed.get(place.directory) != signature(self._root / place.directory)
            )
            self._look(changed)
            if not self._stop.is_set():
                self._index.apply((), [known for known in indexed if known not in places], complete=True)
            self._next_walk = time.monotonic() + min(max(100 * (time.monotonic() - began), 10.0), 600.0)

    def catch_up(self) -> None:
        """Find runs that appeared or vanished, and new points of live runs, before the next tick would."""
        with self._work:
            self._poll()
            self._look_at_live()

    def _loop(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            try:
                pause = self._turn()
            except Exception:
                # A thread that dies leaves every screen frozen; a fault is told once in the log and tried again.
                log.exception("The refresher of %s failed; trying again.", self._root.name)
                pause = 2.0

    def _turn(self) -> float:
        pause = self._tick / 2
        if self._lease.hold():
            pause = self._tick
            with self._work:
                now = time.monotonic()
                if now >= self._next_walk:
                    self.walk()
                elif now >= self._next_poll:
                    self._poll()
                self._look_at_live()
                if self._measure_some():
                    pause = 0.0
        self._tell()
        return pause

    def _tell(self) -> None:
        version, _ = self._index.state()
        if version != self._told:
            self._told = version
            self._notify(version)

    def _poll(self) -> None:
        began = time.monotonic()
        self._walker.poll()
        indexed = {directory for (directory,) in self._index.select("SELECT directory FROM run")}
        places = self._walker.runs
        self._look([place for directory, place in places.items() if directory not in indexed])
        gone = indexed - set(places)
        if gone:
            self._index.apply((), gone)
        self._next_poll = time.monotonic() + min(max(100 * (time.monotonic() - began), 1.0), 5.0)

    def _look_at_live(self) -> None:
        """Read live and lately changed runs whose files changed.

        Now and then all live ones, since a process can die without a trace. The lately changed ones because an ended
        run may go on: an interrupted cell is run again, a script is resumed.
        """
        judging = time.monotonic() >= self._next_judging
        if judging:
            self._next_judging = time.monotonic() + _JUDGE_EVERY
        marks = ", ".join("?" * len(LIVE_STATES))
        live = self._index.select(
            f"SELECT directory, signature FROM run WHERE state IN ({marks}) OR status = 'running'",  # noqa: S608 - only marks
            tuple(LIVE_STATES),
        )
        recent = self._index.select("SELECT directory, signature FROM run ORDER BY version DESC LIMIT ?", (_RECENT,))
        judged = {directory for directory, _ in live} if judging else set()
        places = self._walker.runs
        self._look(
            places[directory]
            for directory, sign in dict([*recent, *live]).items()
            if directory in places and (directory in judged or sign != signature(self._root / directory))
        )

    def _measure_some(self) -> bool:
        """Sum up metrics of large or many runs for a slice of time, newest first; return whether more are waiting."""
        until = time.monotonic() + _SLICE
        waiting = self._index.select("SELECT directory FROM run WHERE measured = '' ORDER BY created DESC LIMIT 100")
        places = [self._walker.runs[directory] for (directory,) in waiting if directory in self._walker.runs]
        for place in places:
            self._look([place], measure=True)
            if time.monotonic() > until:
                break
        return bool(places)

    def _look(self, places: Iterable[RunPlace], *, measure: bool = False) -> None:
        rows = []
        for place in places:
            known = self._index.row(place.directory)
            row = self._surveyor.look(place, known, time.time(), measure=measure)
            if row is not None and row != known:
                rows.append(row)
            if len(rows) >= _BATCH:
                self._index.apply(rows)
                rows = []
                self._lease.hold()
                self._tell()
            if self._stop.is_set():
                break
        if rows:
            self._index.apply(rows)
