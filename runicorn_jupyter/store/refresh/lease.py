"""Who refreshes the index of a root: one process at a time, a server rather than a kernel."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time

from runicorn_jupyter.store.index.index import Index
from runicorn_jupyter.store.index.schema import LEASE_EXPIRES

_BEAT_EVERY = 1.0
_ASK_EVERY = 0.5
RANKS = {"cli": 0, "kernel": 1, "viewer": 2, "server": 2}


class Lease:
    """A claim in the index file itself; losing it only means reading what another process writes.

    The claim also says whether a walk over the whole root has been finished under it, so that nobody takes for whole
    what was last looked at a week ago.
    """

    def __init__(self, index: Index, holder: str) -> None:
        self._index = index
        self._rank = RANKS[holder]
        self._me = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock = threading.Lock()
        self._asked = float("-inf")
        self._held = False
        self.term = 0
        """Counts how often it was taken; a walk that began in another term confirms nothing."""

    def hold(self) -> bool:
        """Return whether this process holds the lease now, taking it when it is free or held by a lower rank."""
        with self._lock:
            now = time.monotonic()
            if now - self._asked >= (_BEAT_EVERY if self._held else _ASK_EVERY):
                self._held = self._claim(held=self._held)
                self._asked = now
            return self._held

    def confirm(self, term: int) -> bool:
        """Say that the index is whole; return whether that is so: the lease was ours since the walk of `term` began."""
        with self._lock, self._index.transaction() as connection:
            holder, _, _, confirmed = self._found(connection)
            if term != self.term or not self._held or holder != self._me:
                return False
            if not confirmed:
                connection.execute("UPDATE lease SET confirmed = 1, beat = ?", (time.time(),))
                connection.execute("UPDATE state SET complete = 1, version = version + 1")
            return True

    def release(self) -> None:
        """Give the lease up, so that the next process need not wait for it to expire."""
        with self._lock:
            if self._held:
                self._held = False
                with self._index.transaction() as connection:
                    connection.execute("DELETE FROM lease WHERE holder = ?", (self._me,))

    def _claim(self, *, held: bool) -> bool:
        if not held and not self._free(*self._index.read(self._found)):
            return False  # asked without writing: a holder that beats is not disturbed
        with self._index.transaction() as connection:
            holder, rank, beat, confirmed = self._found(connection)
            if holder == self._me:
                connection.execute("UPDATE lease SET beat = ?", (time.time(),))
                return True
            if not self._free(holder, rank, beat, confirmed):
                return False
            # Who takes over from a living holder goes on with a whole index; after a dead one nobody knows.
            whole = int(confirmed and not _expired(beat))
            connection.execute(
                "INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?, ?)", (self._me, self._rank, time.time(), whole)
            )
            self.term += 1
            return True

    def _free(self, holder: str, rank: int, beat: float, _confirmed: int) -> bool:
        return holder in {"", self._me} or rank < self._rank or _expired(beat)

    @staticmethod
    def _found(connection: sqlite3.Connection) -> tuple[str, int, float, int]:
        found = connection.execute("SELECT holder, rank, beat, confirmed FROM lease").fetchone()
        return found or ("", 0, 0.0, 0)


def _expired(beat: float) -> bool:
    return abs(time.time() - beat) > LEASE_EXPIRES
