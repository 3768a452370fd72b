"""The disposable index of one root: one SQLite file on local disk, rebuilt from the files whenever it is in doubt.

It lies in the user's cache directory, named by a hash of the root and by the version of its own shape, never in the
root: SQLite's write-ahead log does not work on network disks, and reading must not write there.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zlib import crc32

from runicorn_jupyter.store.index.check import Check
from runicorn_jupyter.store.index.connections import Connections, DamagedTextError, is_damage
from runicorn_jupyter.store.index.keyindexes import KeyIndexes
from runicorn_jupyter.store.index.schema import LEASE_EXPIRES, LIVE, SHAPE, prepare

__all__ = ["LIVE", "SHAPE", "Index", "Row", "State"]

GONE_KEPT = 10_000
"""Vanished runs that are remembered for those who ask what changed; who was away for longer is told everything."""

_AT_ONCE = 500
_T = TypeVar("_T")


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
    record: str
    config: str
    summary: str
    metrics: str


class State(NamedTuple):
    """Where the index stands: its version, whether it is the whole truth, and counts.

    `complete` says that a living process watches the root and has walked over all of it since it began to; `known`,
    that some process once did, so that the index tells at least how things were. `runs` leaves deleted ones out,
    `pending` are runs whose metrics are still to be summed up, and what vanished up to the version `forgotten` is no
    longer known.
    """

    version: int
    complete: bool
    runs: int
    pending: int
    forgotten: int
    known: bool


class Index:
    """The index file behind its statements; any thread may call, and a damaged file is begun again underneath.

    Parameters
    ----------
    path : Path, optional
        The first name of the file. Without one, or where nothing can be written, a private file of this process.
    """

    def __init__(self, path: Path | None) -> None:
        check = Check.of(path)
        self._connections = Connections(path, prepare)
        self.keys = KeyIndexes(self._connections)
        check.start(self._connections)
        self._check = check

    @property
    def path(self) -> Path:
        """The file in use."""
        return self._connections.path

    @property
    def rebuilt(self) -> bool:
        """Whether a damaged or vanished file was begun again since the start."""
        return self._connections.rebuilt > 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing about the index, in sentences."""
        found = []
        if self.rebuilt:
            found.append("The index was damaged and has been built again from the files.")
        if self._connections.reason:
            found.append(f"The index lasts only as long as this process: {self._connections.reason}.")
        return tuple(found)

    def close(self) -> None:
        """Close every connection."""
        self._check.stop()
        self._connections.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give a connection whose statements take effect together, or not at all."""
        with self._connections.lent() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Return ``work(connection)`` with every statement seeing the same moment; once more on a new file if damaged.

        The new file is empty and not complete, so what it answers says that it is not the whole.
        """
        try:
            return self._read(work)
        except DamagedTextError:
            self._connections.replace(self.path)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
        return self._read(work)

    def _read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        with self._connections.lent() as connection:
            connection.execute("BEGIN")
            found = work(connection)
            connection.execute("COMMIT")
            return found

    def apply(self, rows: Sequence[Row] = (), gone: Iterable[str] = (), *, complete: bool | None = None) -> int:
        """Store `rows`, drop the directories in `gone`, and return the new version.

        A row that shows nothing new keeps its old version, so that nobody is told of a change that is none.
        """
        with self.transaction() as connection:
            version: int = connection.execute("SELECT version FROM state").fetchone()[0] + 1
            changed = 0
            for row in rows:
                changed += connection.execute(
                    _UPSERT, (*row, _place(row), crc32(row.record.encode()), version)
                ).fetchall() == [(version,)]
            if connection.execute("SELECT 1 FROM gone LIMIT 1").fetchone():
                connection.executemany("DELETE FROM gone WHERE directory = ?", [(row.directory,) for row in rows])
            for directory in gone:
                connection.execute(_REMEMBER, (version, directory))
                changed += connection.execute("DELETE FROM run WHERE directory = ?", (directory,)).rowcount
            if complete is not None:
                held = connection.execute("UPDATE state SET complete = ?1 WHERE complete <> ?1", (int(complete),))
                changed += held.rowcount
            if not changed:
                return version - 1
            connection.execute("UPDATE state SET version = ?", (version,))
            _forget(connection)
            return version

    def fill(self, measured: Sequence[tuple[Row, Row]]) -> None:
        """Store what the metrics of runs came to, as pairs of the row that waited for them and the row that has them.

        A run that was read anew meanwhile keeps what that came to.
        """
        if not measured:
            return
        with self.transaction() as connection:
            [(version,)] = connection.execute("UPDATE state SET version = version + 1 RETURNING version").fetchall()
            connection.executemany(
                _FILL, [(*_filling(row), version, was.directory, was.signature) for was, row in measured]
            )

    def pulse(self, grown: Iterable[tuple[str, str]]) -> int:
        """Give a new version to runs that were logged to, by directory and id; their rows follow more slowly."""
        with self.transaction() as connection:
            [(version,)] = connection.execute("UPDATE state SET version = version + 1 RETURNING version").fetchall()
            connection.executemany("INSERT OR REPLACE INTO pulse VALUES (?, ?, ?)", [(*run, version) for run in grown])
            return int(version)

    def state(self) -> State:
        """Return where the index stands."""
        return self.read(state_of)

    def row(self, directory: str) -> Row | None:
        """Return what is kept of the run at `directory`, or None."""
        columns = ", ".join(Row._fields)
        found = self.select(f"SELECT {columns} FROM run WHERE directory = ?", (directory,))  # noqa: S608 - own names
        return Row(*found[0]) if found else None

    def rows(self, directories: Sequence[str]) -> dict[str, Row]:
        """Return what is kept of the runs at these directories, by directory."""
        found = dict[str, Row]()
        for begin in range(0, len(directories), _AT_ONCE):
            some = directories[begin : begin + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            sql = f"SELECT {', '.join(Row._fields)} FROM run WHERE directory IN ({marks})"  # noqa: S608 - own names and marks
            found |= {row[0]: Row(*row) for row in self.select(sql, some)}
        return found

    def select(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of one SELECT."""
        return self.read(lambda connection: connection.execute(sql, values).fetchall())


def state_of(connection: sqlite3.Connection) -> State:
    """Return where the index behind `connection` stands."""
    found = connection.execute(_STATE, (time.time() - LEASE_EXPIRES, time.time() + LEASE_EXPIRES)).fetchone()
    version, known, runs, pending, forgotten, confirmed = found
    return State(version, bool(known and confirmed), runs, pending, forgotten, bool(known))


def _place(row: Row) -> str:
    """Return the text by which the documented order sorts: projects by lower-cased name, names, newest folder first."""
    newest = f"{max(0.0, 1e11 - row.folder_mtime):019.6f}"
    return "\x01".join((str(int(row.legacy)), row.project.lower(), row.project, row.name, newest))


def _filling(row: Row) -> tuple[str, str, str, int, str]:
    return row.signature, row.measured, row.record, crc32(row.record.encode()), row.metrics


def _forget(connection: sqlite3.Connection) -> None:
    """Keep no more than `GONE_KEPT` vanished runs, and remember from which version on they are all there."""
    edge = connection.execute(f"SELECT version FROM gone ORDER BY version DESC LIMIT 1 OFFSET {GONE_KEPT}").fetchone()  # noqa: S608
    if edge is not None:
        connection.execute("DELETE FROM gone WHERE version <= ?", edge)
        connection.execute("UPDATE state SET forgotten = ?", edge)


_STATE = """
SELECT version, complete, runs, pending, forgotten,
       EXISTS (SELECT 1 FROM lease WHERE confirmed AND beat BETWEEN ? AND ?) FROM state
"""
_REMEMBER = "INSERT OR REPLACE INTO gone SELECT directory, id, ? FROM run WHERE directory = ?"
_FIELDS = (*Row._fields, "place", "seal", "version")
_FILL = """
UPDATE run SET signature = ?, measured = ?, record = ?, seal = ?, metrics = ?, version = ?
WHERE directory = ? AND signature = ? AND measured = ''
"""
_UNSEEN = frozenset({"directory", "signature", "measured"})
_SHOWN = " OR ".join(f"run.{column} IS NOT excluded.{column}" for column in Row._fields if column not in _UNSEEN)
_NEW = ", ".join(f"{column} = excluded.{column}" for column in _FIELDS[1:-1])
_UPSERT = f"""
INSERT INTO run({", ".join(_FIELDS)}) VALUES ({", ".join("?" * len(_FIELDS))})
ON CONFLICT(directory) DO UPDATE SET {_NEW}, version = CASE
  WHEN {_SHOWN} OR (run.measured = '') <> (excluded.measured = '') THEN excluded.version ELSE run.version END
WHERE {_SHOWN} OR run.signature <> excluded.signature OR run.measured <> excluded.measured
RETURNING version
"""  # noqa: S608 - own names
