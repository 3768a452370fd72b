"""The disposable index of one root: one SQLite file on local disk, rebuilt from the files whenever it is in doubt.

It lies in the user's cache directory, named by a hash of the root and by the version of its own shape, never in the
root: SQLite's write-ahead log does not work on network disks, and reading must not write there.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

SHAPE = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS state(
  one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, complete INTEGER NOT NULL);
INSERT OR IGNORE INTO state VALUES (1, 0, 0);
CREATE TABLE IF NOT EXISTS run(
  directory TEXT PRIMARY KEY, id TEXT NOT NULL, project TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
  state TEXT NOT NULL, created REAL, folder_mtime REAL, legacy INTEGER NOT NULL, deleted INTEGER NOT NULL,
  search TEXT NOT NULL, signature TEXT NOT NULL, measured TEXT NOT NULL, version INTEGER NOT NULL,
  document BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS run_by_id ON run(id);
CREATE INDEX IF NOT EXISTS run_by_version ON run(version);
CREATE INDEX IF NOT EXISTS run_by_place ON run(project, name);
CREATE TABLE IF NOT EXISTS gone(directory TEXT PRIMARY KEY, id TEXT NOT NULL, version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS lease(
  one INTEGER PRIMARY KEY CHECK (one = 1), holder TEXT NOT NULL, rank INTEGER NOT NULL, beat REAL NOT NULL);
"""


class Row(NamedTuple):
    """One run as the index keeps it; `measured` is the signature at which its metrics were summed up, or empty."""

    directory: str
    id: str
    project: str
    name: str
    status: str
    state: str
    created: float | None
    folder_mtime: float
    legacy: bool
    deleted: bool
    search: str
    signature: str
    measured: str
    document: bytes


class Index:
    """Connections to one index file, one a thread, and the statements that keep its version honest.

    Parameters
    ----------
    path : Path
        The file; one that is no index of ours, or is damaged, is thrown away and begun again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rebuilt = False
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[sqlite3.Connection] = []
        try:
            self._prepare()
        except sqlite3.OperationalError:
            self.close()  # busy, full or read only: no reason to throw away what another process works with
            raise
        except sqlite3.DatabaseError:
            self.close()
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self.rebuilt = True
            self._prepare()

    def _prepare(self) -> None:
        connection = self.connection()
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(_SCHEMA)
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("the index is damaged")

    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection."""
        held: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if held is None:
            held = sqlite3.connect(self.path, timeout=10, isolation_level=None, check_same_thread=False)
            held.execute("PRAGMA synchronous=NORMAL")
            self._local.connection = held
            with self._lock:
                self._open.append(held)
        return held

    def close(self) -> None:
        """Close every connection; the index may be opened again."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
        self._local = threading.local()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give a connection whose statements take effect together, or not at all."""
        connection = self.connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def apply(self, rows: Iterable[Row], gone: Iterable[str] = (), *, complete: bool | None = None) -> int:
        """Store `rows`, drop the directories in `gone`, and return the new version.

        A row that shows nothing new keeps its old version, so that nobody is told of a change that is none.
        """
        with self.transaction() as connection:
            version: int = connection.execute("SELECT version FROM state").fetchone()[0] + 1
            changed = 0
            for row in rows:
                changed += connection.execute(_UPSERT, (*row, version)).rowcount
                connection.execute("DELETE FROM gone WHERE directory = ?", (row.directory,))
            for directory in gone:
                connection.execute(_REMEMBER, (version, directory))
                changed += connection.execute("DELETE FROM run WHERE directory = ?", (directory,)).rowcount
            if complete is not None:
                held = connection.execute("UPDATE state SET complete = ?1 WHERE complete <> ?1", (int(complete),))
                changed += held.rowcount
            if not changed:
                return version - 1
            connection.execute("UPDATE state SET version = ?", (version,))
            return version

    def state(self) -> tuple[int, bool]:
        """Return the version and whether a walk over the whole root has been finished once."""
        version, complete = self.connection().execute("SELECT version, complete FROM state").fetchone()
        return version, bool(complete)

    def row(self, directory: str) -> Row | None:
        """Return what is kept of the run at `directory`, or None."""
        columns = ", ".join(Row._fields)
        found = self.select(f"SELECT {columns} FROM run WHERE directory = ?", (directory,))  # noqa: S608 - own names
        return Row(*found[0]) if found else None

    def select(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of one SELECT."""
        return self.connection().execute(sql, values).fetchall()


_REMEMBER = "INSERT OR REPLACE INTO gone SELECT directory, id, ? FROM run WHERE directory = ?"
_UPSERT = """
INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?15, ?14)
ON CONFLICT(directory) DO UPDATE SET
  id = excluded.id, project = excluded.project, name = excluded.name, status = excluded.status, state = excluded.state,
  created = excluded.created, folder_mtime = excluded.folder_mtime, legacy = excluded.legacy,
  deleted = excluded.deleted, search = excluded.search, signature = excluded.signature, measured = excluded.measured,
  version = excluded.version, document = excluded.document
WHERE document <> excluded.document OR signature <> excluded.signature OR measured <> excluded.measured
   OR deleted <> excluded.deleted OR folder_mtime <> excluded.folder_mtime
"""
