"""Lines that could not be written yet: a bounded file in the user's cache, and a bounded queue behind it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from runicorn_jupyter import paths
from runicorn_jupyter.tracking.portable import BINARY, read_at, write_at

SPOOL_LIMIT = 256 * 1024 * 1024
MEMORY_LIMIT = 16 * 1024 * 1024
"""Bytes. What does not fit is dropped, and counted by the caller."""

_CHUNK = 1024 * 1024


def spool_folder() -> Path:
    """Return the folder of all spool files of this user, made when first used."""
    folder = paths.cache_folder() / "spool"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


class Backlog:
    """Keeps lines in order: first those in the spool file, then those in memory.

    Putting and taking may happen in two threads at once; two threads that put must exclude each other.

    Parameters
    ----------
    name : str
        File name in the spool folder.
    header : bytes
        First line of the spool file: whose it is, so that a later process can bring it home.
    """

    def __init__(self, name: str, header: bytes) -> None:
        self._name = name
        self._header = header
        self._fd = -1
        self._path: Path | None = None
        self._size = 0
        self._taken = 0
        self._memory: deque[bytes] = deque()
        self._memory_size = 0

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._memory and self._taken >= self._size

    def put(self, line: bytes, *, memory: bool = False) -> bool:
        """Keep `line`; False when there is no room for it anywhere.

        Parameters
        ----------
        line : bytes
            A full line with its newline.
        memory : bool
            Stay off every disk: the caller must not wait.
        """
        if not memory and not self._memory and self._to_spool(line):
            return True
        if self._memory_size + len(line) > MEMORY_LIMIT:
            return False
        self._memory.append(line)
        self._memory_size += len(line)
        return True

    def lines(self) -> Iterator[bytes]:
        """Yield what waits, oldest first; a line stays until `take` is called for it."""
        while self._taken < self._size:
            chunk = b""
            while b"\n" not in chunk:
                start = self._taken + len(chunk)
                # No further than what counts: the next line may be on its way into the file right now.
                more = read_at(self._fd, min(_CHUNK, self._size - start), start)
                if not more:
                    return
                chunk += more
            # Not splitlines(): a carriage return inside a log line is no end of it.
            for line in chunk.split(b"\n")[:-1]:
                yield line + b"\n"
        while self._memory:
            yield self._memory[0]

    def take(self, line: bytes) -> None:
        """Forget the oldest line, which is `line`."""
        if self._taken < self._size:
            self._taken += len(line)
        else:
            self._memory.popleft()
            self._memory_size -= len(line)

    def settle(self) -> int:
        """Bring the lines in memory to the spool file before the process ends; return how many had to be given up."""
        waiting = list(self._memory)
        self._memory.clear()
        self._memory_size = 0
        return sum(not self._to_spool(line) for line in waiting)

    def clear(self) -> None:
        """Remove the spool file of an empty backlog."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        self._size = self._taken = self._memory_size = 0

    def _to_spool(self, line: bytes) -> bool:
        """Append `line` to the spool file, whole or not at all."""
        if self._size + len(line) > SPOOL_LIMIT:
            return False
        try:
            if self._fd < 0:
                self._open()
            written = write_at(self._fd, line, self._size)
        except OSError:
            return False
        # A part is no loss: the next line is written over it.
        if written != len(line):
            return False
        self._size += written
        return True

    def _open(self) -> None:
        path = spool_folder() / f"{self._name}.{os.urandom(3).hex()}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | BINARY | getattr(os, "O_CLOEXEC", 0)
        self._fd, self._path = os.open(path, flags, 0o600), path
        header = write_at(self._fd, self._header, 0)
        self._taken = header  # first, or whoever takes meanwhile would find the header among the lines
        self._size = header
