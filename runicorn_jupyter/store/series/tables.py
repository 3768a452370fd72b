"""Event tables of many runs in bounded memory."""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from runicorn_jupyter.store.runs.stamps import EVENTS
from runicorn_jupyter.store.series.curvecache import CurveCache
from runicorn_jupyter.store.series.parts import ChunksGoneError

if TYPE_CHECKING:
    from runicorn_jupyter.store.series.columns import EventTable
    from runicorn_jupyter.store.series.reader import EventReader

_T = TypeVar("_T")

MEMORY_LIMIT = 48 * 1024 * 1024
"""Bytes held at once. Long runs hold only summaries here (0.6 bytes a value) and their last MiB, so this is enough for
hundreds of runs; before the curve cache it was 64 MB of points. The least recently used runs are forgotten."""

_SHORT = 64 * 1024
"""Bytes of events that take a millisecond to read."""

_ATTEMPTS = 3
_RANKED = re.compile(r"events\..+-(\d{1,9})\.jsonl")


class _Held:
    """One rank of one run: its readers, the lock under which they read, and its size when it was last used."""

    __slots__ = ("listed", "lock", "merged", "rank", "readers", "run_dir", "size")

    def __init__(self, run_dir: Path, rank: int) -> None:
        self.run_dir = run_dir
        self.rank = rank
        self.readers: dict[str, EventReader] = {}
        self.listed = -1
        self.lock = threading.Lock()
        self.size = 0
        self.merged: tuple[tuple[EventTable, ...], EventTable] | None = None


