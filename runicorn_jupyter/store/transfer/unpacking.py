"""Writing the runs of an archive into a staging folder: plain files only, each byte counted, nothing else touched."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from contextlib import closing, suppress
from pathlib import Path

from runicorn_jupyter.errors import BadArchive
from runicorn_jupyter.models import OnProgress, Progress
from runicorn_jupyter.store.transfer.contents import Contents
from runicorn_jupyter.store.transfer.entries import Archive, Entry

_CHUNK = 256 * 1024
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CLASH = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR}
_BLOBS = "archive/blobs/"


def unpack(archive: Archive, contents: Contents, wanted: set[str], target: Path, progress: OnProgress | None) -> None:
    """Write the runs at the places `wanted`, and the kept content, below `target` with their times of writing.

    Raises
    ------
    BadArchive
        An entry is shorter or longer than it says, is damaged, or is no content of the name it has.
    OSError
        The disk refused it.
    """
    folders: dict[Path, int] = {}
    newest: dict[Path, int] = {}
    """What dates a run whose folder has no entry of its own: lists are ordered by it."""
    done = 0
    for entry, opener in archive.walk():
        name = entry.name[len(contents.prefix) :]
        run = contents.run_of(entry.name)
        if run not in wanted and contents.kept_name(entry.name) is None:
            continue
        path = target / name
        try:
            if entry.folder:
                path.mkdir(parents=True, exist_ok=True)
                folders[path] = entry.modified
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(opener()) as source:
                done = _write(source, entry, path, name, done, progress, contents.size)
        except OSError as error:
            if error.errno not in _CLASH:
                raise
            raise BadArchive(f"The archive holds {name[:60]!a} as a file and as a folder, or twice.") from error
        _date(path, entry.modified)
        if run is not None:
            newest[target / run] = max(newest.get(target / run, 0), entry.modified)
    folders = newest | folders
    for path in sorted(folders, reverse=True):
        _date(path, folders[path])


def _write(
    source: io.RawIOBase, entry: Entry, path: Path, name: str, done: int, progress: OnProgress | None, total: int
) -> int:
    digest = hashlib.sha256() if name.startswith(_BLOBS) else None
    left = entry.size
    with os.fdopen(os.open(path, _NEW, 0o666), "wb") as file:
        while data := source.read(_CHUNK):
            left -= len(data)
            if left < 0:
                break
            file.write(data)
            if digest is not None:
                digest.update(data)
            done += len(data)
            if progress is not None:
                progress(Progress("unpacking", done, total))
        if left:
            raise BadArchive(f"The archive holds {name[:60]!a} in another length than it says; nothing was imported.")
        file.flush()
        os.fsync(file.fileno())
    if digest is not None and digest.hexdigest() != path.name:
        raise BadArchive(f"The content {path.name[:12]}… in the archive is not what its name says; nothing imported.")
    return done


def _date(path: Path, modified: int) -> None:
    with suppress(OSError, OverflowError):  # a time that this disk cannot keep
        os.utime(path, ns=(modified, modified))
