"""The text log of a run: its last lines at once, however long it is, and then what is appended."""

from __future__ import annotations

import os
from pathlib import Path

from runicorn_jupyter.paths import open_regular
from runicorn_jupyter.store.logs.lognames import LOG

_BLOCK = 64 * 1024
_READ_LIMIT = 4 * 1024 * 1024


class LogTail:
    """Follows a text log of one run; a file that is replaced or cut is read from its beginning.

    Lines come without their newline and without carriage returns; bytes that are no UTF-8 are shown as replacement
    characters. A line is given only when it is complete. A log that is a link is read when it ends `within` the root.
    """

    def __init__(self, run_dir: Path, within: Path | None = None, name: str = LOG) -> None:
        self._run_dir = run_dir
        self._within = within
        self._name = name
        self._inode = 0
        self._offset = 0

    def tail(self, count: int) -> tuple[list[str], bool]:
        """Return the last `count` lines and whether there are more before them; `read` goes on behind them.

        At most 4 MiB are read: of very long lines fewer are given.
        """
        fd = self._open()
        if fd is None:
            return [], False
        try:
            found = os.fstat(fd)
            start, newlines, blocks = found.st_size, 0, list[bytes]()
            while start > 0 and newlines <= count and found.st_size - start < _READ_LIMIT:
                size = min(_BLOCK, start)
                start -= size
                blocks.append(os.pread(fd, size, start))
                newlines += blocks[-1].count(b"\n")
        finally:
            os.close(fd)
        data = b"".join(reversed(blocks))
        if start > 0 and newlines <= count:
            data = data[data.find(b"\n") + 1 :]  # the limit cut a line in two
            start = found.st_size - len(data)
        end = data.rfind(b"\n") + 1
        self._inode, self._offset = found.st_ino, start + end
        lines = _lines(data[:end])
        return lines[-count:] if count else [], start > 0 or len(lines) > count

    @property
    def position(self) -> tuple[int, int]:
        """Which file it is, and the byte up to which its lines were given."""
        return self._inode, self._offset

    def read(self, until: int | None = None) -> list[str]:
        """Return the complete lines appended since the last call, at most 4 MiB of them and none beyond `until`."""
        fd = self._open()
        if fd is None:
            return []
        try:
            found = os.fstat(fd)
            if found.st_ino != self._inode or found.st_size < self._offset:
                self._inode, self._offset = found.st_ino, 0
            size = _READ_LIMIT if until is None else min(_READ_LIMIT, max(until - self._offset, 0))
            data = os.pread(fd, size, self._offset)
        finally:
            os.close(fd)
        end = data.rfind(b"\n") + 1
        if not end and len(data) == _READ_LIMIT:
            end = len(data)
        self._offset += end
        return _lines(data[:end])

    @property
    def exists(self) -> bool:
        """Whether there is a log to follow yet."""
        fd = self._open()
        if fd is None:
            return False
        os.close(fd)
        return True

    def close(self) -> None:
        """End following; nothing is held open between calls."""

    def _open(self) -> int | None:
        try:
            return open_regular(self._run_dir, self._name, within=self._within)
        except OSError:
            return None


def _lines(data: bytes) -> list[str]:
    if not data:
        return []
    return [line.rstrip("\r") for line in data.decode("utf-8", "replace").removesuffix("\n").split("\n")]
