"""Reading a zip that may be anybody's: counted before it is loaded, no entry beyond its word, nothing overlapping."""

from __future__ import annotations

import io
import os
import stat
import struct
import time
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from runicorn_jupyter.errors import BadArchive
from runicorn_jupyter.store.transfer.caps import Caps
from runicorn_jupyter.store.transfer.entries import Entry, Names, Opener, checked, told_plainly

MODIFIED = 0x6A72
"""Our own extra field: eight bytes, the time of writing in ns; a zip's own time has steps of two seconds."""

_UNIX_TIME = 0x5455
_END, _HEADER = b"PK\x05\x06", b"PK\x01\x02"
_KNOWN = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_SPECIAL = {stat.S_IFLNK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFCHR, stat.S_IFBLK}


class ZipArchive:
    """A zip on disk."""

    def __init__(self, path: Path, caps: Caps) -> None:
        self._caps = caps
        self._size = path.stat().st_size
        self._file = path.open("rb")
        try:
            with told_plainly():
                caps.check_entries(_count(self._file, caps))
                self._zip = zipfile.ZipFile(self._file)
        except BaseException:
            self._file.close()
            raise

    def walk(self) -> Iterator[tuple[Entry, Opener]]:
        """Yield every entry; see `Archive.walk`."""
        self._check_places()
        self._caps.check_size(sum(info.file_size for info in self._zip.infolist()), self._size)
        names = Names()
        for info in self._zip.infolist():
            entry = self._entry(info)
            names.add(entry)
            yield entry, partial(_Content, self._zip, info)

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    def _entry(self, info: zipfile.ZipInfo) -> Entry:
        name = checked(info.orig_filename, self._caps)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind in _SPECIAL:
            raise BadArchive("The archive holds a link or a device; nothing was imported.")
        if info.flag_bits & 1:
            raise BadArchive("The archive is encrypted; unpack it and pack it again without a password.")
        if info.compress_type not in _KNOWN:
            raise BadArchive("The archive is packed in a way that is not read here; use zip's usual deflate.")
        folder = info.orig_filename.endswith("/")
        if folder and info.file_size:
            raise BadArchive("The archive holds a folder with content of its own; nothing was imported.")
        return Entry(name, info.file_size, _modified(info), folder or not name)

    def _check_places(self) -> None:
        """Refuse entries that share bytes: a small zip can hold a large one many times over that way."""
        end = -1
        for info in sorted(self._zip.infolist(), key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise BadArchive("The archive's entries lie over each other; nothing was imported.")
            end = info.header_offset + 30 + info.compress_size


class _Content(io.RawIOBase):
    """The content of one entry, damage told plainly."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        with told_plainly():
            self._inner = archive.open(info)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        with told_plainly():
            return self._inner.read(size)

    def close(self) -> None:
        """Close it."""
        self._inner.close()
        super().close()


def _count(file: BinaryIO, caps: Caps) -> int:
    """Return how many entries the directory at the end lists, one more than the cap at most."""
    file.seek(0, os.SEEK_END)
    whole = file.tell()
    tail = min(whole, 65_557 + 20)
    file.seek(whole - tail)
    data = file.read(tail)
    at = data.rfind(_END)
    if at < 0 or len(data) < at + 22:
        raise zipfile.BadZipFile("it has no directory at its end")
    size, begin = struct.unpack("<II", data[at + 12 : at + 20])
    if size == 0xFFFFFFFF or begin == 0xFFFFFFFF:
        locator = data[max(at - 20, 0) : at]
        if not locator.startswith(b"PK\x06\x07"):
            raise zipfile.BadZipFile("its large directory is not found")
        file.seek(min(struct.unpack("<Q", locator[8:16])[0], whole))
        record = file.read(56)
        if len(record) < 56:
            raise zipfile.BadZipFile("its large directory is cut off")
        size = struct.unpack("<Q", record[40:48])[0]
        end = whole - tail + at - 20 - 56
    else:
        end = whole - tail + at
    return _walk_directory(file, end - size, end, caps)


def _walk_directory(file: BinaryIO, begin: int, end: int, caps: Caps) -> int:
    if begin < 0:
        raise zipfile.BadZipFile("its directory begins before the file")
    file.seek(begin)
    count, at = 0, begin
    while at < end and count <= caps.entries:
        header = file.read(46)
        if len(header) < 46 or not header.startswith(_HEADER):
            raise zipfile.BadZipFile("its directory is garbled")
        lengths = struct.unpack("<HHH", header[28:34])
        at += 46 + sum(lengths)
        file.seek(at)
        count += 1
    return count


def _modified(info: zipfile.ZipInfo) -> int:
    """Return the time of writing in ns, from the most exact note of it."""
    fields, at, data = dict[int, bytes](), 0, info.extra
    while at + 4 <= len(data):
        kind, size = struct.unpack("<HH", data[at : at + 4])
        fields[kind] = data[at + 4 : at + 4 + size]
        at += 4 + size
    if len(own := fields.get(MODIFIED, b"")) == 8:
        return cast("int", struct.unpack("<q", own)[0])
    if len(unix := fields.get(_UNIX_TIME, b"")) >= 5 and unix[0] & 1:
        return cast("int", struct.unpack("<i", unix[1:5])[0]) * 10**9
    try:
        return int(time.mktime((*info.date_time, 0, 0, -1))) * 10**9
    except (ValueError, OverflowError):
        return 0
