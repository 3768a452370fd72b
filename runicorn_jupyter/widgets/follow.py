"""The thread that keeps a view live: it waits for changes, pushes them a few times a second, and never raises."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from runicorn_jupyter.widgets.stream import Stream
from runicorn_jupyter.workspace import Workspace

log = logging.getLogger(__name__)

PAUSE = 0.25
"""Least seconds between two pushes."""

_LOOK = 1.0
_HEALS = (1.0, 3.0, 8.0)
_HEAL_EVERY = 30.0


class Follower:
    """Follows the workspace for one stream, from a thread of its own, until closed.

    Pushes that a page missed (its module was still loading, or the page was loaded again while a cell runs, when the
    kernel cannot hear it ask) are healed by unasked snapshots: three in the first seconds, then one every half minute
    in which something was pushed. While nothing changes the thread sleeps.

    Parameters
    ----------
    workspace : Workspace
        What to wait for.
    stream : Stream
        What to push with.
    settle : callable
        Called after each look, with whether anything was sent; returns whether it wants to be called again soon.
    model_id : str
        Named in snapshots while the view is live.
    """

    def __init__(self, workspace: Workspace, stream: Stream, settle: Callable[[bool], bool], model_id: str) -> None:
        self._workspace = workspace
        self._stream = stream
        self._settle = settle
        self._model_id = model_id
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="runicorn-follower", daemon=True)
        self._unsubscribe: Callable[[], None] = lambda: None
        self._begun = time.monotonic()
        self._heals = 0
        self._healed_seq = 0
        self._again = False
        self.faults = 0

    def start(self) -> None:
        """Begin to follow."""
        self._begun = time.monotonic()
        self._unsubscribe = self._workspace.subscribe(lambda _version: self._wake.set())
        self._wake.set()
        self._thread.start()

    def close(self) -> None:
        """Stop; nothing is pushed once this returns, unless called from the thread itself."""
        self._unsubscribe()
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    @property
    def alive(self) -> bool:
        """Whether the thread still follows."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait(self._patience())
            self._wake.clear()
            if self._closing.is_set():
                return
            try:
                self._again = self._settle(self._stream.push())
                self._heal()
            except Exception:
                # The thread must outlive any fault, and the cell that trains must never see one.
                self.faults += 1
                log.debug("A view could not be updated; trying again.", exc_info=True)
            self._closing.wait(PAUSE)

    def _patience(self) -> float | None:
        """Return how long to sleep when nothing wakes us; None is until woken."""
        if self._stream.live or self._stream.late or self._again:
            return _LOOK
        return max(0.0, self._heal_at() - time.monotonic()) if self._behind() else None

    def _behind(self) -> bool:
        return self._stream.seq != self._healed_seq

    def _heal_at(self) -> float:
        done = self._heals
        if done < len(_HEALS):
            return self._begun + _HEALS[done]
        return self._begun + _HEALS[-1] + (done - len(_HEALS) + 1) * _HEAL_EVERY

    def _heal(self) -> None:
        due = False
        while time.monotonic() >= self._heal_at():
            self._heals, due = self._heals + 1, True
        if due and self._behind():
            self._stream.snapshot(self._model_id)
            self._healed_seq = self._stream.seq
