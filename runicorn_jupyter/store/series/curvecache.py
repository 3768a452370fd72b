"""The curve cache of one root: points of runs in one SQLite file, rebuilt from the files whenever it is in doubt.

It lies beside the index, and nothing but time is lost with it. A run is known by a random key that is never used again,
and so is a chunk: whoever still holds an old number finds nothing, never somebody else's points.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from runicorn_jupyter.store.series.parts import ChunksGoneError, Part

log = logging.getLogger(__name__)

SHAPE = 1
LIMIT = 4 * 2**30
"""Bytes of points kept in all; a tenth of the free space when that is less."""

_SCHEMA = """
PRAGMA page_size=16384;
PRAGMA journal_mode=WAL;
CREATE TABLE IF NOT EXISTS counter(one INTEGER PRIMARY KEY CHECK (one = 1), next INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS run(
  key INTEGER PRIMARY KEY, source BLOB NOT NULL UNIQUE, inode INTEGER NOT NULL, offset INTEGER NOT NULL,
  guard BLOB NOT NULL, stretches INTEGER NOT NULL, bytes INTEGER NOT NULL, used REAL NOT NULL, state BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS part(
  run INTEGER NOT NULL, name INTEGER NOT NULL, stretch INTEGER NOT NULL, count INTEGER NOT NULL,
  first INTEGER NOT NULL, stride INTEGER NOT NULL, positions BLOB, summary BLOB, data BLOB, raw INTEGER,
  PRIMARY KEY (run, name, stretch)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunk(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS packed(
  run INTEGER PRIMARY KEY, offset INTEGER NOT NULL, guard BLOB NOT NULL, header BLOB NOT NULL, body BLOB NOT NULL);
"""
_PARTS = """
SELECT stretch, count, first, stride, positions, summary, data, raw FROM part
WHERE run = ? AND name = ? AND stretch >= ? AND stretch < ? ORDER BY stretch
"""
_CHECK_EVERY = 32 * 2**20
_USED_EVERY = 3600.0


class StoredRun(NamedTuple):
    """How much of a run's file is in the cache: its key, which file, up to where, and what was known there."""

    key: int
    inode: int
    offset: int
    guard: bytes
    stretches: int
    state: bytes


class Packed(NamedTuple):
    """The rest of a quiet run's file, up to `offset`, in one row."""

    offset: int
    guard: bytes
    header: bytes


class CurveCache:
    """One connection to the cache file, shared by the threads of this process.

    Parameters
    ----------
    path : Path
        The file; one that is no cache of ours, or is damaged, is thrown away and begun again.
    limit : int
        Bytes of points; least recently used runs go first.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path = path
        self.rebuilt = False
        self._limit = limit
        self._lock = threading.RLock()
        self._held: sqlite3.Connection | None = None
        self._unchecked = 0

    def close(self) -> None:
        """Close the file; it is opened again when needed."""
        with self._lock:
            if self._held is not None:
                self._held.close()
            self._held = None

    def run(self, source: bytes) -> StoredRun | None:
        """Return what is kept of the run named `source`, None when nothing is."""
        with self._reading("run") as connection:
            sql = "SELECT key, inode, offset, guard, stretches, state, used FROM run WHERE source = ?"
            found = connection.execute(sql, (source,)).fetchone()
            if found is None:
                return None
            if time.time() - found[-1] > _USED_EVERY:
                connection.execute("UPDATE run SET used = ? WHERE key = ?", (time.time(), found[0]))
            return StoredRun(*found[:-1])

    def parts(self, key: int, name: int, since: int, before: int) -> list[Part]:
        """Return the rows of one metric for the stretches from `since` to before `before`."""
        with self._reading("parts") as connection:
            return [Part(*row) for row in connection.execute(_PARTS, (key, name, since, before))]

    def chunks(self, ids: Sequence[int]) -> list[bytes]:
        """Return raw values by their numbers.

        Raises
        ------
        ChunksGoneError
            One of them is no longer there.
        """
        marks = ", ".join("?" * len(ids))
        with self._reading("chunks") as connection:
            sql = f"SELECT id, data FROM chunk WHERE id IN ({marks})"  # noqa: S608 - only marks
            found: dict[int, bytes] = dict(connection.execute(sql, tuple(ids)))
        try:
            return [found[one] for one in ids]
        except KeyError:
            raise ChunksGoneError from None

    def append(
        self, source: bytes, before: StoredRun | None, after: StoredRun, parts: Sequence[tuple[int, Part]]
    ) -> bool:
        """Store the `parts` of further stretches as (name, part) and move the run's mark, all or nothing.

        Returns
        -------
        bool
            False when another process has stored more of this run in the meantime, or nothing can be written.
        """
        try:
            with self._writing() as connection:
                if not _stands(connection, source, before):
                    return False
                added = _insert(connection, after.key, parts)
                connection.execute(
                    "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO UPDATE SET "
                    "inode = ?3, offset = ?4, guard = ?5, stretches = ?6, bytes = bytes + ?7, used = ?8, state = ?9",
                    (after.key, source, *after[1:5], added, time.time(), after.state),
                )
                if parts:
                    connection.execute("DELETE FROM packed WHERE run = ?", (after.key,))
                self._unchecked += added
        except sqlite3.Error as error:
            self._failed(error)
            return False
        if self._unchecked > min(_CHECK_EVERY, self._limit // 8):
            self._evict(after.key)
        return True

    def pack(self, key: int, packed: Packed, body: bytes) -> bool:
        """Keep the rest of a quiet run in one row; return whether it is kept."""
        try:
            with self._writing() as connection:
                if not connection.execute("SELECT 1 FROM run WHERE key = ?", (key,)).fetchone():
                    return False
                connection.execute("INSERT OR REPLACE INTO packed VALUES (?, ?, ?, ?, ?)", (key, *packed, body))
                connection.execute("UPDATE run SET bytes = bytes + ? WHERE key = ?", (len(body), key))
                self._unchecked += len(body)
        except sqlite3.Error as error:
            self._failed(error)
            return False
        return True

    def packed(self, key: int) -> Packed | None:
        """Return the packed rest of a run without its points, None when there is none."""
        with self._reading("packed") as connection:
            found = connection.execute("SELECT offset, guard, header FROM packed WHERE run = ?", (key,)).fetchone()
            return Packed(*found) if found else None

    def body(self, key: int, offset: int, size: int) -> bytes:
        """Return `size` bytes of the packed points of a run, without reading the rest.

        Raises
        ------
        ChunksGoneError
            They are no longer there.
        """
        with self._reading("body") as connection, connection.blobopen("packed", "body", key, readonly=True) as blob:
            blob.seek(offset)
            return blob.read(size)

    def forget(self, source: bytes) -> None:
        """Drop what is kept of a run."""
        try:
            with self._writing() as connection:
                for (key,) in connection.execute("SELECT key FROM run WHERE source = ?", (source,)).fetchall():
                    _delete(connection, key)
        except sqlite3.Error as error:
            self._failed(error)

    def size(self) -> dict[str, int]:
        """Return how many runs are kept, the bytes of their points, and the bytes of the file."""
        with self._reading("size") as connection:
            runs, points = connection.execute("SELECT count(*), coalesce(sum(bytes), 0) FROM run").fetchone()
        file = sum(path.stat().st_size for path in self._files() if path.exists())
        return {"runs": runs, "points_bytes": points, "file_bytes": file, "limit_bytes": self._limit}

    def clear(self) -> None:
        """Drop everything and give the space back."""
        with self._writing() as connection:
            for table in ("run", "part", "chunk", "packed"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - own names
        with self._reading("clear") as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _evict(self, using: int) -> None:
        self._unchecked = 0
        try:
            with self._writing() as connection:
                rows = connection.execute("SELECT key, bytes FROM run ORDER BY used DESC").fetchall()
                total = sum(size for _, size in rows)
                room = min(self._limit, total + shutil.disk_usage(self.path.parent).free // 10)
                while total > room and rows:
                    key, size = rows.pop()
                    if key != using:
                        _delete(connection, key)
                        total -= size
        except (sqlite3.Error, OSError) as error:
            self._failed(error)

    @contextmanager
    def _reading(self, what: str) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connection()
            except sqlite3.Error as error:
                self._failed(error)
                raise ChunksGoneError(what) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _connection(self) -> sqlite3.Connection:
        if self._held is None:
            self._held = _opened(self.path)
        return self._held

    def _failed(self, error: BaseException) -> None:
        """Throw a damaged file away; one that is busy, full or read only stays."""
        log.warning("The curve cache could not be used: %s", error)
        foreign = "no such" in str(error) or "no column" in str(error)
        if not isinstance(error, sqlite3.DatabaseError) or (
            isinstance(error, sqlite3.OperationalError) and not foreign
        ):
            return
        with self._lock:
            self.close()
            for path in self._files():
                path.unlink(missing_ok=True)
            self.rebuilt = True

    def _files(self) -> list[Path]:
        return [self.path.with_name(self.path.name + suffix) for suffix in ("", "-wal", "-shm")]


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
    try:
        for pragma in ("synchronous=NORMAL", "cache_size=-2048", "journal_size_limit=16777216"):
            connection.execute(f"PRAGMA {pragma}")
        _check(connection)
        connection.executescript(_SCHEMA)
        connection.execute(f"PRAGMA user_version={SHAPE}")
        connection.execute("INSERT OR IGNORE INTO counter VALUES (1, ?)", (secrets.randbits(44) << 16,))
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] not in (0, SHAPE):
        raise sqlite3.DatabaseError("it is of another version")


def _stands(connection: sqlite3.Connection, source: bytes, before: StoredRun | None) -> bool:
    """Tell whether the run is still stored as far as `before` says."""
    found = connection.execute("SELECT key, offset, stretches FROM run WHERE source = ?", (source,)).fetchone()
    return bool(found == (None if before is None else (before.key, before.offset, before.stretches)))


def _insert(connection: sqlite3.Connection, key: int, parts: Sequence[tuple[int, Part]]) -> int:
    [(number,)] = connection.execute("SELECT next FROM counter").fetchall()
    rows: list[tuple[Any, ...]] = []
    chunks: list[tuple[int, bytes]] = []
    size = 0
    for name, part in parts:
        raw = None
        if isinstance(part.raw, bytes):
            raw = number + len(chunks)
            chunks.append((raw, part.raw))
        rows.append((key, name, *part[:7], raw))
        size += 40 + sum(len(blob) for blob in part[4:] if isinstance(blob, bytes))
    connection.executemany("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.executemany("INSERT INTO chunk VALUES (?, ?)", chunks)
    connection.execute("UPDATE counter SET next = next + ?", (len(chunks),))
    return size


def _delete(connection: sqlite3.Connection, key: int) -> None:
    connection.execute("DELETE FROM chunk WHERE id IN (SELECT raw FROM part WHERE run = ?)", (key,))
    for table, column in (("part", "run"), ("packed", "run"), ("run", "key")):
        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (key,))  # noqa: S608 - own names
