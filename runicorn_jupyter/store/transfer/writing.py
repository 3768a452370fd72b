"""Archives as streams of bytes: a zip or a tar.gz is made piece by piece and never held whole."""

from __future__ import annotations

import gzip
import os
import stat
import struct
import tarfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from runicorn_jupyter.errors import BadRequest, Conflict
from runicorn_jupyter.models import OnProgress, Progress
from runicorn_jupyter.store.transfer.packing import Member
from runicorn_jupyter.store.transfer.zips import MODIFIED

Kind = Literal["zip", "tar.gz"]
KINDS: tuple[Kind, ...] = ("zip", "tar.gz")
MEDIA_TYPES = {"zip": "application/zip", "tar.gz": "application/gzip"}

_CHUNK = 256 * 1024
_LEVEL = 6
_BLOCK, _RECORD = 512, 10_240
_LARGE = 1 << 31
_EARLIEST, _LATEST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)


def pack(members: Iterable[Member], kind: str, progress: OnProgress | None = None, total: int = 0) -> Iterator[bytes]:
    """Yield the bytes of an archive of `members`; ending the iterator early ends the work.

    Raises
    ------
    BadRequest
        `kind` is neither ``zip`` nor ``tar.gz``.
    Conflict
        A file became shorter while it was packed.
    """
    if kind not in KINDS:
        raise BadRequest(f"An archive is one of {', '.join(KINDS)}, not {kind!r}.")
    return (_zip if kind == "zip" else _tar)(_Told(members, progress, total))


class _Told:
    """Members whose bytes are counted as they are read."""

    def __init__(self, members: Iterable[Member], progress: OnProgress | None, total: int) -> None:
        self._members, self._progress, self._total = members, progress, total
        self._done = 0

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members)

    def read(self, member: Member) -> Iterator[bytes]:
        """Yield the content of a member: as many bytes as it had when it was opened, a growing file is cut there."""
        left = member.size
        while left:
            data = os.read(member.fd, min(_CHUNK, left))
            if not data:
                raise Conflict(f"{member.name.rpartition('/')[2]} became shorter while it was packed; try again.")
            left -= len(data)
            self._done += len(data)
            if self._progress is not None:
                self._progress(Progress("packing", self._done, max(self._total, self._done)))
            yield data


class _Sink:
    """Takes what a packer writes, until it is fetched; it has no `tell`, so that zipfile takes it for a stream."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> int:
        """Take bytes."""
        self._parts.append(bytes(data))
        self._size += len(self._parts[-1])
        return len(self._parts[-1])

    def flush(self) -> None:
        """Nothing is held back."""

    def full(self) -> bool:
        """Tell whether it is worth to fetch."""
        return self._size >= _CHUNK

    def take(self) -> bytes:
        """Return what came since the last time."""
        found, self._parts, self._size = b"".join(self._parts), [], 0
        return found


def _zip(members: _Told) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:  # type: ignore[call-overload]
        for member in members:
            info = _info(member)
            if member.folder:
                archive.writestr(info, b"")
                continue
            with archive.open(info, "w", force_zip64=member.size >= _LARGE) as entry:
                for data in members.read(member):
                    entry.write(data)
                    if sink.full():
                        yield sink.take()
    yield sink.take()


def _info(member: Member) -> zipfile.ZipInfo:
    seconds = member.modified // 10**9
    try:
        date = min(max(time.localtime(seconds)[:6], _EARLIEST), _LATEST)
    except (OverflowError, ValueError, OSError):
        date = _EARLIEST
    info = zipfile.ZipInfo(member.name + "/" * member.folder, date)
    info.compress_type = zipfile.ZIP_STORED if member.folder else zipfile.ZIP_DEFLATED
    info.create_system = 3
    mode = stat.S_IFDIR | 0o755 if member.folder else stat.S_IFREG | 0o644
    info.external_attr = mode << 16 | (0x10 if member.folder else 0)
    info.extra = struct.pack("<HHq", MODIFIED, 8, member.modified)
    if 0 <= seconds < 1 << 31:
        info.extra = struct.pack("<HHBi", 0x5455, 5, 1, seconds) + info.extra
    return info


def _tar(members: _Told) -> Iterator[bytes]:
    sink = _Sink()
    packed = gzip.GzipFile(filename="", fileobj=sink, mode="wb", compresslevel=_LEVEL, mtime=0)
    written = 0
    for member in members:
        header = _header(member)
        packed.write(header)
        for data in members.read(member) if not member.folder else ():
            packed.write(data)
            if sink.full():
                yield sink.take()
        padding = -member.size % _BLOCK
        packed.write(bytes(padding))
        written += len(header) + member.size + padding
    packed.write(bytes(2 * _BLOCK + -(written + 2 * _BLOCK) % _RECORD))
    packed.close()
    yield sink.take()


def _header(member: Member) -> bytes:
    info = tarfile.TarInfo(member.name)
    info.size, info.mode = member.size, 0o755 if member.folder else 0o644
    info.type = tarfile.DIRTYPE if member.folder else tarfile.REGTYPE
    whole, rest = divmod(member.modified, 10**9)
    # Digits, for a float of today's seconds cannot hold a ns.
    info.pax_headers = {"mtime": f"{whole}.{rest:09d}"}
    return info.tobuf(tarfile.PAX_FORMAT)
