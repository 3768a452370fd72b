"""Connections to the one index file that counts now, shared by all threads of a process.

A damaged file is never begun again under its own name: another process that still has it open would delete the new
file's log by name when it closes. So ``x.sqlite`` is followed by ``x.1.sqlite``, and whoever finds its file gone goes
on to the newest.

Files are not mapped into memory: one cut short by another program would kill the process, not raise an error.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from runicorn_jupyter.store.query import register

IDLE = 4
"""Connections kept open between questions; each may hold `_CACHE` KiB of pages."""

_CACHE = 2048
_TIMEOUT = 10.0
_PRAGMAS = (
    "PRAGMA synchronous=NORMAL",
    f"PRAGMA cache_size=-{_CACHE}",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA secure_delete=OFF",
    "PRAGMA journal_size_limit=8388608",
    # Four times as many pages in the log as usual: who reads a whole root changes the same pages over and over.
    "PRAGMA wal_autocheckpoint=4000",
)
# A file that is cut while it is read shows as a fault of the disk; so does a dying disk, which a new file cannot harm.
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR})
_SIGNS = ("no such table", "could not decode")
_UNUSABLE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_FULL})
_ATTEMPTS = 20


class ForeignFileError(Exception):
    """The file is a database, but not ours."""


class DamagedTextError(Exception):
    """A text in the file is not the JSON that was put there."""


class _Place(NamedTuple):
    """A file as it was found: another one under the same name differs."""

    path: Path
    device: int
    inode: int


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether `error` says that the file is not what it was, rather than busy, full or read only."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _DAMAGE:
        return True
    return str(error).lower().startswith(_SIGNS)


def newest(base: Path) -> Path | None:
    """Return the file of the first name `base` that counts now, None when there is none yet."""
    try:
        number = max(_numbers(base), default=None)
    except OSError:
        return None
    return None if number is None else _numbered(base, number)


def connect(path: Path, *, timeout: float = _TIMEOUT) -> sqlite3.Connection:
    """Return a new connection to `path`, ready for queries."""
    connection = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        register(connection)
    except BaseException:
        connection.close()
        raise
    return connection


class Connections:
    """Lends connections to threads and finds, makes and replaces the file behind them.

    Parameters
    ----------
    base : Path, optional
        The first name of the file; without one, or where it cannot be written, a private file of this process.
    prepare : callable
        Makes a new file ready and checks a known one; raises ForeignFileError for another program's.
    """

    def __init__(self, base: Path | None, prepare: Callable[[sqlite3.Connection], None]) -> None:
        self._prepare = prepare
        self._lock = threading.RLock()
        self._idle: list[sqlite3.Connection] = []
        self._keep = IDLE
        self._pid = os.getpid()
        self._private: Path | None = None
        self.rebuilt = 0
        """How often a damaged or vanished file was replaced by an empty one."""
        self.reason = ""
        """Why the file is private to this process; empty when it is not."""
        self._place = self._first(base)

    @property
    def path(self) -> Path:
        """The file in use."""
        return self._place.path

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection; when its file turns out to be damaged it is replaced before the error goes on.

        A file can be so damaged that no connection to it is possible at all.
        """
        place, connection = self._take()
        try:
            yield connection
        except sqlite3.Error as error:
            if is_damage(error):
                connection.close()
                self.replace(place.path)
            raise
        finally:
            self._give_back(place, connection)

    def replace(self, path: Path) -> None:
        """Go on with an empty file after `path`, unless another thread or process has done so already."""
        with self._lock:
            if path == self._place.path:
                _unlink(path)
                self._move_on()

    def close(self) -> None:
        """Close what is idle and remove a private file; connections still lent are closed when they come back."""
        with self._lock:
            self._keep = 0
            self._drop_idle()
            if self._private is not None:
                shutil.rmtree(self._private, ignore_errors=True)

    def _take(self) -> tuple[_Place, sqlite3.Connection]:
        with self._lock:
            if os.getpid() != self._pid:  # a fork: these belong to the parent, even closing them would disturb it
                self._pid, self._idle = os.getpid(), []
            if _identity(self._place.path) != self._place[1:]:
                self._move_on()
            place = self._place
            if self._idle:
                return place, self._idle.pop()
        try:
            return place, connect(place.path)
        except sqlite3.Error as error:
            if is_damage(error):
                self.replace(place.path)
            raise

    def _give_back(self, place: _Place, connection: sqlite3.Connection) -> None:
        with self._lock:
            if place is self._place and len(self._idle) < self._keep and os.getpid() == self._pid:
                with suppress(sqlite3.Error):
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    self._idle.append(connection)
                    return
        connection.close()

    def _drop_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _move_on(self) -> None:
        """Switch to the newest file there is; to a new one when it is the old one that vanished or changed."""
        self._drop_idle()
        base, number = _split(self._place.path)
        with suppress(OSError):  # the whole folder may have been cleared away
            base.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        last = max(_numbers(base), default=-1)
        if last <= number:
            self.rebuilt += 1
        self._place = self._open(base, max(last, number + 1))

    def _first(self, base: Path | None) -> _Place:
        try:
            if base is not None:
                return self._open(base, max(_numbers(base), default=0))
            self.reason = "the cache folder cannot be made"
        except (OSError, sqlite3.OperationalError) as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if isinstance(error, sqlite3.Error) and code not in _UNUSABLE:
                raise  # busy: no reason to do without what another process works with
            self.reason = "the cache folder cannot be written"
        self._private = Path(tempfile.mkdtemp(prefix="runicorn-index-"))
        return self._open(self._private / "index.sqlite", 0)

    def _open(self, base: Path, number: int) -> _Place:
        for attempt in range(number, number + _ATTEMPTS):
            path = _numbered(base, attempt)
            try:
                connection = connect(path)
                try:
                    self._prepare(connection)
                except BaseException:
                    connection.close()
                    raise
            except ForeignFileError:
                continue
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                _unlink(path)
                self.rebuilt += 1
                continue
            self._idle.append(connection)
            return _Place(path, *(_identity(path) or (0, 0)))
        raise OSError(f"No index can be made beside {base.name}.")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _split(path: Path) -> tuple[Path, int]:
    """Return the first name of `path` and which of its successors it is."""
    match = re.fullmatch(r"(.*)\.(\d+)\.sqlite", path.name)
    return (path.with_name(f"{match[1]}.sqlite"), int(match[2])) if match else (path, 0)


def _numbered(base: Path, number: int) -> Path:
    return base.with_suffix(f".{number}.sqlite") if number else base


def _numbers(base: Path) -> Iterator[int]:
    successor = re.compile(re.escape(base.stem) + r"(?:\.(\d+))?\.sqlite")
    for path in base.parent.iterdir():
        match = successor.fullmatch(path.name)
        if match:
            yield int(match[1] or 0)


def _unlink(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            path.with_name(path.name + suffix).unlink()
