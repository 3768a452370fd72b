"""The JSON files of one run directory, read through one descriptor."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from runicorn_jupyter.paths import JSON_LIMIT, open_regular
from runicorn_jupyter.store.runs import stamps
from runicorn_jupyter.store.runs.values import clean

_CHUNK = 8 * 1024
# O_NONBLOCK: opening a FIFO that somebody left in a run directory would wait for ever.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DEEPEST_PLAIN = 40
_LONG_NUMBER = re.compile(rb"\d{18}")


class SmallFiles:
    """Reads small files of a directory that may be anybody's; what is wrong is noted in ``problems``.

    Parameters
    ----------
    directory : Path or str
        The directory, no link itself.
    within : Path, optional
        The root: a file that is a link is read when it ends inside. Without it, no link is.

    Raises
    ------
    OSError
        The directory is gone, or is a link.
    """

    def __init__(self, directory: Path | str, within: Path | None = None) -> None:
        self._directory = directory
        self._within = within
        self._fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self.names = frozenset(os.listdir(self._fd))  # noqa: PTH208 - by descriptor
            self.folder_mtime = os.fstat(self._fd).st_mtime
        except OSError:
            os.close(self._fd)
            raise
        self.problems: list[str] = []
        self._open_files: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)
        for fd in self._open_files.values():
            os.close(fd)

    def stamps(self, wanted: Iterable[str] = ()) -> stamps.Stamps:
        """Return how the files stand now; taken before they are read, it can only be older than what is read.

        Those that are `wanted` are opened for `json` on the way: an open file is asked faster than a name.
        """
        known = dict[str, os.stat_result]()
        for name in self.names.intersection(wanted):
            try:
                self._open_files[name], known[name] = self._open(name)
            except OSError:
                continue  # `json` finds it again, and says what is wrong
        return stamps.take(self._fd, self.names, self._leads_inside, known)

    def exists(self, name: str) -> bool:
        """Tell whether the directory has an entry `name` of any type."""
        return name in self.names

    def mtime(self, name: str) -> float | None:
        """Return when the regular file `name` was last written, None when there is none."""
        if name not in self.names:
            return None
        try:
            fd, found = self._open(name)
        except OSError:
            return None
        os.close(fd)
        return found.st_mtime

    def json(self, name: str) -> dict[str, Any] | None:
        """Return the JSON object in `name`; None when it is absent, and with a noted problem when it is unusable."""
        if name not in self.names:
            return None
        try:
            fd = self._open_files.pop(name) if name in self._open_files else self._open(name)[0]
        except FileNotFoundError:
            return None
        except OSError:
            self.problems.append(f"{name} is not a readable file")
            return None
        try:
            data = _read(fd)
        except OSError:
            self.problems.append(f"{name} cannot be read")
            return None
        finally:
            os.close(fd)
        if len(data) > JSON_LIMIT:
            self.problems.append(f"{name} is larger than {JSON_LIMIT // 1024**2} MiB")
            return None
        try:
            value = parse(data)
        except (ValueError, RecursionError):
            self.problems.append(f"{name} is not valid JSON")
            return None
        if not isinstance(value, dict):
            self.problems.append(f"{name} holds no JSON object")
            return None
        return value

    def _leads_inside(self, name: str) -> bool:
        return self._within is not None and Path(os.path.realpath(f"{self._directory}/{name}")).is_relative_to(
            os.path.realpath(self._within)
        )

    def _open(self, name: str) -> tuple[int, os.stat_result]:
        """Open a regular file by a name of our own, or where a link of that name leads inside the root."""
        try:
            fd = os.open(name, _FILE, dir_fd=self._fd)
        except OSError as error:
            if self._within is None or error.errno != errno.ELOOP:
                raise
            fd = open_regular(self._directory, name, within=self._within)
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            os.close(fd)
            raise OSError(errno.EINVAL, "not a regular file", name)
        return fd, found


def parse(data: bytes) -> Any:
    """Return the JSON value in `data`, made fit to be sent (see ``values.clean``).

    Raises
    ------
    ValueError, RecursionError
        It is no JSON, not even with the bare NaN and Infinity that upstream writes.
    """
    if data.count(b"{") + data.count(b"[") <= _DEEPEST_PLAIN and not _LONG_NUMBER.search(data):
        try:
            # What orjson reads it can also send; depth and integers beyond 64 bits were excluded before.
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass
    return clean(json.loads(data))


def _read(fd: int) -> bytes:
    """Return the content of a file, at most one byte more than we accept."""
    data = os.read(fd, _CHUNK)
    if len(data) < _CHUNK:
        return data
    parts, size = [data], len(data)
    while size <= JSON_LIMIT and (data := os.read(fd, JSON_LIMIT + 1 - size)):
        parts.append(data)
        size += len(data)
    return b"".join(parts)
