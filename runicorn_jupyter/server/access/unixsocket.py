"""A unix socket that only our own user can reach: where it may lie, and whose a connection to it is (S20, S21)."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import struct
from collections.abc import Iterator
from pathlib import Path

from runicorn_jupyter.errors import BadRequest, Conflict, Forbidden

LONGEST_PATH = 100
"""Bytes; the kernel takes 104 on macOS and 108 on Linux, its final zero included."""

_OTHERS = 0o077
_BACKLOG = 128
_CREDENTIALS = struct.Struct("=iII")  # ucred of Linux: pid, uid, gid
_XUCRED = struct.Struct("=II")  # xucred of macOS begins with its version and the uid
_LOCAL_PEERCRED = 1


class UnixSocket:
    """A listening unix socket, 0600 in a folder of ours; `remove` takes away the file, if it is still this one's.

    Parameters
    ----------
    path : Path
        Where, absolute and at most 100 bytes long. The file of a viewer that has died is replaced.

    Raises
    ------
    BadRequest
        The path does not fit, or something that is no socket lies there.
    Forbidden
        The folder is not ours alone.
    Conflict
        A living viewer listens there.
    OSError
        The system refuses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        _check_path(path)
        _check_folder(path.parent)
        with _held(path.parent):
            _clear(path)
            self.socket = _listening(path)
            self._file = _identity(path)

    def remove(self) -> None:
        """Remove the file of the socket, unless another viewer has put its own there."""
        with contextlib.suppress(OSError), _held(self.path.parent):
            if _identity(self.path) == self._file:
                self.path.unlink()


def peer_uid(connection: socket.socket) -> int | None:
    """Return the user who made a connection to a unix socket, None where the system does not tell."""
    try:
        if hasattr(socket, "SO_PEERCRED"):
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            return int(_CREDENTIALS.unpack(credentials)[1])
        credentials = connection.getsockopt(0, _LOCAL_PEERCRED, 256)
        return int(_XUCRED.unpack_from(credentials)[1])
    except (OSError, struct.error):
        return None


def _check_path(path: Path) -> None:
    if not hasattr(socket, "AF_UNIX"):
        raise BadRequest("This system has no unix sockets; use --host and --port.")
    if not path.is_absolute():
        raise BadRequest(f"The path of the socket must be absolute, not {str(path)!r}.")
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise BadRequest(f"The path of the socket has more than {LONGEST_PATH} bytes; choose a shorter folder.")


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Keep other viewers from changing sockets in the folder meanwhile."""
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        # NFS may know no such lock; then two starts at the same instant on one path are not told apart.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _check_folder(folder: Path) -> None:
    try:
        found = folder.lstat()
    except OSError as error:
        raise Forbidden(f"The folder {folder} cannot be used: {(error.strerror or str(error)).lower()}.") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
        raise Forbidden(f"The folder {folder} must be a folder of yours that is closed to others: chmod 700 it.")


def _clear(path: Path) -> None:
    """Remove the socket of a viewer that is gone."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise BadRequest(f"{path} is there and is no socket; choose another path.")
    if _answers(path):
        raise Conflict(f"A viewer is already listening on {path}: stop it first, or choose another path.")
    path.unlink()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        # A full backlog of a living one says EAGAIN at once, where a blocking connect would wait for it.
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
    return True


def _listening(path: Path) -> socket.socket:
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.setblocking(False)
        before = os.umask(0o177)
        try:
            bound.bind(str(path))
        finally:
            os.umask(before)
        bound.listen(_BACKLOG)
    except BaseException:
        bound.close()
        raise
    return bound


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino
