"""Files that are kept with a root by their content: ``ROOT/archive``, as upstream 0.6 and later lay it out."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from runicorn_jupyter.paths import write_atomically

MAX_BYTES = 5 * 1024**3
MAX_FILES = 2_000_000

_CHUNK = 1024 * 1024
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)


class TooLarge(ValueError):
    """More than the caller allowed would have to be copied; the text says how to allow it."""


def walk(
    source: Path, passed_over: Callable[[Path, str], bool] = lambda _folder, _relative: False
) -> Iterator[tuple[str, os.stat_result]]:
    """Yield (relative path, stat) of every regular file below `source`, in order; links are not followed.

    Parameters
    ----------
    source : Path
        The folder.
    passed_over : callable
        Told each folder and its relative path; true leaves it out with all that is below.
    """
    for folder, folders, files in os.walk(source):
        before = "" if folder == str(source) else f"{Path(folder).relative_to(source).as_posix()}/"
        folders[:] = sorted(name for name in folders if not passed_over(Path(folder, name), before + name))
        for name in sorted(files):
            path = Path(folder, name)
            try:
                found = path.lstat()
            except OSError:
                continue
            if stat.S_ISREG(found.st_mode):
                yield before + name, found


def measure(source: Path) -> dict[str, Any] | None:
    """Return what tells one state of a file or folder from another without reading it; None when it is not there."""
    try:
        found = source.stat()
    except OSError:
        return None
    if not stat.S_ISDIR(found.st_mode):
        return {"mtime": found.st_mtime, "size_bytes": found.st_size}
    files = size = 0
    for _, entry in walk(source):
        files += 1
        size += entry.st_size
    return {"mtime": found.st_mtime, "file_count": files, "total_size_bytes": size}


def keep(root: Path, source: Path, category: str, *, most_bytes: int | None, most_files: int | None) -> dict[str, Any]:
    """Copy a file or folder into the archive of `root`; return the fields of its entry in assets.json.

    Parameters
    ----------
    root : Path
        The storage root.
    source : Path
        A regular file, or a folder whose regular files are kept one by one beside a manifest.
    category : str
        ``datasets`` or ``pretrained``: the folder of the manifest.
    most_bytes, most_files : int or None
        Limits; None is none.

    Raises
    ------
    TooLarge
        It is over a limit; then nothing was copied.
    OSError, ValueError
        It cannot be read or kept, or is no file and no folder.
    """
    found = source.stat()
    if stat.S_ISREG(found.st_mode):
        _check(found.st_size, 1, most_bytes, most_files)
        digest = _keep_file(root, source)
        return {
            "saved": True,
            "fingerprint_kind": "sha256",
            "fingerprint": digest,
            "archive_path": str(_blob(root, digest)),
        }
    if not stat.S_ISDIR(found.st_mode):
        raise ValueError(f"{source.name!r} is neither a file nor a folder")
    entries = []
    size = 0
    for relative, entry in walk(source):
        entries.append(relative)
        size += entry.st_size
        _check(size, len(entries), most_bytes, most_files)
    files = {relative: _kept(root, source / relative) for relative in entries}
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()
    total = sum(entry["size_bytes"] for entry in files.values())
    manifest = root / "archive" / "manifests" / category / digest[:2] / f"{digest}.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    body = {
        "created_at": time.time(),
        "source_path": str(source),
        "fingerprint": digest,
        "total_size_bytes": total,
        "file_count": len(files),
        "files": files,
    }
    write_atomically(manifest, json.dumps(body, indent=2, ensure_ascii=False).encode("utf-8", "replace"))
    return {
        "saved": True,
        "fingerprint": digest,
        "fingerprint_kind": "sha256_manifest",
        "archive_path": str(manifest),
        "manifest_path": str(manifest),
        "file_count": len(files),
        "total_size_bytes": total,
    }


def copy_over(source: Path, target: Path) -> str:
    """Replace `target` with a copy of the regular file `source`; return the SHA-256 of what was copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{os.urandom(6).hex()}.tmp")
    try:
        digest = _copy(source, temporary)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return digest


def _kept(root: Path, source: Path) -> dict[str, Any]:
    digest = _keep_file(root, source)
    return {"sha256": digest, "size_bytes": _blob(root, digest).stat().st_size}


def _keep_file(root: Path, source: Path) -> str:
    """Copy one file while its digest is made; a content that is there already is not kept twice."""
    waiting = root / "archive" / "blobs" / f".{os.urandom(6).hex()}.tmp"
    waiting.parent.mkdir(parents=True, exist_ok=True)
    try:
        digest = _copy(source, waiting)
        target = _blob(root, digest)
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            waiting.replace(target)
    finally:
        waiting.unlink(missing_ok=True)
    return digest


def _copy(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    # O_NONBLOCK: a FIFO must not hold this thread.
    reading = os.open(source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(reading, "rb") as file:
        if not stat.S_ISREG(os.fstat(reading).st_mode):
            raise ValueError(f"{source.name!r} is not a regular file")
        with os.fdopen(os.open(target, _NEW, 0o666), "wb") as copy:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
    return digest.hexdigest()


def _blob(root: Path, digest: str) -> Path:
    return root / "archive" / "blobs" / digest[:2] / digest


def _check(size: int, files: int, most_bytes: int | None, most_files: int | None) -> None:
    if most_bytes is not None and size > most_bytes:
        raise TooLarge(f"more than max_archive_bytes={most_bytes} would be copied; force_save=True copies it")
    if most_files is not None and files > most_files:
        raise TooLarge(f"more than max_archive_files={most_files} would be copied; force_save=True copies it")
