"""Work for a run that must not hold the training: one thread, while there is something to do."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic

from runicorn_jupyter.tracking.writing.faults import Faults

HEAD_START = 0.2
"""Seconds that the training goes on alone before the first errand: it must not wait in `init` for the interpreter."""

Errand = Callable[[], object]


class Errands:
    """Runs what it is given, in order, in a daemon thread that ends when nothing waits.

    Parameters
    ----------
    faults : Faults
        Where an errand that fails is counted, under its own kind.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._waiting: deque[tuple[str, Errand]] = deque()
        self._thread: threading.Thread | None = None
        self._lock = threading.RLock()
        self._hurry = threading.Event()

    def add(self, kind: str, errand: Errand) -> None:
        """Do `errand` soon: the keeper calls `begin`, for to start a thread takes longer than all else in `init`."""
        self._waiting.append((kind, errand))

    def begin(self) -> None:
        """Start the thread if something waits; do the work here while the interpreter shuts down and none can start."""
        with self._lock:
            if not self._waiting or self._thread is not None:
                return
            self._thread = thread = threading.Thread(target=self._work, name="runicorn-errands", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                self._thread = None
        if self._thread is None:
            self._hurry.set()
            self._work()

    def wait(self, patience: float) -> bool:
        """Wait for everything that was added; False when `patience` seconds are not enough."""
        deadline = monotonic() + patience
        self._hurry.set()
        self.begin()
        while (thread := self._thread) is not None and thread is not threading.current_thread():
            thread.join(max(0.0, deadline - monotonic()))
            if thread.is_alive():
                return False
        return True

    def forked(self) -> None:
        """Begin anew in a forked child: what waits is the parent's to do."""
        self._lock = threading.RLock()
        self._waiting.clear()
        self._thread = None
        self._hurry = threading.Event()

    def _work(self) -> None:
        self._hurry.wait(HEAD_START)
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                kind, errand = self._waiting.popleft()
            try:
                errand()
            except Exception as error:  # noqa: BLE001 - whatever fails here is a fault of the run, not of the training
                self._count(kind, error)

    def _count(self, kind: str, error: Exception) -> None:
        # A strict run raises it, and in this thread nobody could catch it.
        with contextlib.suppress(Exception):
            self._faults.caught(kind, error)
