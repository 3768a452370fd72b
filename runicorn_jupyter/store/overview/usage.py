"""What a root takes on disk, by what it is for (contract X28); links are not followed, hard links counted once."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runicorn_jupyter.paths import OWN_FOLDER
from runicorn_jupyter.store.store import Store

_FRESH = 10.0
"""Seconds for which a measurement stands: a root with a million files takes long to walk."""

_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")
_STEP = 1024


@dataclass(slots=True)
class Weight:
    """Bytes and files of one part of a root."""

    size: int = 0
    files: int = 0
    parts: dict[str, Weight] = field(default_factory=dict)

    def add(self, size: int) -> None:
        """Count one file."""
        self.size += size
        self.files += 1

    def item(self) -> dict[str, Any]:
        """Return the wire form."""
        return {"size_bytes": self.size, "size_human": human(self.size), "file_count": self.files}


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement of a root."""

    archive: dict[str, Weight]
    artifacts: Weight
    runs: Weight
    own: Weight
    other: Weight

    @property
    def total(self) -> int:
        """Bytes of everything in the root."""
        parts = (*self.archive.values(), self.artifacts, self.runs, self.own, self.other)
        return sum(part.size for part in parts)


class Usage:
    """Measures the root of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._measured: tuple[float, Measured] | None = None

    def measure(self) -> Measured:
        """Return what the root takes now, or took at most ten seconds ago."""
        with self._lock:
            if self._measured is None or time.monotonic() - self._measured[0] > _FRESH:
                self._measured = (time.monotonic(), _measure(str(self._store.root)))
            return self._measured[1]

    def index_bytes(self) -> int:
        """Return the bytes of index and curve cache, which lie outside the root and may be dropped at any time."""
        files = (self._store.index.path, self._store.curve_cache.path)
        return sum(_size(f"{file}{ending}") for file in files for ending in ("", "-wal", "-shm"))

    def stats(self) -> dict[str, Any]:
        """Return the whole account as the contract shows it."""
        found, index = self.measure(), self.index_bytes()
        archive = sum(part.size for part in found.archive.values())
        [(runs, paths)] = self._store.index.select(
            "SELECT count(*), count(DISTINCT project || '/' || name) FROM run WHERE deleted = 0"
        )
        categories = {name: part.item() for name, part in found.archive["manifests"].parts.items()}
        blobs, manifests, outputs = (found.archive[name].item() for name in ("blobs", "manifests", "outputs"))
        return {
            "storage_root": str(self._store.root),
            "total": _sized(found.total + index),
            "archive": {
                **_sized(archive),
                "blobs": blobs,
                "manifests": {**manifests, "by_category": categories},
                "outputs": outputs,
            },
            "artifacts": found.artifacts.item(),
            "runs": {**_sized(found.runs.size), "runs_count": runs, "paths_count": paths},
            "index": _sized(index),
            "own": found.own.item(),
            "other": found.other.item(),
            "disk": _disk(str(self._store.root)),
        }


def human(size: int) -> str:
    """Return a size in bytes in words, such as ``1.5 MB`` (of 1024² bytes)."""
    value = float(size)
    for unit in _UNITS:
        if value < _STEP or unit == _UNITS[-1]:
            return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= _STEP
    return f"{size} B"


def _sized(size: int) -> dict[str, Any]:
    return {"size_bytes": size, "size_human": human(size)}


def _measure(root: str) -> Measured:
    archive = {name: Weight() for name in ("blobs", "manifests", "outputs")}
    artifacts, runs, own, other = (Weight() for _ in range(4))
    seen: set[tuple[int, int]] = set()
    for parts, size in _files(root, seen):
        if parts[0] == "archive" and len(parts) > 1 and parts[1] in archive:
            archive[parts[1]].add(size)
            if len(parts) > 2:
                archive[parts[1]].parts.setdefault(parts[2], Weight()).add(size)
        elif parts[0] == "artifacts":
            artifacts.add(size)
        elif parts[0] == OWN_FOLDER:
            own.add(size)
        else:  # files right in the root are none of a run: upstream keeps its database there
            (runs if len(parts) > 1 else other).add(size)
    return Measured(archive, artifacts, runs, own, other)


def _files(root: str, seen: set[tuple[int, int]]) -> Iterator[tuple[tuple[str, ...], int]]:
    for folder, _, names in os.walk(root):
        parts = Path(folder).relative_to(root).parts
        for name in names:
            try:
                found = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - a Path costs more than the call
            except OSError:
                continue
            if found.st_nlink > 1:
                if (found.st_dev, found.st_ino) in seen:
                    continue
                seen.add((found.st_dev, found.st_ino))
            yield (*parts, name), found.st_size


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except OSError:
        return 0


def _disk(root: str) -> dict[str, int] | None:
    try:
        total, used, free = shutil.disk_usage(root)
    except OSError:
        return None
    return {"total": total, "used": used, "free": free}
