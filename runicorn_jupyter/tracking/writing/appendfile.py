"""A file that only grows: one ``write`` a line, and a way round when the disk fails or hangs."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import threading
from pathlib import Path
from time import monotonic

from runicorn_jupyter.tracking.portable import BINARY, read_at
from runicorn_jupyter.tracking.writing.backlog import Backlog
from runicorn_jupyter.tracking.writing.faults import Faults, storage_sentence

PATIENCE = 1.0
"""Seconds one write may take; from then on lines are queued until a write is quick again."""

_CLOSING_WAIT = 10.0
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | BINARY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


class NewlineMissing(OSError):
    """A line is written except for its newline; whoever opens the file next adds that."""


class Descriptor:
    """An open file that closes when nobody uses it any more.

    Never closed by hand: another thread may stand right before its ``write``, and by then the number could belong to
    the user's checkpoint.
    """

    __slots__ = ("number",)

    def __init__(self, path: Path) -> None:
        # O_NONBLOCK: a FIFO under this name must not stop the training.
        self.number = os.open(path, _FLAGS | getattr(os, "O_NONBLOCK", 0), 0o666)
        found = os.fstat(self.number)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        if found.st_size and read_at(self.number, 1, found.st_size - 1) != b"\n":
            os.write(self.number, b"\n")

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            os.close(self.number)

    def write(self, line: bytes) -> None:
        """Write all of `line`.

        Raises
        ------
        NewlineMissing
            All but the newline is written, so that the line must not be written again.
        OSError
            Less is written, perhaps a part.
        """
        written = os.write(self.number, line)
        if written != len(line):
            self.complete(line, written)

    def complete(self, line: bytes, written: int) -> None:
        """Write what is missing of `line`; raises as `write` does."""
        while written < len(line):
            try:
                more = os.write(self.number, line[written:])
            except OSError as error:
                if written == len(line) - 1:
                    raise NewlineMissing(error.errno, error.strerror) from error
                raise
            if more == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written += more


class AppendFile:
    """Appends lines from any thread; none of its faults reaches the caller unless the run is strict.

    While all is well a line is in the kernel's hands when `append` returns, and no lock is taken. After a fault, lines
    go to the backlog; `recover`, called by the keeper, brings them home in order and lets `append` write again.

    Parameters
    ----------
    path : Path
        The file; made at the first line.
    backlog : Backlog
        Where lines wait.
    faults : Faults
        Where faults are counted and told.
    """

    def __init__(self, path: Path, backlog: Backlog, faults: Faults) -> None:
        self.path = path
        self.dirty = False
        self.hanging = False
        self._closed = False
        self._descriptor: Descriptor | None = None
        self._backlog = backlog
        self._faults = faults
        self._troubled = False
        self._writing: set[float] = set()
        """When each write that has not returned began; one time for all threads would be cleared by the first."""
        self._gate = threading.RLock()
        self._recovering = threading.Lock()

    def append(self, line: bytes) -> None:
        """Append one full line, or several; the line's last byte is its newline."""
        descriptor = self._descriptor
        start = monotonic()
        if descriptor is None:
            self._put_aside(line)
            return
        writing = self._writing
        if writing and start - min(writing, default=start) > PATIENCE:
            self._hang(line)
            return
        writing.add(start)
        try:
            written = os.write(descriptor.number, line)
            if written != len(line):
                descriptor.complete(line, written)
        except NewlineMissing as error:
            self._fail(error)
        except OSError as error:
            self._fail(error, line)
        finally:
            writing.discard(start)
        self.dirty = True
        if monotonic() - start > PATIENCE:
            self._hang()

    @property
    def troubled(self) -> bool:
        """Whether lines go to the backlog instead of the file."""
        return self._troubled

    def recover(self) -> bool:
        """Write what waits, oldest first; True when `append` writes to the file again."""
        if not self._troubled:
            return True
        if not self._recovering.acquire(timeout=_CLOSING_WAIT):
            return False
        try:
            return self._drain()
        except OSError:
            return False
        finally:
            self._recovering.release()

    def sync(self) -> None:
        """Ask the disk to keep what was written since the last time."""
        descriptor = self._descriptor
        if descriptor is None or not self.dirty:
            return
        self.dirty = False
        try:
            getattr(os, "fdatasync", os.fsync)(descriptor.number)
            if os.fstat(descriptor.number).st_nlink == 0:
                self._faults.note("removed", "the run directory was removed; what is logged from now on is lost.")
        except OSError as error:
            self._faults.note("sync", storage_sentence(error), error)

    def close(self) -> None:
        """Write or keep all that waits, count what is lost, and let the file go; `recover` works still."""
        self._closed = True
        recovered = self.recover()
        self.sync()
        with self._gate:
            self._descriptor = None
            if self._troubled and not recovered:
                self._faults.drop(self._backlog.settle())

    def forked(self, backlog: Backlog) -> None:
        """Begin anew in a forked child: what waits is the parent's to write, and its locks may be held for ever."""
        self._gate = threading.RLock()
        self._recovering = threading.Lock()
        self._backlog = backlog
        self._writing = set()
        if self._troubled:
            self._troubled = self.hanging = False
            self._descriptor = None

    def _put_aside(self, line: bytes) -> None:
        """Keep `line` in the backlog, or write it after all: it is the first one, or the trouble has just ended."""
        with self._gate:
            if self._troubled:
                self._keep(line)
                return
            if self._descriptor is None:
                try:
                    self._descriptor = Descriptor(self.path)
                except OSError as error:
                    self._fail(error, line)
                    return
        self.append(line)

    def _keep(self, line: bytes) -> None:
        if line and not self._backlog.put(line, memory=self.hanging):
            self._faults.drop()

    def _fail(self, error: OSError, line: bytes = b"") -> None:
        with self._gate:
            self._descriptor = None
            self._troubled = True
            self._keep(line)
        self._faults.note("write", storage_sentence(error), error)

    def _hang(self, line: bytes = b"") -> None:
        """Queue from now on: one call was held long enough."""
        with self._gate:
            self._descriptor = None
            self._troubled = self.hanging = True
            self._keep(line)
        self._faults.note(
            "slow", "the disk of the run directory hangs; training goes on, points are queued until it answers."
        )

    def _drain(self) -> bool:
        start = monotonic()
        descriptor = Descriptor(self.path)
        quick = monotonic() - start < PATIENCE
        while True:
            for line in self._backlog.lines():
                start = monotonic()
                try:
                    descriptor.write(line)
                except NewlineMissing:
                    self._backlog.take(line)
                    raise
                quick = monotonic() - start < PATIENCE
                self._backlog.take(line)
            with self._gate:
                if self._backlog.empty:
                    self.dirty = True
                    self._backlog.clear()
                    self.hanging = not quick
                    self._troubled = not quick
                    if quick:
                        self._writing = set()
                    self._descriptor = descriptor if quick and not self._closed else None
                    return quick
