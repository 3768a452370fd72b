"""The tables of an index file, and how to tell that a file is one."""

from __future__ import annotations

import sqlite3
import time

from runicorn_jupyter.store.index.connections import ForeignFileError

SHAPE = 7
"""Part of the file's name: programs of different shapes never meet in one file."""

LEASE_EXPIRES = 3.0
"""Seconds without a beat after which another process takes over: the holder hangs or is gone."""

_APPLICATION = 0x52754E78
LIVE = "(state IN ('idle', 'running') OR status = 'running')"
"""The condition for runs that may still grow, as an index of its own has it."""

# Indexes carry `deleted` and what lists are filtered by, so that they cover a count; partial ones never would. None
# begins with it: SQLite would take it for a good start and read all runs.
# `place`, the text that the documented order sorts by, ends with the folder's time, newest first. `seal` is the
# checksum of `record`, which is sent without being read.
_SCHEMA = (
    """
CREATE TABLE state(
  one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, complete INTEGER NOT NULL,
  runs INTEGER NOT NULL, pending INTEGER NOT NULL, forgotten INTEGER NOT NULL)""",
    """
CREATE TABLE run(
  number INTEGER PRIMARY KEY, directory TEXT NOT NULL UNIQUE, id TEXT NOT NULL, project TEXT NOT NULL,
  name TEXT NOT NULL, status TEXT NOT NULL, state TEXT NOT NULL, created REAL, folder_mtime REAL,
  legacy INTEGER NOT NULL, deleted INTEGER NOT NULL, version INTEGER NOT NULL, place TEXT NOT NULL,
  search TEXT NOT NULL, signature TEXT NOT NULL, measured TEXT NOT NULL,
  seal INTEGER NOT NULL, record TEXT NOT NULL, config TEXT NOT NULL, summary TEXT NOT NULL, metrics TEXT NOT NULL)""",
    "CREATE INDEX run_by_id ON run(id)",
    "CREATE INDEX run_by_version ON run(version)",
    "CREATE INDEX run_by_place ON run(place, id, number, deleted, project, name, status, state, search)",
    "CREATE INDEX run_light ON run(project, name, status, state, id, search, deleted)",
    "CREATE INDEX run_deleted ON run(directory) WHERE deleted",
    "CREATE INDEX run_pending ON run(created) WHERE measured = ''",
    f"CREATE INDEX run_live ON run(directory) WHERE {LIVE}",
    "CREATE TABLE gone(directory TEXT PRIMARY KEY, id TEXT NOT NULL, version INTEGER NOT NULL)",
    "CREATE INDEX gone_by_version ON gone(version)",
    """
CREATE TABLE lease(
  one INTEGER PRIMARY KEY CHECK (one = 1), holder TEXT NOT NULL, rank INTEGER NOT NULL, beat REAL NOT NULL,
  confirmed INTEGER NOT NULL)""",
    "CREATE TABLE pulse(directory TEXT PRIMARY KEY, id TEXT NOT NULL, version INTEGER NOT NULL)",
    "CREATE INDEX pulse_by_version ON pulse(version)",
    "CREATE TABLE key_index(name TEXT PRIMARY KEY, expression TEXT NOT NULL, used REAL NOT NULL)",
    """
CREATE TRIGGER run_added AFTER INSERT ON run BEGIN
  UPDATE state SET runs = runs + (NOT new.deleted), pending = pending + (new.measured = '');
END""",
    """
CREATE TRIGGER run_changed AFTER UPDATE OF deleted, measured ON run
WHEN new.deleted <> old.deleted OR (new.measured = '') <> (old.measured = '') BEGIN
  UPDATE state SET runs = runs + (NOT new.deleted) - (NOT old.deleted),
                   pending = pending + (new.measured = '') - (old.measured = '');
END""",
    """
CREATE TRIGGER run_removed AFTER DELETE ON run BEGIN
  UPDATE state SET runs = runs - (NOT old.deleted), pending = pending - (old.measured = '');
END""",
)


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables in a new file; a known one is only looked at, never written.

    Raises
    ------
    ForeignFileError
        It is a database of another program, or of another shape.
    """
    if _is_ours(connection):
        return
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("BEGIN IMMEDIATE")
    if not _is_ours(connection):  # else another process was faster
        for statement in _SCHEMA:
            connection.execute(statement)
        # Versions go on over a rebuilding, so nobody takes an old answer for a new one: a clock begins them.
        connection.execute("INSERT INTO state VALUES (1, ?1, 0, 0, 0, ?1)", (int(time.time() * 1000),))
        connection.execute(f"PRAGMA application_id={_APPLICATION}")
        connection.execute(f"PRAGMA user_version={SHAPE}")
    connection.execute("COMMIT")


def _is_ours(connection: sqlite3.Connection) -> bool:
    """Tell whether the file is an index; False means that it is empty."""
    [(application,)] = connection.execute("PRAGMA application_id").fetchall()
    [(shape,)] = connection.execute("PRAGMA user_version").fetchall()
    [(tables,)] = connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    if (application, shape) == (_APPLICATION, SHAPE):
        if connection.execute("SELECT 1 FROM state").fetchone() is None:
            raise sqlite3.OperationalError("no such table: state")
        return True
    if tables or application or shape:
        raise ForeignFileError
    return False
