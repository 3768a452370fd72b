"""events.jsonl, read once and then only its new bytes."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NamedTuple

from runicorn_jupyter.paths import open_regular
from runicorn_jupyter.store.columns import EventTable
from runicorn_jupyter.store.lines import LINE_LIMIT, parse_line

EVENTS = "events.jsonl"
_BLOCK = 4 * 1024 * 1024
_REMEMBERED = 64
_NO_FILE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EINVAL}
"""There is none, or what is there is a link or no regular file; anything else may pass."""


class FileMark(NamedTuple):
    """Which file was read, and how far: always just past a newline, so that a torn line is read again when complete.

    `end` holds the last bytes before the offset. A file made anew may get the old one's inode; its bytes tell.
    """

    inode: int
    offset: int
    end: bytes = b""


class EventReader:
    """The table of one run directory and the place in its file up to which it stands for."""

    def __init__(self, run_dir: Path) -> None:
        self.table = EventTable()
        self._run_dir = run_dir
        self._mark = FileMark(0, 0)

    def refresh(self) -> bool:
        """Read what was appended since the last call; start over when the file was replaced or cut.

        Returns
        -------
        bool
            Whether the table changed.

        Raises
        ------
        OSError
            The file cannot be read just now; the table stays as it was.
        """
        try:
            fd = open_regular(self._run_dir, EVENTS)
        except OSError as error:
            if error.errno not in _NO_FILE:
                raise
            return self._reset()
        try:
            found = os.fstat(fd)
            changed = False
            if found.st_ino != self._mark.inode or not self._continues(fd):
                changed = self._reset()
                self._mark = FileMark(found.st_ino, 0)
            while self._read_block(fd):
                changed = True
            return changed
        finally:
            os.close(fd)

    def _continues(self, fd: int) -> bool:
        """Tell whether the file still holds what was read from it last."""
        end = self._mark.end
        return os.pread(fd, len(end), self._mark.offset - len(end)) == end

    def _reset(self) -> bool:
        had = len(self.table.steps) > 0
        self.table = EventTable()
        self._mark = FileMark(0, 0)
        return had

    def _read_block(self, fd: int) -> bool:
        block = _whole_lines(fd, self._mark.offset)
        if not block:
            return False
        events = []
        for line in block.split(b"\n"):
            good, bad = parse_line(line)
            events += good
            self.table.bad += bad
        self.table.extend(events)
        self._mark = FileMark(self._mark.inode, self._mark.offset + len(block), block[-_REMEMBERED:])
        return True


def _whole_lines(fd: int, offset: int) -> bytes:
    """Return the complete lines that begin at `offset`, a block of them, or nothing while the next one is torn."""
    size = _BLOCK
    while True:
        block = os.pread(fd, size, offset)
        end = block.rfind(b"\n") + 1
        if end or len(block) < size:
            return block[:end]
        if size > LINE_LIMIT:
            return block  # one line beyond the limit: it is passed over in pieces, which count as bad
        size *= 2
