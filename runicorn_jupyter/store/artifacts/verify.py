"""Reading every byte of a version, and saying what is not as it was saved."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from runicorn_jupyter.errors import VersionNotFound
from runicorn_jupyter.models import ArtifactItem, FileEntry, Verified
from runicorn_jupyter.paths import open_regular
from runicorn_jupyter.store.artifacts import reading

_MANIFEST = "manifest.json"


def verify(
    root: Path, item: ArtifactItem, number: int, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Verified:
    """Return what every file of a version, and its manifest, came to.

    Parameters
    ----------
    root, item, number
        Which version.
    progress : callable
        Told the bytes read so far and all there are to read, after each file.
    """
    told = reading.detail(root, item, number)
    listed = reading.manifest(root, item, number)
    problems: dict[str, str] = {}
    found = _digest_of_manifest(root, item, number)
    if found is None:
        problems[_MANIFEST] = "is missing or cannot be read"
    elif told.manifest_digest is not None and found != told.manifest_digest:
        problems[_MANIFEST] = "is not the one that was saved"
    done, size = 0, sum(file.size for file in listed.files)
    for file in listed.files:
        problem = _problem(root, item, number, file)
        if problem is not None:
            problems[file.path] = problem
        done += file.size
        progress(done, size)
    return Verified(told.full_name, len(listed.files), size, problems)


def _problem(root: Path, item: ArtifactItem, number: int, file: FileEntry) -> str | None:
    try:
        opened = reading.open_file(root, item, number, file.path)
    except VersionNotFound:
        return "is missing"
    with os.fdopen(opened.fd, "rb") as content:
        if opened.size != file.size:
            return f"has {opened.size} bytes instead of {file.size}"
        try:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            return f"cannot be read: {(error.strerror or 'unknown error').lower()}"
    kind, _, expected = file.digest.rpartition(":")
    if kind not in {"", "sha256"}:
        return f"has a digest of a kind that is not known here, {kind[:20]!r}"
    return None if digest == expected else "has another content than the one that was saved"


def _digest_of_manifest(root: Path, item: ArtifactItem, number: int) -> str | None:
    try:
        fd = open_regular(root, f"{reading.folder_of(item, number)}/{_MANIFEST}", within=root)
    except OSError:
        return None
    with os.fdopen(fd, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
