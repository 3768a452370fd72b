"""How long a heartbeat has been silent, by our own steady clock: a file's time is another machine's word."""

from __future__ import annotations

import time
from typing import NamedTuple


class _Beat(NamedTuple):
    stamp: float
    noticed: float
    age: float


class Beats:
    """Remembers when heartbeats were seen to change.

    A file server or a training host whose clock is wrong, or a clock that is set while we run, then neither kills a
    living run nor keeps a dead one alive.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Beat] = {}

    def last(self, directory: str, stamp: float | None, now: float) -> float | None:
        """Return when the run at `directory` last beat, in the time of `now`.

        The first beat seen is as old as its `stamp` says, but never in the future; a new one beat just now.
        """
        if stamp is None:
            return None
        steady = time.monotonic()
        known = self._known.get(directory)
        if known is None or known.stamp != stamp:
            known = _Beat(stamp, steady, 0.0 if known else max(now - stamp, 0.0))
            self._known[directory] = known
        return now - known.age - (steady - known.noticed)

    def forget(self, directory: str) -> None:
        """Drop what is known of a run that is over or gone."""
        self._known.pop(directory, None)
