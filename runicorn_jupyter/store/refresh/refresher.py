"""Finds what changed in a root, in tiers, and writes it to the index; nothing is ever written into the root.

Live runs are looked at many times a second, folders that may get new runs every second or so, everything now and then:
a tier that finds nothing takes a thousandth of the time at most, up to the longest it may rest. One process a root does
this (see lease.py); the others watch the index.

No lock is held while files are read: two threads may read one run at once, and whichever row is kept carries the
signature of the files it was made from, so that an outdated one is found at the next look.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Container, Iterator, Sequence
from pathlib import Path

from runicorn_jupyter.store.index.index import LIVE, Index, Row
from runicorn_jupyter.store.refresh.lease import Lease
from runicorn_jupyter.store.refresh.live import LiveRuns
from runicorn_jupyter.store.refresh.measurer import Measurer
from runicorn_jupyter.store.refresh.pace import Pace
from runicorn_jupyter.store.refresh.survey import SMALL, UNLIMITED, Surveyor
from runicorn_jupyter.store.runs import stamps
from runicorn_jupyter.store.runs.layout import RunPlace, Walker, place_of
from runicorn_jupyter.store.series.tables import TableCache

log = logging.getLogger(__name__)

_BATCH = 250
_SLICE = 0.04
_FLUSH = 0.25
_RECENT = 20
_AT_ONCE = 200
_WATCHED = f"""
SELECT directory, signature FROM run WHERE {LIVE}
UNION SELECT * FROM (SELECT directory, signature FROM run ORDER BY version DESC LIMIT {_RECENT})
"""  # noqa: S608 - constants


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
        Called from a thread with the new version after every change, at most once a tick.
    pace : Pace
        How soon which tier looks again.
    """

    def __init__(
        self,
        root: Path,
        index: Index,
        tables: TableCache,
        *,
        holder: str,
        notify: Callable[[int], None],
        pace: Pace,
    ) -> None:
        self._root = root
        self._index = index
        self._surveyor = Surveyor(root, tables)
        self._walker = Walker(root)
        self._lease = Lease(index, holder)
        self._live = LiveRuns(str(root))
        self._measurer = Measurer(index, self._measure)
        self._notify = notify
        self._pace = pace
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._telling = threading.Lock()
        self._told = -1
        self._walking: Iterator[None] | None = None
        self._term = 0
        self._polled: tuple[Path, int] | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._loop, name="runicorn-refresher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the threads and give the lease up."""
        self._stop.set()
        self._measurer.close()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._lease.release()

    def walk(self) -> None:
        """Look at every run of the root now; when it returns the index tells the whole truth but for large metrics."""
        self._lease.hold()
        for _ in self._walk(SMALL):
            if self._stop.is_set():
                break

    def catch_up(self, run_id: str | None = None) -> None:
        """Find runs that appeared or vanished, and new points of live runs, before the next tick would.

        Parameters
        ----------
        run_id : str, optional
            Look only for this run.
        """
        fresh = self._poll()
        if run_id is not None or len(fresh) > _AT_ONCE:  # the rest is what the walk is at
            fresh = [place for place in fresh if place.directory.rpartition("/")[2] == run_id]
        self._look(fresh)
        if run_id is None:
            self._look([place for place in self._restless(()) if not self._is_long(place)])
        self._tell()

    def reread(self, directories: Collection[str]) -> None:
        """Take what became of the runs at `directories` into the index at once, whoever holds the lease."""
        self._walker.poll()  # what has a row is known to the walker, else a poll would take it for gone
        self._look([place_of(one) for one in directories])
        self._tell()

    def check(self) -> tuple[int, int]:
        """Look again at every run said to be running; return how many there are and how many changed their state."""
        sql = f"SELECT directory, state FROM run WHERE deleted = 0 AND {LIVE}"  # noqa: S608 - a constant
        before = dict(self._index.select(sql))
        self.reread(before)
        after = {row.directory: row.state for row in self._index.rows(list(before)).values()}
        return len(before), sum(after.get(directory) != state for directory, state in before.items())

    def _loop(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            began = time.monotonic()
            try:
                pause = max(self._turn() - (time.monotonic() - began), 0.0)
            except Exception as fault:
                # A thread that dies leaves every screen frozen; a fault is told in the log and tried again.
                busy = isinstance(fault, sqlite3.OperationalError)
                log.log(
                    logging.INFO if busy else logging.ERROR, "Refreshing %s failed.", self._root.name, exc_info=True
                )
                self._walking = None
                pause = 1.0

    def _turn(self) -> float:
        """Do what is due, and return the time from its beginning to the next turn."""
        pause, version = self._pace.reading, None
        if self._lease.hold():
            pause, now = self._pace.idle, time.monotonic()
            self._begin(now)
            if len(self._live):
                version = self._look_at_live(now)
                pause = self._pace.live
            if self._walking is not None:
                self._walk_on()
                pause = 0.0
            elif self._pace.polls(now):
                self._look(self._poll())
            elif self._pace.watches(now):
                self._watch()
            else:
                self._tell(version)
                return pause
        self._tell()
        return pause

    def _begin(self, now: float) -> None:
        """Start a walk when one is due, when the lease is new, or when the index was begun again."""
        renewed, self._term = self._term != self._lease.term, self._lease.term
        if renewed or (self._walking is None and self._pace.walks(now)):
            if renewed:
                self._live = LiveRuns(str(self._root))
            self._walking = self._walk(0)

    def _walk_on(self) -> None:
        until = time.monotonic() + _SLICE
        assert self._walking is not None
        for _ in self._walking:
            if time.monotonic() >= until:
                return
        self._walking = None
        self._measurer.wake()

    def _walk(self, limit: int) -> Iterator[None]:
        """Look at every run in small steps; metrics of more than `limit` bytes of events are left to the measurer."""
        term, began, spent = self._lease.term, time.monotonic(), 0.0
        indexed: dict[str, str] = dict(self._index.select("SELECT directory, signature FROM run"))
        self._walker.poll(thorough=True)
        changed, edited = list[RunPlace](), self._surveyor.edits.changed()
        for place in self._walker.places():
            signature = indexed.pop(place.directory, "")
            if place.id in edited or not stamps.unchanged(f"{self._root}/{place.directory}", signature):
                changed.append(place)
            if len(changed) >= _BATCH:
                self._look(changed, limit=limit)
                self._tell()
                changed = []
            if time.monotonic() - began > _SLICE / 4:
                spent += time.monotonic() - began
                yield
                began = time.monotonic()
        self._look(changed, limit=limit)
        yield
        if self._stop.is_set():
            return
        self._drop(indexed)
        if self._lease.confirm(term):
            self._load_live()
        spent += time.monotonic() - began
        self._pace.walked(spent)

    def _load_live(self) -> None:
        found = self._index.select(f"SELECT directory FROM run WHERE deleted = 0 AND {LIVE}")  # noqa: S608 - a constant
        for row in self._index.rows([directory for (directory,) in found]).values():
            self._live.read(row, 0.0)

    def _poll(self) -> list[RunPlace]:
        """Return the runs that appeared, and drop those that vanished."""
        began, path = time.monotonic(), self._index.path
        found = list[RunPlace]()
        if (path, self._walker.poll()) != self._polled:
            # In this order a row that another process writes meanwhile is never taken for one that is gone.
            indexed = {directory for (directory,) in self._index.select("SELECT directory FROM run")}
            revision = self._walker.poll()
            places = {place.directory: place for place in self._walker.places()}
            self._drop(indexed.difference(places))
            found = [place for directory, place in places.items() if directory not in indexed]
            self._polled = None if found else (path, revision)
        self._pace.polled(began)
        return found

    def _drop(self, directories: Collection[str]) -> None:
        if directories:
            self._live.forget(directories)
            self._index.apply((), directories)

    def _look_at_live(self, now: float) -> int | None:
        """Tell of growth, read what is due, and return the version if nothing else can have changed it here."""
        grown = self._live.grown()
        version = self._index.pulse(grown) if grown else None
        ready = list[RunPlace]()
        for directory, size in self._live.due(now):
            if size <= SMALL:
                ready.append(place_of(directory))
            else:
                self._measurer.hand(directory)
        if not ready:
            return version
        began = time.monotonic()
        self._look(ready, grow=True)
        self._live.took(time.monotonic() - began, len(ready))
        return None

    def _watch(self) -> None:
        began = time.monotonic()
        self._look(self._restless(self._live))
        if edited := self._surveyor.edits.changed():
            self._look([place for place in self._walker.places() if place.id in edited])
        if self._index.state().pending:
            self._measurer.wake()
        self._pace.watched(began)

    def _restless(self, without: Container[str]) -> list[RunPlace]:
        """Return runs whose files changed among those that are live, thought dead, or changed last.

        A script is resumed, an interrupted cell runs again, a laptop wakes up and its heartbeats go on.
        """
        watched = dict[str, str](self._index.select(_WATCHED))
        return [
            place_of(directory)
            for directory, signature in watched.items()
            if directory not in without and not stamps.unchanged(f"{self._root}/{directory}", signature)
        ]

    def _is_long(self, place: RunPlace) -> bool:
        """Tell whether the run is left to the measurer of whoever holds the lease."""
        try:
            return os.stat(f"{self._root}/{place.directory}/{stamps.EVENTS}").st_size > SMALL  # noqa: PTH116 - no Path here
        except OSError:
            return False

    def _measure(self, directories: Sequence[str]) -> None:
        """Sum up the metrics of these runs, or of the first of them when it takes long: the others still wait."""
        known, whole, until = self._index.rows(directories), list[RunPlace](), time.monotonic() + _FLUSH
        measured = list[tuple[Row, Row]]()
        for directory in directories:
            before = known.get(directory)
            row = self._surveyor.measured(before) if before else None
            if before and row:
                measured.append((before, row))
                self._live.read(row, time.monotonic())
            else:
                whole.append(place_of(directory))
            if self._stop.is_set() or (measured and time.monotonic() > until):
                break
        self._index.fill(measured)
        self._look(whole, limit=UNLIMITED)
        self._tell()

    def _look(self, places: Sequence[RunPlace], *, limit: int = SMALL, grow: bool = False) -> None:
        """Read these runs and store what is new; one that is no run any more is dropped.

        Those that only `grow` may be read by their events alone.
        """
        for begin in range(0, len(places), _BATCH):
            some = places[begin : begin + _BATCH]
            known = self._index.rows([place.directory for place in some])
            rows, gone, flush_at = list[Row](), list[str](), time.monotonic() + _FLUSH
            for place in some:
                before = known.get(place.directory)
                row = self._surveyor.grown(before) if grow and before else None
                row = row or self._surveyor.look(place, before, time.time(), limit=limit)
                if row is None:
                    gone += [place.directory] if before else []
                else:
                    rows += [row] if row != before else []
                    self._live.read(row, time.monotonic())
                if self._stop.is_set():
                    break
                if rows and time.monotonic() > flush_at:
                    self._index.apply(rows)
                    rows, flush_at = [], time.monotonic() + _FLUSH
            if rows:
                self._index.apply(rows)
            self._drop(gone)

    def _tell(self, version: int | None = None) -> None:
        with self._telling:
            if version is None:
                version = self._index.state().version
            if version != self._told:
                self._told = version
                self._notify(version)
