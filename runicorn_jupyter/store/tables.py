"""Event tables of many runs in bounded memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from runicorn_jupyter.store.columns import EventTable
from runicorn_jupyter.store.reader import EventReader

VALUES_LIMIT = 8_000_000
"""Values held at once, about 64 MB; the least recently used runs are forgotten and read again when asked for."""


class _Held:
    """One run's reader, the lock under which it reads, and its size when it was last used."""

    __slots__ = ("lock", "reader", "size")

    def __init__(self, run_dir: Path) -> None:
        self.reader = EventReader(run_dir)
        self.lock = threading.Lock()
        self.size = 0


class TableCache:
    """Fresh event tables by run directory, least recently used ones dropped (thread-safe)."""

    def __init__(self, limit: int = VALUES_LIMIT) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._held: OrderedDict[Path, _Held] = OrderedDict()
        self._total = 0
        self.counts = {"hits": 0, "misses": 0, "incremental_updates": 0}

    def table(self, run_dir: Path) -> EventTable:
        """Return the table of `run_dir` with every line that is complete now.

        Only the bytes appended since the last call are read; two callers of one run wait for one reading. What is
        returned stays as it is while the run grows.

        Raises
        ------
        OSError
            The file is there but cannot be read now.
        """
        with self._lock:
            known = run_dir in self._held
            if not known:
                self._held[run_dir] = _Held(run_dir)
            self._held.move_to_end(run_dir)
            held = self._held[run_dir]
        with held.lock:
            changed = held.reader.refresh()
            table = held.reader.table.snapshot()
        with self._lock:
            self.counts["misses" if not known else "incremental_updates" if changed else "hits"] += 1
            self._weigh(run_dir, held, table.size)
        return table

    def forget(self, run_dir: Path) -> None:
        """Drop what is held of `run_dir`, if anything."""
        with self._lock:
            held = self._held.pop(run_dir, None)
            self._total -= held.size if held else 0

    def stats(self) -> dict[str, int]:
        """Return size, hits, misses and incremental updates since the start (contract R9)."""
        with self._lock:
            return {"size": len(self._held), **self.counts}

    def _weigh(self, run_dir: Path, held: _Held, size: int) -> None:
        """Note how large a run has become, and drop others until all fit again."""
        if self._held.get(run_dir) is not held:
            return  # dropped by another caller in the meantime
        self._total += size - held.size
        held.size = size
        while self._total > self._limit and len(self._held) > 1:
            _, dropped = self._held.popitem(last=False)
            self._total -= dropped.size
