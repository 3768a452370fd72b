"""Reading a tar, packed with gzip or not, that may be anybody's: counted while it unpacks, plain files only."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from runicorn_jupyter.errors import BadArchive
from runicorn_jupyter.store.transfer.caps import Caps
from runicorn_jupyter.store.transfer.entries import Entry, Names, Opener, checked, told_plainly

_BLOCK = 512
_CHUNK = 256 * 1024


class TarArchive:
    """A ``.tar.gz`` or ``.tar`` on disk."""

    def __init__(self, path: Path, caps: Caps) -> None:
        self._path = path
        self._caps = caps
        self._open: list[BinaryIO] = []

    def walk(self) -> Iterator[tuple[Entry, Opener]]:
        """Yield every entry; see `Archive.walk`."""
        counted = self._counted()
        names, count = Names(), 0
        with told_plainly():
            archive = tarfile.open(fileobj=cast("BinaryIO", counted), mode="r:")  # noqa: SIM115 - closed with the file
        while True:
            with told_plainly():
                member = archive.next()
            if member is None:
                break
            archive.members.clear()  # type: ignore[attr-defined] # else every header of a long archive stays in memory
            count += 1
            self._caps.check_entries(count)
            entry = self._entry(member)
            names.add(entry)
            yield entry, partial(_Content, archive, member)
        with told_plainly():
            counted.finish()

    def close(self) -> None:
        """Close what is open."""
        for file in self._open:
            file.close()

    def _counted(self) -> _Counted:
        raw = self._path.open("rb")
        self._open.append(raw)
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        size = os.fstat(raw.fileno()).st_size
        return _Counted(gzip.GzipFile(fileobj=raw) if packed else raw, self._caps, size)

    def _entry(self, member: tarfile.TarInfo) -> Entry:
        name = checked(member.name + ("/" if member.isdir() and not member.name.endswith("/") else ""), self._caps)
        if member.issparse() or not (member.isdir() or member.type in {tarfile.REGTYPE, tarfile.AREGTYPE}):
            raise BadArchive("The archive holds a link, a device or a file with holes; nothing was imported.")
        if member.size < 0:
            raise BadArchive("The archive gives a file a size below nothing; nothing was imported.")
        return Entry(name, 0 if member.isdir() else member.size, _modified(member), member.isdir() or not name)


class _Counted(io.RawIOBase):
    """The unpacked stream: read forwards only, counted, and never more at once than a header may take.

    tarfile reads an entry's long name or extended header in one piece, of whatever size the entry says.
    """

    def __init__(self, inner: BinaryIO | gzip.GzipFile, caps: Caps, packed: int) -> None:
        self._inner, self._caps, self._packed = inner, caps, packed
        self._at = 0
        self._last = b""

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def tell(self) -> int:
        """Return how many bytes were passed."""
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        if not 0 <= size <= self._caps.header:
            raise BadArchive("The archive describes an entry at a length that no name has; nothing was imported.")
        data = self._inner.read(size)
        self._at += len(data)
        self._last = data
        self._caps.check_size(self._at, self._packed)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Pass over bytes; a step back is not possible."""
        if whence != os.SEEK_SET or offset < self._at:
            raise tarfile.ReadError("its entries are out of order")
        while self._at < offset:
            data = self._inner.read(min(_CHUNK, offset - self._at))
            if not data:
                break
            self._at += len(data)
            self._caps.check_size(self._at, self._packed)
        return self._at

    def finish(self) -> None:
        """Check that the archive ends as one does, and that gzip's own sum is right."""
        if len(self._last) != _BLOCK or any(self._last):
            raise tarfile.ReadError("it has no end mark")
        while self.read(min(_CHUNK, self._caps.header)):
            pass


class _Content(io.RawIOBase):
    """The content of one member, damage told plainly."""

    def __init__(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        self._inner = archive.extractfile(member)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        assert self._inner is not None
        with told_plainly():
            return self._inner.read(size)


def _modified(member: tarfile.TarInfo) -> int:
    """Return the time of writing in ns: the extended header's digits, else whole seconds."""
    try:
        return int(Decimal(member.pax_headers.get("mtime") or member.mtime) * 10**9)
    except (InvalidOperation, ValueError, OverflowError):
        return 0