class TableCache:
    """Fresh event tables by run directory, least recently used ones dropped (thread-safe).

    Parameters
    ----------
    limit : int
        Bytes of memory.
    root : Path, optional
        Run directories are named relative to it in the cache.
    cache : CurveCache, optional
        Where points are kept beyond this process; without it all of a run is in memory.
    """

    def __init__(self, limit: int = MEMORY_LIMIT, *, root: Path | None = None, cache: CurveCache | None = None) -> None:
        self.cache = cache
        self._root = root
        self._limit = limit
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[Path, int], _Held] = OrderedDict()
        self._total = 0
        self.counts = {"hits": 0, "misses": 0, "incremental_updates": 0}

    def table(self, run_dir: Path, rank: int = 0) -> EventTable:
        """Return the table of `run_dir` with every line that is complete now.

        Only the bytes appended since the last call are read; two callers of one run wait for one reading. What is
        returned stays as it is while the run grows.

        Parameters
        ----------
        run_dir : Path
            The run directory.
        rank : int
            Which of several processes; the events of a file without ranks are of rank 0.

        Raises
        ------
        OSError
            The file is there but cannot be read now.
        """
        key = (run_dir, rank)
        with self._lock:
            known = key in self._held
            if not known:
                self._held[key] = _Held(run_dir, rank)
            self._held.move_to_end(key)
            held = self._held[key]
        with held.lock:
            try:
                changed, table = self._refreshed(held)
            except ChunksGoneError:  # while the run grew its stored part was cleared away: it is read anew
                held.readers, held.listed, held.merged = {}, -1, None
                changed, table = self._refreshed(held)
            size = table.nbytes
        with self._lock:
            self.counts["misses" if not known else "incremental_updates" if changed else "hits"] += 1
            self._weigh(key, held, size)
        return table

    def once(self, run_dir: Path, *, alone: bool = False) -> EventTable:
        """Return the table of rank 0 like `table`, without keeping one that is read again as fast as it is found.

        Who sums up ten thousand short runs would else fill the memory with what nobody asked for.

        Parameters
        ----------
        run_dir : Path
            The run directory.
        alone : bool
            It is known to hold no file of another process of the run: none is looked for.
        """
        from runicorn_jupyter.store.series.reader import EventReader

        try:
            short = os.stat(f"{run_dir}/{EVENTS}").st_size < _SHORT  # noqa: PTH116 - a Path costs more than the call
        except OSError:
            short = True
        if not short or (run_dir, 0) in self._held:
            return self.table(run_dir)
        if alone:
            return EventReader(run_dir, rank=0, within=self._root).fresh_table()
        return self._refreshed(_Held(run_dir, 0))[1]

    def read(self, run_dir: Path, work: Callable[[EventTable], _T], rank: int = 0) -> _T:
        """Return ``work(table)``, once more from the files should the curve cache be lost meanwhile."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return work(self.table(run_dir, rank))
            except ChunksGoneError:
                self.forget(run_dir)
        from runicorn_jupyter.store.series.reader import EventReader

        return work(EventReader(run_dir, within=self._root).fresh_table() if rank == 0 else self.table(run_dir, rank))

    def ranks(self, run_dir: Path) -> list[int]:
        """Return the ranks that logged anything, rising; 0 is always among them."""
        found = {0, *self.table(run_dir).progress.ranks}
        return sorted(found | {rank for _, rank in _ranked_files(run_dir)})

    def forget(self, run_dir: Path) -> None:
        """Drop what is held of `run_dir`, if anything."""
        with self._lock:
            for key in [key for key in self._held if key[0] == run_dir]:
                self._total -= self._held.pop(key).size

    def stats(self) -> dict[str, int]:
        """Return size, hits, misses and incremental updates since the start (contract R9), and bytes held."""
        with self._lock:
            return {"size": len(self._held), **self.counts, "bytes": self._total}

    def _refreshed(self, held: _Held) -> tuple[bool, EventTable]:
        self._list(held)
        changed = [reader.refresh() for reader in held.readers.values()]
        return any(changed), _table(held)

    def _list(self, held: _Held) -> None:
        """Make a reader for each file that may hold events of this rank."""
        try:
            stamp = os.stat(held.run_dir).st_mtime_ns  # noqa: PTH116 - called for every curve
        except OSError:
            stamp = 0
        if held.readers and stamp == held.listed:
            return
        from runicorn_jupyter.store.series.reader import EventReader

        names = {EVENTS: held.rank, **{name: None for name, rank in _ranked_files(held.run_dir) if rank == held.rank}}
        for name, rank in names.items():
            if name not in held.readers:
                held.readers[name] = EventReader(
                    held.run_dir,
                    self.cache,
                    self._source(held.run_dir, name, rank),
                    name=name,
                    rank=rank,
                    within=self._root,
                )
        held.listed = stamp

    def _source(self, run_dir: Path, name: str, rank: int | None) -> bytes:
        relative = os.path.relpath(run_dir, self._root) if self._root else run_dir
        return os.fsencode(relative) + b"\0" + os.fsencode(name) + (b"\0%d" % rank if rank else b"")

    def _weigh(self, key: tuple[Path, int], held: _Held, size: int) -> None:
        """Note how large a run has become, and drop others until all fit again."""
        if self._held.get(key) is not held:
            return  # dropped by another caller in the meantime
        self._total += size - held.size
        held.size = size
        while self._total > self._limit and len(self._held) > 1:
            _, dropped = self._held.popitem(last=False)
            self._total -= dropped.size


def _table(held: _Held) -> EventTable:
    tables = [reader.table for reader in held.readers.values()]
    filled = tuple(table for table in tables if len(table)) or tuple(tables[:1])
    if len(filled) == 1:
        return filled[0]
    from runicorn_jupyter.store.series.merge import merged

    if held.merged is None or held.merged[0] != filled:
        held.merged = (filled, merged(filled))
    return held.merged[1]


def _ranked_files(run_dir: Path) -> list[tuple[str, int]]:
    try:
        names = os.listdir(run_dir)  # noqa: PTH208 - names are all that is wanted
    except OSError:
        return []
    return sorted((name, int(found[1])) for name in names if (found := _RANKED.fullmatch(name)))
