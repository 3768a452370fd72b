"""A second look at an index whose last user did not close it, in the background: an answer need not wait for it."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from pathlib import Path

from runicorn_jupyter.store.index.connections import Connections, connect, is_damage, newest

log = logging.getLogger(__name__)

_BROKEN = """
SELECT 1 FROM run
WHERE NOT (json_valid(record) AND json_valid(config) AND json_valid(summary) AND json_valid(metrics)) LIMIT 1
"""


class Check:
    """Reads a whole index once, when there is a reason to.

    SQLite removes its log when the last user of a file closes it. So a log that lies there although nobody refreshes
    the index means that a process or the machine died; only then the file is worth reading through.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._stopped = False
        self._thread: threading.Thread | None = None

    @classmethod
    def of(cls, base: Path | None) -> Check:
        """Return the check that the newest file of `base` needs, as it lies there before anybody opens it."""
        path = newest(base) if base is not None else None
        return cls(path if path is not None and _has_log(path) else None)

    def start(self, connections: Connections) -> None:
        """Begin in a thread, if it is needed; a file found damaged is replaced."""
        if self._path is not None and self._path == connections.path and not _refreshed(connections):
            self._thread = threading.Thread(
                target=self._run, args=(self._path, connections), name="runicorn-index-check", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """End it, done or not."""
        with self._lock:
            self._stopped = True
            if self._connection is not None:
                self._connection.interrupt()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self, path: Path, connections: Connections) -> None:
        try:
            damaged = self._look(path)
        except sqlite3.Error as error:
            damaged = is_damage(error)
        if damaged:
            log.warning("The index %s is damaged; it is built again from the files.", path.name)
            connections.replace(path)

    def _look(self, path: Path) -> bool:
        connection = connect(path)
        try:
            with self._lock:
                if self._stopped:
                    return False
                self._connection = connection
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                return True
            return connection.execute(_BROKEN).fetchone() is not None
        finally:
            with self._lock:
                self._connection = None
            connection.close()


def _has_log(path: Path) -> bool:
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except OSError:
        return False


def _refreshed(connections: Connections) -> bool:
    """Tell whether a living process says that it keeps the index fresh."""
    with connections.lent() as connection:
        found = connection.execute("SELECT holder FROM lease").fetchone()
    try:
        os.kill(int(found[0].partition("-")[0]), 0)
    except (TypeError, ValueError, ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # there is one, of another user
    return True
