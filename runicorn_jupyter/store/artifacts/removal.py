"""Deleting versions, softly and for good, and freeing what no version holds any more."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from runicorn_jupyter.errors import Conflict, VersionNotFound
from runicorn_jupyter.models import ArtifactItem, Collected
from runicorn_jupyter.paths import OWN_FOLDER, write_atomically
from runicorn_jupyter.store.artifacts import changes, index, lifecycle, reading
from runicorn_jupyter.store.artifacts.catalog import Catalog
from runicorn_jupyter.store.artifacts.documents import manifest_of, read_json, versions_of
from runicorn_jupyter.store.artifacts.locks import held_by_nobody, locked
from runicorn_jupyter.store.artifacts.pool import Pool
from runicorn_jupyter.store.bin.deletion import folder

STAGING = f"{OWN_FOLDER}/staging"
_TRASH = f"{OWN_FOLDER}/trash"
_GC_PATIENCE = 10.0
_SAVER_PATIENCE = 0.2


def pool_lock(root: Path) -> Path:
    """Return the lock file that savers share and a garbage collection holds alone; its folder is made."""
    with folder(root, OWN_FOLDER, make=True):
        return root / OWN_FOLDER / "artifacts.lock"


@contextmanager
def stages(root: Path) -> Iterator[None]:
    """Hold what makes and sweeps the places of savers: a place that is just made is not marked as in use yet."""
    with folder(root, STAGING, make=True), locked(root / OWN_FOLDER / "staging.lock"):
        yield


def mark_deleted(root: Path, item: ArtifactItem, number: int) -> None:
    """Mark a version as deleted; a second time changes nothing."""
    place = reading.folder_of(item, number)
    note = {"deleted_at": time.time(), "deleted_by": "user", "version": number, "artifact_name": item.name}
    try:
        with folder(root, place):
            if not reading.is_deleted(root, item, number):
                write_atomically(root / place / index.DELETED, json.dumps(note, ensure_ascii=False).encode())
    except (FileNotFoundError, NotADirectoryError):
        raise VersionNotFound(f"Version not found: {item.name}:v{number}") from None


def unmark_deleted(root: Path, item: ArtifactItem, number: int) -> bool:
    """Take the mark of a deleted version away; False when it has none."""
    try:
        with folder(root, reading.folder_of(item, number)) as fd:
            os.unlink(index.DELETED, dir_fd=fd)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def remove(root: Path, item: ArtifactItem, number: int) -> None:
    """Remove a version for good; its number is never given again, and aliases of it are gone but for ``latest``.

    The index forgets it first: whoever is interrupted leaves a folder for the garbage collection, never a version
    without its files.
    """

    def edit(document: dict[str, Any]) -> None:
        document["next_version"] = index.next_version(root, item.type, item.name, document)
        document["versions"] = [row for row in document["versions"] if row.get("version") != number]
        aliases = {alias: version for alias, version in document["aliases"].items() if version != number}
        left = versions_of(document)
        if index.LATEST not in aliases and left:
            aliases[index.LATEST] = left[-1].version
        document["aliases"] = aliases

    lifecycle.change(root, item, edit)
    _throw_away(root, reading.folder_of(item, number))


def collect(root: Path, catalog: Catalog, pool: Pool, *, dry_run: bool) -> Collected:
    """Free contents that no version lists, and what savers that were killed left behind; or only say how much.

    Raises
    ------
    Conflict
        An artifact is being saved.
    """
    if not (root / index.FOLDER).is_dir():
        return Collected(0, 0, 0, dry_run)
    if dry_run:
        return _collected(root, catalog, pool, dry_run=True)
    with locked(pool_lock(root), patience=_GC_PATIENCE):
        found = _collected(root, catalog, pool, dry_run=False)
    changes.renew(root)
    return found


def _collected(root: Path, catalog: Catalog, pool: Pool, *, dry_run: bool) -> Collected:
    unlisted = list(_unlisted(root, catalog, dry_run=dry_run))
    with nullcontext() if dry_run else stages(root):
        leftovers = [*unlisted, *_abandoned(root)]
        freed = sum(_own_bytes(root / place) for place in leftovers)
        if not dry_run:
            for place in leftovers:
                _throw_away(root, place)
    needed = _needed(root, catalog, frozenset(unlisted))
    blobs = 0
    for digest, found in pool.contents():
        if digest not in needed:
            blobs += 1
            freed += found.st_size
            if not dry_run:
                (pool.folder / digest[:2] / digest).unlink(missing_ok=True)
    return Collected(blobs, len(leftovers), freed, dry_run)


def _needed(root: Path, catalog: Catalog, unlisted: frozenset[str]) -> set[str]:
    """Return the digests that any version folder lists, but for those that are leftovers."""
    needed: set[str] = set()
    for item in catalog.every():
        for number in index.version_folders(root, item.type, item.name):
            place = reading.folder_of(item, number)
            document = {} if place in unlisted else read_json(root, f"{place}/manifest.json") or {}
            needed.update(file.digest.removeprefix("sha256:") for file in manifest_of(document).files)
    return needed


def _unlisted(root: Path, catalog: Catalog, *, dry_run: bool) -> Iterator[str]:
    """Yield the version folders that no index lists: their saver was killed, or whoever removed them."""
    for item in catalog.every():
        place = index.place(item.type, item.name)
        # Upstream makes a version in its place, and lists it before it lets the lock go; what is at it is passed over.
        with suppress(Conflict), nullcontext() if dry_run else locked(root / place / ".lock", patience=_SAVER_PATIENCE):
            document = read_json(root, f"{place}/{index.FILE}")
            if document is None:
                continue  # the index is lost; then the folders are the truth
            listed = {row.version for row in versions_of(document)}
            folders = index.version_folders(root, item.type, item.name)
            yield from [reading.folder_of(item, number) for number in folders if number not in listed]


def _abandoned(root: Path) -> list[str]:
    try:
        names = os.listdir(root / STAGING)  # noqa: PTH208
    except OSError:
        return []
    return [f"{STAGING}/{name}" for name in sorted(names) if held_by_nobody(root / STAGING / name)]


def sweep(root: Path) -> None:
    """Remove what savers that were killed left behind; the caller holds `stages`."""
    for place in _abandoned(root):
        shutil.rmtree(root / place, ignore_errors=True)


def _own_bytes(place: Path) -> int:
    """Return the bytes below a folder that nothing else holds."""
    total = 0
    for above, _, files in os.walk(place):
        for name in files:
            with suppress(OSError):
                found = os.lstat(f"{above}/{name}")
                total += found.st_size if found.st_nlink == 1 else 0
    return total


def _throw_away(root: Path, place: str) -> None:
    """Take a folder out of sight in one step, then remove it."""
    with folder(root, _TRASH, make=True):
        gone = root / _TRASH / f"artifact-{os.urandom(6).hex()}"
    try:
        (root / place).rename(gone)
    except FileNotFoundError:
        return
    shutil.rmtree(gone, ignore_errors=True)
