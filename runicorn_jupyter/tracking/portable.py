"""What a training needs of the operating system, on systems too that lack some calls of POSIX: on Windows."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

from runicorn_jupyter.paths import open_regular

BINARY = getattr(os, "O_BINARY", 0)
"""A flag of ``os.open``: without it Windows writes two bytes for each newline."""

_moving = threading.RLock()
"""Held where finding a place in a file and reading there are two calls."""

_BY_DESCRIPTOR = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")


def open_file(folder: Path, name: str) -> int:
    """Open a regular file of a run directory for reading, as `open_regular` does.

    Raises
    ------
    OSError
        As of `open_regular`.
    """
    if _BY_DESCRIPTOR:
        return open_regular(folder, name)
    if not stat.S_ISREG((folder / name).lstat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file", name)
    return os.open(folder / name, os.O_RDONLY | BINARY)


def read_at(descriptor: int, size: int, offset: int) -> bytes:
    """Return at most `size` bytes from `offset` on; where a file that is open for appending writes does not change."""
    if hasattr(os, "pread"):
        return os.pread(descriptor, size, offset)
    with _moving:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, size)


def write_at(descriptor: int, data: bytes, offset: int) -> int:
    """Write at `offset` of a file that is not open for appending; return how many bytes were written."""
    if hasattr(os, "pwrite"):
        return os.pwrite(descriptor, data, offset)
    with _moving:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.write(descriptor, data)
