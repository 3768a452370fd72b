"""Indexes on keys that somebody sorts or filters by, made the first time it happens."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Iterable

from runicorn_jupyter.store.index.connections import Connections, connect

LIMIT = 24
"""Indexes kept; each costs room, and time whenever a run changes. The least recently used goes first."""

SMALL = 500
"""Runs; fewer are read through faster than anybody notices."""

_WAIT = 0.2
_USED_EVERY = 3600.0
_CARRIED = ("id", "number", "deleted", "status", "state", "project", "name")


class KeyIndexes:
    """Makes and drops indexes on the SQL expressions of keys.

    An index carries id, status, state, project and name too, so that a list filtered by them is counted from it alone.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._making = threading.Lock()

    def prepare(self, expressions: Iterable[str]) -> None:
        """Have an index on each expression if that can be done now: a busy index is no reason to wait or to fail.

        Making one does not hold up readers. Later calls note that it is still in use.
        """
        wanted = {name_of(expression): expression for expression in expressions}
        if not wanted or not self._lacking(wanted) or not self._making.acquire(blocking=False):
            return
        try:
            connection = connect(self._connections.path, timeout=_WAIT)
            try:
                self._make(connection, wanted)
            finally:
                connection.close()
        except sqlite3.Error:
            return  # locked, full, read only or damaged: the next question works without, or finds out
        finally:
            self._making.release()

    def _lacking(self, wanted: dict[str, str]) -> bool:
        with self._connections.lent() as connection:
            [(runs,)] = connection.execute("SELECT runs FROM state").fetchall()
            used = used_keys(connection)
        old = time.time() - _USED_EVERY
        return runs >= SMALL and any(used.get(name, 0.0) < old for name in wanted)

    @staticmethod
    def _make(connection: sqlite3.Connection, wanted: dict[str, str]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        used = used_keys(connection)
        for name, expression in list(wanted.items())[:LIMIT]:
            if name not in used:
                columns = ", ".join(dict.fromkeys((expression, *_CARRIED)))
                connection.execute(f"CREATE INDEX {name} ON run({columns})")
            used[name] = time.time()
            connection.execute("INSERT OR REPLACE INTO key_index VALUES (?, ?, ?)", (name, expression, used[name]))
        for name in sorted(used, key=lambda one: used[one])[: max(0, len(used) - LIMIT)]:
            connection.execute(f"DROP INDEX {name}")
            connection.execute("DELETE FROM key_index WHERE name = ?", (name,))
        connection.execute("COMMIT")


def name_of(expression: str) -> str:
    """Return the name of the index on `expression`."""
    return f"key_{hashlib.sha256(expression.encode()).hexdigest()[:16]}"


def used_keys(connection: sqlite3.Connection) -> dict[str, float]:
    """Return the indexes on keys that the file has, and when each was last known to be used."""
    return dict(connection.execute("SELECT name, used FROM key_index").fetchall())
