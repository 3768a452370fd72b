"""Event tables of many runs in bounded memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from runicorn_jupyter.store.columns import EventTable
from runicorn_jupyter.store.reader import EventReader

VALUES_LIMIT = 8_000_000
"""Values held at once, about 64 MB; the least recently used runs are forgotten and read again when asked for."""


class TableCache:
    """Fresh event tables by run directory, least recently used ones dropped (thread-safe)."""

    def __init__(self, limit: int = VALUES_LIMIT) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._readers: OrderedDict[Path, tuple[EventReader, threading.Lock]] = OrderedDict()
        self.counts = {"hits": 0, "misses": 0, "incremental_updates": 0}

    def table(self, run_dir: Path) -> EventTable:
        """Return the table of `run_dir` with every line that is complete now.

        Only the bytes appended since the last call are read; two callers of one run wait for one reading.
        """
        with self._lock:
            held = self._readers.get(run_dir)
            if held is None:
                held = self._readers[run_dir] = (EventReader(run_dir), threading.Lock())
                self.counts["misses"] += 1
                known = False
            else:
                known = True
            self._readers.move_to_end(run_dir)
        reader, lock = held
        with lock:
            changed = reader.refresh()
            table = reader.table
        with self._lock:
            if known:
                self.counts["incremental_updates" if changed else "hits"] += 1
            self._shrink()
        return table

    def forget(self, run_dir: Path) -> None:
        """Drop what is held of `run_dir`, if anything."""
        with self._lock:
            self._readers.pop(run_dir, None)

    def stats(self) -> dict[str, int]:
        """Return size, hits, misses and incremental updates since the start (contract R9)."""
        with self._lock:
            return {"size": len(self._readers), **self.counts}

    def _shrink(self) -> None:
        total = sum(reader.table.size for reader, _ in self._readers.values())
        while total > self._limit and len(self._readers) > 1:
            _, (reader, _) = self._readers.popitem(last=False)
            total -= reader.table.size
