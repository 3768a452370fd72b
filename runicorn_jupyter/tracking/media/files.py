"""Files beside the points: pictures and copies in the run's ``media`` folder."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from time import time

_UNSAFE = re.compile(r"[^\w.-]+")
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
_KEY_LENGTH = 48
"""Characters of the key in a file name; in UTF-8 the whole name then stays below 255 bytes."""

_CHUNK = 1024 * 1024
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)


def file_name(key: str, extension: str) -> str:
    """Return a new name ``<ms>_<6hex>_<key>.<extension>`` that is safe on every system, whatever the key holds."""
    word = _UNSAFE.sub("_", key)[:_KEY_LENGTH].strip("._") or "media"
    suffix = extension.lower().lstrip(".")
    if not _EXTENSION.fullmatch(suffix):
        suffix = "bin"
    return f"{int(time() * 1000)}_{os.urandom(3).hex()}_{word}.{suffix}"


def store_bytes(run_dir: Path, name: str, data: bytes) -> str:
    """Write `data` as media/`name`; return that path, relative to the run directory."""
    target = _target(run_dir, name)
    fd = os.open(target, _CREATE, 0o666)
    try:
        try:
            _write(fd, data)
        finally:
            os.close(fd)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return f"media/{name}"


def store_copy(run_dir: Path, name: str, source: Path) -> str:
    """Copy the regular file `source` to media/`name`; return that path, relative to the run directory.

    Raises
    ------
    OSError
        `source` cannot be read, or the copy cannot be written; then nothing is left behind.
    ValueError
        `source` is no regular file.
    """
    if not stat.S_ISREG(source.stat().st_mode):
        raise ValueError(f"{source.name!r} is not a regular file")
    target = _target(run_dir, name)
    with source.open("rb") as reading:
        fd = os.open(target, _CREATE, 0o666)
        try:
            try:
                while chunk := reading.read(_CHUNK):
                    _write(fd, chunk)
            finally:
                os.close(fd)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    return f"media/{name}"


def _target(run_dir: Path, name: str) -> Path:
    folder = run_dir / "media"
    folder.mkdir(exist_ok=True)
    return folder / name


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
