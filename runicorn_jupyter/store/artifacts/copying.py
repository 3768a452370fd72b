"""Copying a file and taking its digest in one go: what was hashed is what was kept, whatever happens meanwhile."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

LARGE = 1024 * 1024
"""Bytes from which on reading, hashing and writing overlap."""

_CHUNK = 4 * 1024 * 1024
_HASHED = 1024 * 1024
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
# A content is shared by versions, so nobody may write into it: an edit in place would change them all.
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
_MODE = 0o444
_CLONE = 0x40049409
_NO_CLONE = {errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM}

Progress = Callable[[int], None]


class Hash(Protocol):
    """What takes bytes and tells their digest."""

    def update(self, data: Any, /) -> object:
        """Take the next bytes."""

    def hexdigest(self) -> str:
        """Return the digest of all so far."""


def open_source(path: str) -> tuple[int, os.stat_result]:
    """Open a regular file for reading; the caller closes the descriptor.

    Raises
    ------
    ValueError
        It is a folder, a device or a pipe.
    """
    fd = os.open(path, _READ)
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode):
        os.close(fd)
        raise ValueError(f"{os.path.basename(path)!r} is not a regular file")  # noqa: PTH119 - a text
    return fd, found


def digest(source: int, size: int, progress: Progress, into: Hash | None = None) -> str:
    """Return the SHA-256 of an open file, or what `into` comes to when it has taken all of it."""
    found = into or hashlib.sha256()
    buffer = memoryview(bytearray(min(_CHUNK, size + 1)))
    while count := os.readv(source, [buffer]):
        found.update(buffer[:count])
        progress(count)
    return found.hexdigest()


def read_small(source: int) -> bytes | None:
    """Return what an open file holds; None when it is not small (any more)."""
    parts, size = [], 0
    while data := os.read(source, LARGE):
        parts.append(data)
        size += len(data)
        if size > LARGE:
            return None
    return b"".join(parts)


def write(target: str, data: bytes) -> None:
    """Write the new file `target`."""
    fd = os.open(target, _NEW, _MODE)
    try:
        _write(fd, memoryview(data))
    finally:
        os.close(fd)


def copy(
    source: int, target: str, size: int, progress: Progress, *, mode: int = _MODE, into: Hash | None = None
) -> tuple[str, int]:
    """Write what an open file holds to the new file `target`; return the SHA-256 and the bytes of what was written.

    With `into` that takes what was written, instead of a SHA-256.

    On a file system with reflinks a large file takes no room and no writing; then the copy is what is hashed.
    """
    fd = os.open(target, _NEW, mode)
    try:
        if size >= LARGE and _cloned(source, fd):
            written = os.fstat(fd).st_size
            return digest(fd, written, progress, into), written
        return _copied(source, fd, progress, into or hashlib.sha256())
    finally:
        os.close(fd)


def _copied(source: int, target: int, progress: Progress, found: Hash) -> tuple[str, int]:
    """Let the kernel copy one part in a thread while the digest of the part before is made from the copy."""
    done = 0
    buffer = memoryview(bytearray(_HASHED))
    with ThreadPoolExecutor(1, thread_name_prefix="runicorn-copy") as copier:
        coming = copier.submit(_pass_on, source, target)
        while part := coming.result():
            coming = copier.submit(_pass_on, source, target)
            end = done + part
            while done < end:
                count = os.preadv(target, [buffer[: end - done]], done)
                found.update(buffer[:count])
                done += count
            progress(part)
    return found.hexdigest(), done


def _pass_on(source: int, target: int) -> int:
    """Copy the next part, inside the kernel where that can be done; return its bytes, 0 at the end."""
    if sys.platform == "linux":
        try:
            return os.sendfile(target, source, None, _CHUNK)
        except OSError as error:
            if error.errno not in _NO_CLONE:
                raise
    data = os.read(source, _CHUNK)
    _write(target, memoryview(data))
    return len(data)


def _write(target: int, part: memoryview) -> None:
    while part:
        part = part[os.write(target, part) :]


_cannot_clone: set[tuple[int, int]] = set()
_guard = threading.Lock()


def _cloned(source: int, target: int) -> bool:
    """Share the blocks of the source with the target where the file system can (Btrfs, XFS, …)."""
    if sys.platform != "linux":
        return False
    import fcntl

    between = os.fstat(source).st_dev, os.fstat(target).st_dev
    if between in _cannot_clone:
        return False
    try:
        fcntl.ioctl(target, _CLONE, source)
    except OSError as error:
        if error.errno not in _NO_CLONE:
            raise
        with _guard:
            _cannot_clone.add(between)
        return False
    return True
