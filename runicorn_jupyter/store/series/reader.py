"""events.jsonl, read once and then only its new bytes."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import NamedTuple

from runicorn_jupyter.paths import open_regular
from runicorn_jupyter.store.series.batch import columnise
from runicorn_jupyter.store.series.columns import EventTable
from runicorn_jupyter.store.series.curvecache import CurveCache, StoredRun
from runicorn_jupyter.store.series.growing import GrowingRun
from runicorn_jupyter.store.series.lines import LINE_LIMIT, parse_block
from runicorn_jupyter.store.series.parts import ChunksGoneError

EVENTS = "events.jsonl"
PACKED_FROM = 64 * 1024
"""Bytes; what is shorter is read from its file as fast as from the cache."""

_BLOCK = 128 * 1024
"""Bytes read and parsed at once: a thousand events, few enough that Python's collector of garbage is not called to
walk through them again and again (1.1 s instead of 1.7 s for a million)."""

_WIDE_BLOCK = 1024 * 1024
_FEW_LINES = 128
"""Where lines are long, blocks of `_WIDE_BLOCK` hold enough of them that columns are worth their making."""

_REMEMBERED = 64
_QUIET = 5.0
"""Seconds without a write after which a run's last part is worth keeping."""

_COARSE = 2.0
"""Seconds; a file written this shortly before it was read may change again without a new time of writing."""

_NO_FILE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EINVAL}
"""There is none, or what is there is a link or no regular file; anything else may pass."""


class FileMark(NamedTuple):
    """Which file was read, and how far: always just past a newline, so that a torn line is read again when complete.

    `guard` holds bytes before the offset, from three places. A file made anew may get the old one's inode, and one
    that was cut may grow again: its bytes tell.
    """

    inode: int
    offset: int
    guard: bytes = b""


class _Seen(NamedTuple):
    """A file as it was when it was read last."""

    inode: int
    size: int
    modified: int


