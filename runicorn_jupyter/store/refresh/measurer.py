"""Sums up metrics where it takes long, in a thread of its own: a run of many millions of points delays no other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from runicorn_jupyter.store.index.index import Index

log = logging.getLogger(__name__)

_SOME = 1000


class Measurer:
    """Works through the runs whose metrics are waiting, the newest first, and through those it is handed.

    Parameters
    ----------
    index : Index
        Says which runs are waiting.
    measure : callable
        Reads the runs at these directories, however long they are, and stores what it finds.
    """

    def __init__(self, index: Index, measure: Callable[[Sequence[str]], None]) -> None:
        self._index = index
        self._measure = measure
        self._handed: dict[str, None] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Begin, if it is not at work; the thread ends when nothing is left."""
        with self._lock:
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._work, name="runicorn-measurer", daemon=True)
                self._thread.start()

    def hand(self, directory: str) -> None:
        """Read this run soon, before those that are waiting."""
        with self._lock:
            self._handed[directory] = None
        self.wake()

    def close(self) -> None:
        """Stop after the run at hand."""
        self._stop.set()
        with self._lock:  # not between making it and starting it
            thread = self._thread
        if thread is not None:
            thread.join(timeout=5)

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                some = self._next()
                if not some:
                    return
                self._measure(some)
        except Exception:
            log.exception("Metrics could not be summed up; trying again.")
            self._stop.wait(1.0)
        finally:
            with self._lock:
                self._thread = None

    def _next(self) -> list[str]:
        with self._lock:
            handed, self._handed = list(self._handed), {}
        if handed:
            return handed
        sql = f"SELECT directory FROM run WHERE measured = '' ORDER BY created DESC LIMIT {_SOME}"  # noqa: S608 - a number
        return [directory for (directory,) in self._index.select(sql)]
