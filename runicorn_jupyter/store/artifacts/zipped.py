"""A version as a zip archive that is made while it is read: nothing is written, and little is in memory."""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from runicorn_jupyter.models import ArtifactItem, FileEntry
from runicorn_jupyter.store.artifacts import reading

_CHUNK = 1024 * 1024
_EARLIEST, _LATEST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)


class _Sink(io.RawIOBase):
    """Where the archive writes; it cannot seek, so sizes follow each file as the format allows."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def stream(root: Path, item: ArtifactItem, number: int) -> Iterator[bytes]:
    """Yield the bytes of a zip archive with every file of a version, stored as they are.

    Raises
    ------
    VersionNotFound
        A file of it is missing; whoever reads must not take what came before for the whole.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for file in reading.manifest(root, item, number).files:
            yield from _copied(root, item, number, file, archive, sink)
    yield sink.take()


def _copied(
    root: Path, item: ArtifactItem, number: int, file: FileEntry, archive: zipfile.ZipFile, sink: _Sink
) -> Iterator[bytes]:
    opened = reading.open_file(root, item, number, file.path)
    entry = zipfile.ZipInfo(file.path, _moment(file.modified_at))
    entry.external_attr = 0o100644 << 16
    entry.file_size = opened.size
    with os.fdopen(opened.fd, "rb") as content, archive.open(entry, "w", force_zip64=opened.size >= 2**31) as target:
        while data := content.read(_CHUNK):
            target.write(data)
            yield sink.take()


def _moment(seconds: float | None) -> tuple[int, int, int, int, int, int]:
    if seconds is not None:
        with suppress(OverflowError, ValueError, OSError):
            found = time.localtime(seconds)[:6]
            return min(max(found, _EARLIEST), _LATEST)
    return _EARLIEST
