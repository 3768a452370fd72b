"""Reading every byte of a version, and saying what is not as it was saved."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

from runicorn_jupyter.errors import VersionNotFound
from runicorn_jupyter.models import ArtifactItem, FileEntry, Verified, Verifying
from runicorn_jupyter.paths import open_regular
from runicorn_jupyter.store.artifacts import reading, references
from runicorn_jupyter.store.artifacts.references import Fetch, Reading, digested

_MANIFEST = "manifest.json"
_T = TypeVar("_T")

Steps = Generator[Verifying | Verified, None, None]
"""How far the reading is, again and again, and last what it came to; ``close()`` ends it early."""


def verify(root: Path, item: ArtifactItem, number: int, fetch: Fetch | None = None) -> Verified:
    """Return what every file of a version, its manifest and its references came to; see `steps`."""
    *_, last = steps(root, item, number, fetch)
    assert isinstance(last, Verified)  # steps always ends so
    return last


def steps(root: Path, item: ArtifactItem, number: int, fetch: Fetch | None = None) -> Steps:
    """Yield how far the reading is, and last what it came to; who stops asking stops the reading.

    Parameters
    ----------
    root, item, number
        Which version.
    fetch : callable, optional
        Opens an http(s) address; without it what lies on the network is not checked.
    """
    told = reading.detail(root, item, number)
    listed = reading.manifest(root, item, number)
    problems = _of_manifest(root, item, number, told.manifest_digest)
    unchecked: dict[str, str] = {}
    size = sum(file.size for file in listed.files)
    total = size + sum(references.weight(one, fetch) for one in listed.references)
    done = 0
    for file in listed.files:
        problem = yield from _told(_checked(root, item, number, file), done, total)
        done += file.size
        if problem is not None:
            problems[file.path] = problem
    for one in listed.references:
        outcome = yield from _told(references.checked(one, fetch), done, total)
        done += references.weight(one, fetch)
        if outcome is not None:
            (problems if outcome.wrong else unchecked)[one.uri] = outcome.why
    read = len(listed.references) - sum(one.uri in unchecked for one in listed.references)
    yield Verified(told.full_name, len(listed.files), size, problems, read, unchecked)


def _told(work: Generator[int, None, _T], begun: int, total: int) -> Generator[Verifying, None, _T]:
    """Yield how far all is after each part that `work` read; return what it came to."""
    done = begun
    while True:
        try:
            done += next(work)
        except StopIteration as end:
            found: _T = end.value
            return found
        yield Verifying(done, total)


def _of_manifest(root: Path, item: ArtifactItem, number: int, expected: str | None) -> dict[str, str]:
    try:
        fd = open_regular(root, f"{reading.folder_of(item, number)}/{_MANIFEST}", within=root)
    except OSError:
        return {_MANIFEST: "is missing or cannot be read"}
    with os.fdopen(fd, "rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    return {} if expected in {None, found} else {_MANIFEST: "is not the one that was saved"}


def _checked(root: Path, item: ArtifactItem, number: int, file: FileEntry) -> Reading[str | None]:
    try:
        opened = reading.open_file(root, item, number, file.path)
    except VersionNotFound:
        return "is missing"
    with os.fdopen(opened.fd, "rb", buffering=0) as content:
        if opened.size != file.size:
            return f"has {opened.size} bytes instead of {file.size}"
        found = hashlib.sha256()
        try:
            yield from digested(content, found)
        except OSError as error:
            return f"cannot be read: {(error.strerror or 'unknown error').lower()}"
    kind, _, expected = file.digest.rpartition(":")
    if kind not in {"", "sha256"}:
        return f"has a digest of a kind that is not known here, {kind[:20]!r}"
    return None if found.hexdigest() == expected else references.CHANGED
