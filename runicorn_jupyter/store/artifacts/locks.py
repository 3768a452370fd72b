"""Locks between processes that end with whoever holds them, however it ends."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from runicorn_jupyter.errors import Conflict

_PAUSE = 0.005
_here: dict[str, threading.Lock] = {}
"""Locks between the threads of this process, for disks that have none between processes either."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_here.clear)  # what a thread of the parent holds, nobody gives back here


@contextmanager
def locked(path: Path, *, shared: bool = False, patience: float = 60.0) -> Iterator[None]:
    """Hold the lock of the file `path` while the block lasts; upstream locks an artifact by its ``.lock`` likewise.

    On a disk without locks nothing is held: what the caller publishes must be exclusive by itself.

    Raises
    ------
    Conflict
        Another process holds it for longer than `patience` seconds.
    """
    with nullcontext() if shared else _here.setdefault(str(path), threading.Lock()):
        if sys.platform == "win32":
            yield
            return
        fd = _take(path, shared=shared, deadline=time.monotonic() + patience)
        try:
            yield
        finally:
            os.close(fd)


def held_by_nobody(folder: Path) -> bool:
    """Tell whether no process holds the lock on `folder` itself (see `holding`)."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(fd)


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Mark a folder as in use by this process while the block lasts."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # a disk without locks: nobody can find it unused there either
            fcntl.flock(fd, fcntl.LOCK_EX)  # whoever looks whether it is free holds it for an instant
        yield
    finally:
        os.close(fd)


def _take(path: Path, *, shared: bool, deadline: float) -> int:
    import fcntl

    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            while True:
                try:
                    fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise Conflict("Another process is changing this artifact; try again in a moment.") from None
                    time.sleep(_PAUSE)
                    continue
                except OSError:
                    return fd
                break
            if _is_there(path, fd):
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)  # somebody removed the file between: its lock is not the lock of the one that is there now


def _is_there(path: Path, fd: int) -> bool:
    held = os.fstat(fd)
    try:
        found = path.lstat()
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)
