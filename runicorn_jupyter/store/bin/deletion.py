"""Marking, moving and bringing back one run directory; whoever makes or removes the marker has done it.

Every step is one atomic call of the file system (an exclusive create, an unlink, a rename), taken relative to a
descriptor and through no link, so that several processes may delete, restore and empty at once without a lock.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from runicorn_jupyter.errors import Conflict, DiskFull, Forbidden, RunicornError, RunNotFound
from runicorn_jupyter.paths import open_folder

MARKER = ".deleted"
BIN = "runs/.recycle"
"""Where 0.6+ keeps what it deleted; the walker of runs passes hidden folders by."""

NOT_FOUND = "run not found"
NOT_DELETED = "run not deleted"
_TAKEN = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR})


@contextmanager
def folder(root: Path, relative: str, *, make: bool = False) -> Iterator[int]:
    """Open a folder of the root while the block lasts, made with its parents on request.

    Raises
    ------
    OSError
        It is not there, or is or lies behind a link.
    """
    if make:
        _make(root, relative)
    fd = open_folder(root, relative)
    try:
        yield fd
    finally:
        os.close(fd)


def mark(root: Path, directory: str, *, reason: str, status: str, path: str | None) -> None:
    """Mark the run at `directory` as deleted and, when it has a 0.6+ `path`, move it into the bin folder.

    A run that cannot be moved (the bin has one of its id) stays where it is, marked: it is in the bin all the same.

    Raises
    ------
    RunNotFound
        There is none, or it is deleted already.
    OSError
        The disk does not allow it; nothing has changed then.
    """
    note = {"deleted_at": time.time(), "reason": reason, "original_status": status}
    if path is not None:
        note["original_path"] = path
    try:
        with folder(root, directory) as run:
            _write_marker(run, json.dumps(note, indent=2).encode())
            if path is not None:
                _move_to_bin(root, directory, run)
    except (FileExistsError, FileNotFoundError, NotADirectoryError):
        raise RunNotFound(NOT_FOUND) from None


def unmark(root: Path, directory: str) -> None:
    """Take the marker of the run at `directory` away.

    Raises
    ------
    RunNotFound
        It has none (any more), or is gone.
    """
    try:
        with folder(root, directory) as run:
            os.unlink(MARKER, dir_fd=run)
            with suppress(OSError):
                os.fsync(run)
    except (FileNotFoundError, NotADirectoryError):
        raise RunNotFound(NOT_DELETED) from None


def bring_back(root: Path, entry: str, place: str) -> None:
    """Move `entry` of the bin folder to `place`, both relative to the root.

    Raises
    ------
    Conflict
        Something is there already; neither is touched.
    RunNotFound
        The entry is gone.
    """
    if os.path.lexists(root / place):
        raise Conflict(taken(place))
    parent, _, name = place.rpartition("/")
    source, _, old = entry.rpartition("/")
    with folder(root, source) as from_, folder(root, parent, make=True) as to:
        try:
            os.rename(old, name, src_dir_fd=from_, dst_dir_fd=to)
        except FileNotFoundError:
            raise RunNotFound(NOT_DELETED) from None
        except OSError as error:
            if error.errno in _TAKEN:
                raise Conflict(taken(place)) from None
            raise
        run = open_folder(to, name)
    try:
        with suppress(FileNotFoundError):
            os.unlink(MARKER, dir_fd=run)
    finally:
        os.close(run)


def taken(place: str) -> str:
    """Return the sentence for a place where something else is."""
    return f"another run is at {place} now; move one of them away first"


def sentence(error: Exception) -> str:
    """Return what to tell a person about an error of one run; never more than the disk said.

    Raises
    ------
    Exception
        `error` itself, when it is neither ours nor the disk's.
    """
    if isinstance(error, RunicornError):
        return str(error)
    if not isinstance(error, OSError):
        raise error
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return str(DiskFull("the disk is full; make room and try again"))
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return str(Forbidden("this account may not change files there"))
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        return "a link or a file stands in the way; it is not followed"
    return f"the disk refused it: {(error.strerror or 'unknown error').lower()}"


def _write_marker(run: int, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    marker = os.open(MARKER, flags, 0o666, dir_fd=run)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(marker, view) :]
        os.fsync(marker)
    except OSError:
        os.unlink(MARKER, dir_fd=run)
        raise
    finally:
        os.close(marker)


def _move_to_bin(root: Path, directory: str, run: int) -> None:
    parent, _, name = directory.rpartition("/")
    with suppress(OSError), folder(root, parent) as from_, folder(root, BIN, make=True) as to:
        os.stat(name, dir_fd=from_, follow_symlinks=False)
        with suppress(FileNotFoundError):
            os.stat(name, dir_fd=to, follow_symlinks=False)
            return
        os.rename(name, name, src_dir_fd=from_, dst_dir_fd=to)
        try:
            os.stat(MARKER, dir_fd=run, follow_symlinks=False)
        except FileNotFoundError:  # somebody restored it between the mark and the move
            os.rename(name, name, src_dir_fd=to, dst_dir_fd=from_)


def _make(root: Path, relative: str) -> None:
    held = open_folder(root, "")
    try:
        for part in relative.split("/"):
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=held)
            step = open_folder(held, part)
            os.close(held)
            held = step
    finally:
        os.close(held)