class EventReader:
    """The table of one events file and the place up to which it stands for.

    Parameters
    ----------
    run_dir : Path
        The run directory.
    cache : CurveCache, optional
        Where points are kept beyond this process.
    source : bytes
        The name of this reading in the cache.
    name : str
        The file.
    rank : int, optional
        Take only events of this rank.
    within : Path, optional
        The root: a file that is a link is read when it ends inside. Without it, no link is.
    """

    def __init__(
        self,
        run_dir: Path,
        cache: CurveCache | None = None,
        source: bytes = b"",
        *,
        name: str = EVENTS,
        rank: int | None = None,
        within: Path | None = None,
    ) -> None:
        self._run_dir = run_dir
        self._within = within
        self._name = name
        self._rank = rank
        self._cache = cache
        self._source = source
        self._growing = GrowingRun()
        self._mark = FileMark(0, 0)
        self._seen: _Seen | None = None
        self._begun = False
        self._size = _BLOCK

    @property
    def table(self) -> EventTable:
        """Every event read so far."""
        return self._growing.table

    def fresh_table(self) -> EventTable:
        """Read what there is to read and return the table."""
        self.refresh()
        return self.table

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
        if self._unchanged():
            return False
        now = time.time()
        try:
            fd = open_regular(self._run_dir, self._name, within=self._within)
        except OSError as error:
            if error.errno not in _NO_FILE:
                raise
            return self._reset()
        try:
            found = os.fstat(fd)
            changed = self._follow(fd, found)
            quiet = now - found.st_mtime > _QUIET
            if quiet and self._growing.tail_bytes >= PACKED_FROM:
                self._growing.pack(*self._mark)
        finally:
            os.close(fd)
        settled = now - found.st_mtime > _COARSE
        self._seen = _Seen(found.st_ino, found.st_size, found.st_mtime_ns) if settled else None
        return changed

    def _unchanged(self) -> bool:
        if self._seen is None:
            return False
        try:
            found = os.stat(f"{self._run_dir}/{self._name}")  # noqa: PTH116 - a Path costs more than the call
        except OSError:
            return False
        return self._seen == (found.st_ino, found.st_size, found.st_mtime_ns)

    def _follow(self, fd: int, found: os.stat_result) -> bool:
        changed, inode = False, found.st_ino
        if not self._begun or inode != self._mark.inode or _guard(fd, self._mark.offset) != self._mark.guard:
            changed = self._reset()
            self._begun, self._mark = True, FileMark(inode, 0)
            if found.st_size >= PACKED_FROM:  # of a shorter one nothing is kept
                changed = self._adopt(fd, inode) or changed
        while self._read_block(fd):
            changed = True
            if self._growing.full:
                self._growing.store(*self._mark)
                if self._growing.conflict and self._overtaken():
                    self._reset()
                    self._adopt(fd, inode)
        return changed

    def _reset(self) -> bool:
        had = len(self._growing.table) > 0
        self._growing = GrowingRun(self._cache, self._source)
        self._mark = FileMark(0, 0)
        self._seen, self._begun = None, False
        return had

    def _adopt(self, fd: int, inode: int) -> bool:
        """Begin with what the cache holds of this very file; drop what it holds of another one."""
        self._begun = True
        self._mark = FileMark(inode, 0)
        if self._cache is None:
            return False
        try:
            stored = self._cache.run(self._source)
            if stored is None:
                return False
            if stored.inode != inode or _guard(fd, stored.offset) != stored.guard:
                self._cache.forget(self._source)
                return False
            self._growing.adopt(stored)
            self._mark = FileMark(inode, stored.offset, stored.guard)
            self._adopt_packed(fd, stored)
        except ChunksGoneError:
            self._growing = GrowingRun()  # the cache is out of order: do without it this time
            self._mark = FileMark(inode, 0)
        return len(self._growing.table) > 0

    def _adopt_packed(self, fd: int, stored: StoredRun) -> None:
        packed = self._cache.packed(stored.key) if self._cache else None
        if packed is not None and _guard(fd, packed.offset) == packed.guard:
            self._growing.adopt_packed(packed)
            self._mark = FileMark(stored.inode, packed.offset, packed.guard)

    def _overtaken(self) -> bool:
        """Tell whether another process has stored this file differently from what this one knew."""
        try:
            found = self._cache.run(self._source) if self._cache else None
        except ChunksGoneError:
            return False
        known = self._growing.stored_run
        return found is not None and (known is None or (found.key, found.offset) != (known.key, known.offset))

    def _read_block(self, fd: int) -> bool:
        block = _whole_lines(fd, self._mark.offset, self._size)
        if not block:
            return False
        if len(block) * 2 > self._size < _WIDE_BLOCK and block.count(b"\n") < _FEW_LINES:
            self._size = _WIDE_BLOCK
            block = _whole_lines(fd, self._mark.offset, self._size)
        events, bad = parse_block(block)
        rank = None
        if self._rank is not None and (self._rank or b'"rank"' in block):
            rank = self._rank
        batch = columnise(events, self._growing.progress.last, rank)
        batch.bad += bad
        self._growing.take(batch, len(block))
        offset = self._mark.offset + len(block)
        self._mark = FileMark(self._mark.inode, offset, _guard(fd, offset))
        return True


def _guard(fd: int, offset: int) -> bytes:
    """Return bytes from the beginning, the middle and the end of what lies before `offset`."""
    places = (0, offset // 2, max(offset - _REMEMBERED, 0))
    return b"".join(os.pread(fd, min(_REMEMBERED, offset - at), at) for at in places) if offset else b""


def _whole_lines(fd: int, offset: int, size: int) -> bytes:
    """Return the complete lines that begin at `offset`, `size` bytes of them, or nothing while the next one is torn."""
    while True:
        block = os.pread(fd, size, offset)
        end = block.rfind(b"\n") + 1
        if end or len(block) < size:
            return block[:end]
        if size > LINE_LIMIT:
            return block  # one line beyond the limit: it is passed over in pieces, which count as bad
        size *= 2
