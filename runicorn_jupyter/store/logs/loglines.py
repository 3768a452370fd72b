"""The text log of a run in windows: any page of it at a byte offset, however long it is, in bounded memory."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from runicorn_jupyter.paths import open_regular
from runicorn_jupyter.store.logs.lognames import LOG
from runicorn_jupyter.store.logs.logparts import LogLine, LogPage

BLOCK = 1024 * 1024
LONGEST = 4 * 1024 * 1024
"""Bytes of one line; a longer one is taken in pieces of this size."""

PAGE_BYTES = 4 * 1024 * 1024
SHOWN = 20_000
"""Characters of one line that are sent; a longer one is cut and says so."""

Direction = Literal["forward", "backward"]


class LogFile:
    """An open log; positions are byte offsets of line beginnings.

    Parameters
    ----------
    run_dir : Path
        The run.
    within : Path, optional
        The root: a link is followed when it ends inside it.
    name : str
        Which of the run's logs.

    Raises
    ------
    OSError
        There is no such log, or it is no regular file.
    """

    def __init__(self, run_dir: Path, within: Path | None = None, name: str = LOG) -> None:
        self._fd = open_regular(run_dir, name, within=within)
        self.size = os.fstat(self._fd).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)

    def page(self, at: int | None, count: int, direction: Direction) -> LogPage:
        """Return at most `count` lines: from the one that holds byte `at` on, or those before it.

        Without `at` they are the first or the last of the log. A page may be shorter when lines are very long; its
        ``start`` and ``end`` are where the pages before and behind it begin.
        """
        if direction == "forward":
            return self._from(self.line_start(at or 0), count)
        return self._before(self.size if at is None or at >= self.size else self.line_start(at), count)

    def line_start(self, at: int) -> int:
        """Return where the line begins that holds byte `at`; `at` itself inside a line that is too long."""
        at = min(at, self.size)
        start = at
        while start > 0 and at - start < LONGEST:
            before = max(0, start - max(_block(1), at - start))
            found = self.read(before, start).rfind(b"\n")
            if found >= 0:
                return before + found + 1
            start = before
        return start if start == 0 else at

    def above(self, end: int, block: int = 0) -> tuple[int, bytes]:
        """Return about a block of whole lines that end at `end`, and where they begin."""
        start, cut, data = end, 0, b""
        while start > 0 and not cut and end - start < LONGEST:
            before = max(0, start - max(block or BLOCK, end - start))
            data = self.read(before, start) + data
            start = before
            cut = data.find(b"\n", 0, len(data) - 1) + 1 if start else 0
        return start + cut, data[cut:]

    def below(self, start: int, block: int = 0) -> bytes:
        """Return about a block of whole lines from `start` on; at the end of the log the last may be unfinished."""
        data, cut = b"", 0
        while not cut and start + len(data) < self.size and len(data) < LONGEST:
            more = self.read(start + len(data), start + len(data) + max(block or BLOCK, len(data)))
            if not more:
                break  # the file became shorter
            data += more
            cut = data.rfind(b"\n") + 1
        return data[:cut] if cut and start + len(data) < self.size else data

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` to `end`, fewer at the end of the file."""
        return os.pread(self._fd, max(0, min(end, self.size) - start), start)

    def _from(self, start: int, count: int) -> LogPage:
        lines: list[LogLine] = []
        end = start
        while len(lines) < count and end < self.size and end - start < PAGE_BYTES:
            data = self.below(end, _block(count))
            if not data:
                break
            found = split(data, end)[: count - len(lines)]
            lines += [shown(at, line) for at, line in found]
            at, line = found[-1]
            end = min(at + len(line) + 1, end + len(data))
        return LogPage(tuple(lines), start, end, self.size)

    def _before(self, end: int, count: int) -> LogPage:
        lines: list[LogLine] = []
        start = end
        while len(lines) < count and start > 0 and end - start < PAGE_BYTES:
            begin, data = self.above(start, _block(count))
            found = split(data, begin)[-(count - len(lines)) :]
            if not found:
                break
            lines = [shown(at, line) for at, line in found] + lines
            start = found[0][0]
        return LogPage(tuple(lines), start, end, self.size)


def _block(count: int) -> int:
    """Return how many bytes to read at once for so many lines."""
    return min(BLOCK, 4096 + 256 * count)


def split(data: bytes, start: int) -> list[tuple[int, bytes]]:
    """Return each line in `data`, which begins at byte `start`, with its position and without its newline."""
    if not data:
        return []
    lines = []
    for line in data.removesuffix(b"\n").split(b"\n"):
        lines.append((start, line))
        start += len(line) + 1
    return lines


def shown(at: int, line: bytes) -> LogLine:
    """Return a line as text; bytes that are no UTF-8 are shown as replacement characters."""
    text = line[: 4 * SHOWN].decode("utf-8", "replace").rstrip("\r")
    return LogLine(at, text[:SHOWN], cut=len(text) > SHOWN or len(line) > 4 * SHOWN)
