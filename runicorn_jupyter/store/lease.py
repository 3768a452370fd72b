"""Who refreshes the index of a root: one process at a time, a server rather than a kernel."""

from __future__ import annotations

import os
import secrets
import time

from runicorn_jupyter.store.index import Index

EXPIRES = 3.0
"""Seconds without a beat after which another process takes over: the holder hangs or is gone."""

_BEAT_EVERY = 1.0
RANKS = {"cli": 0, "kernel": 1, "viewer": 2, "server": 2}


class Lease:
    """A claim in the index file itself; losing it only means reading what another process writes."""

    def __init__(self, index: Index, holder: str) -> None:
        self._index = index
        self._rank = RANKS[holder]
        self._me = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._beat = 0.0
        self._held = False

    def hold(self) -> bool:
        """Return whether this process holds the lease now, taking it when it is free or held by a lower rank."""
        now = time.time()
        if self._held and 0 <= now - self._beat < _BEAT_EVERY:
            return True
        with self._index.transaction() as connection:
            found = connection.execute("SELECT holder, rank, beat FROM lease").fetchone()
            free = found is None or found[0] == self._me or not 0 <= now - found[2] <= EXPIRES
            self._held = free or found[1] < self._rank
            if self._held:
                connection.execute("INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?)", (self._me, self._rank, now))
        self._beat = now
        return self._held

    def release(self) -> None:
        """Give the lease up, so that the next process need not wait for it to expire."""
        if self._held:
            with self._index.transaction() as connection:
                connection.execute("DELETE FROM lease WHERE holder = ?", (self._me,))
            self._held = False
