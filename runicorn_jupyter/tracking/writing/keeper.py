"""The one thread of this process that syncs, beats and brings spooled lines home, for every open run."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from typing import Protocol

from runicorn_jupyter.tracking.writing.orphans import adopt

TICK = 1.0
"""Seconds between two rounds: summary.json and status.json are rewritten at most this often."""


class Kept(Protocol):
    """What the keeper looks after."""

    def tick(self) -> bool:
        """Do what is due; False when there will be nothing more to do."""

    def forked(self) -> None:
        """Replace locks and caches in a forked child."""


class Keeper:
    """Calls `tick` of everything it keeps once a second, from a daemon thread that lives only while there is something.

    It sleeps instead of waiting for an event: setting an event takes a lock, and ``log`` may run in a signal handler.

    Parameters
    ----------
    once : callable
        Done once in the life of the process, after the first round.
    """

    def __init__(self, once: Callable[[], object]) -> None:
        self._kept: list[Kept] = []
        self._thread: threading.Thread | None = None
        self._lock = threading.RLock()
        self._busy_since: float | None = None
        self._once: Callable[[], object] | None = once

    def keep(self, kept: Kept) -> None:
        """Look after `kept` from now on; the thread starts if it does not run yet."""
        with self._lock:
            if kept not in self._kept:
                self._kept.append(kept)
            self.wake()

    def release(self, kept: Kept) -> None:
        """Look after `kept` no longer."""
        with self._lock, contextlib.suppress(ValueError):
            self._kept.remove(kept)

    def wake(self) -> None:
        """Start the thread if it is not there: at first use, and in a forked child."""
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="runicorn-keeper", daemon=True)
                # While the interpreter shuts down no thread can start; `finish` then does the work itself.
                with contextlib.suppress(RuntimeError):
                    thread.start()
                    self._thread = thread

    def stuck(self, patience: float) -> bool:
        """Tell whether the present round has lasted over `patience` seconds: the disk does not answer."""
        since = self._busy_since
        return since is not None and time.monotonic() - since > patience

    def forked(self) -> None:
        """Forget the parent's thread, which a forked child does not have."""
        self._lock = threading.RLock()
        self._thread = None
        self._busy_since = None
        for kept in self._kept:
            kept.forked()

    def _work(self) -> None:
        while True:
            self._busy_since = time.monotonic()
            for kept in tuple(self._kept):
                # Faults are counted where they happen; a strict run raises them, and here nobody could catch them.
                with contextlib.suppress(Exception):
                    if not kept.tick():
                        self.release(kept)
            if self._once is not None:
                once, self._once = self._once, None
                with contextlib.suppress(Exception):
                    once()
            self._busy_since = None
            time.sleep(TICK)
            with self._lock:
                if not self._kept:
                    self._thread = None
                    return


keeper = Keeper(adopt)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=keeper.forked)
