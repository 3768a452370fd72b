"""All artifacts of a root in memory: asked again, it stats the indexes and reads those that changed, nothing else."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from runicorn_jupyter.errors import AmbiguousArtifact, ArtifactNotFound, UnsafeName
from runicorn_jupyter.models import ArtifactItem
from runicorn_jupyter.paths import plain_component
from runicorn_jupyter.store.artifacts import changes, index

SETTLED = 2.0
"""Seconds after which a folder's time of change can be trusted to tell the next change from this one."""

FRESH = 1.0
"""Seconds for which an answer holds while our own mark stays: what upstream writes is told that much later."""

Stamp = tuple[int, int, int]
Key = tuple[str, str]


class Catalog:
    """Finds artifacts by type and name (thread-safe); reading it never writes into the root.

    Parameters
    ----------
    root : Path
        The storage root; it may not exist yet.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._base = f"{root}/{index.FOLDER}"
        self._lock = threading.Lock()
        self._folders: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._held: dict[Key, tuple[Stamp | None, ArtifactItem]] = {}
        self._sorted: tuple[ArtifactItem, ...] = ()
        self._mark: bytes | None = None
        self._looked = -FRESH
        self.looks = 0
        """How often the indexes were looked at."""

    def all(self) -> tuple[ArtifactItem, ...]:
        """Return every artifact that has a version, the latest changed first; the same object while nothing changed."""
        with self._lock:
            # The mark is read before the indexes are, so that a change between the two is seen the next time.
            mark = changes.read(self._root)
            if mark != self._mark or time.monotonic() - self._looked > FRESH:
                self._refreshed()
                self._mark, self._looked = mark, time.monotonic()
                self.looks += 1
            return self._sorted

    def every(self) -> tuple[ArtifactItem, ...]:
        """Return every artifact as it is now, those without any version left as well."""
        with self._lock:
            self._refreshed()
            return tuple(item for _, item in self._held.values())

    def find(self, name: str, type_: str | None = None) -> ArtifactItem:
        """Return the artifact of this name, read anew.

        Raises
        ------
        ArtifactNotFound
            There is none.
        UnsafeName
            It, or the type, could leave its place.
        AmbiguousArtifact
            Several types have one of this name, and `type_` does not say which is meant.
        """
        if not plain_component(name) or (type_ is not None and not _is_type(type_)):
            raise UnsafeName("The name or type of an artifact is one plain word of a path, without / and '..'.")
        types = [type_] if type_ is not None else [one for one in self._names("") if _is_type(one)]
        found = []
        for one in types:
            document = index.read(self._root, one, name)
            if document is not None:
                found.append(index.item_of(document, one, name))
        if not found:
            raise ArtifactNotFound(f"Artifact not found: {name[:100]}")
        if len(found) > 1:
            told = ", ".join(item.type for item in found)
            raise AmbiguousArtifact(f"There are artifacts called {name!r} of the types {told}; say which with type.")
        return found[0]

    def _refreshed(self) -> None:
        seen: dict[Key, tuple[Stamp | None, ArtifactItem]] = {}
        changed = False
        for type_ in self._names(""):
            if not _is_type(type_):
                continue
            below = f"{self._base}/{type_}/"
            for name in self._names(type_):
                held = self._held.get((type_, name))
                try:
                    found = os.stat(f"{below}{name}/{index.FILE}")  # noqa: PTH116 - a thousand of them make an answer
                except OSError:
                    stamp = None
                else:
                    stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
                if held is None or stamp is None or held[0] != stamp:
                    changed = True
                    document = index.read(self._root, type_, name)
                    if document is None:
                        continue
                    held = stamp, index.item_of(document, type_, name)
                seen[type_, name] = held
        if changed or len(seen) != len(self._held):
            self._held = seen
            every = (item for _, item in seen.values() if item.versions)
            self._sorted = tuple(sorted(every, key=lambda item: item.updated_at or 0.0, reverse=True))

    def _names(self, below: str) -> tuple[str, ...]:
        """Return the folders in a folder, listed anew only when it changed."""
        folder = f"{self._base}/{below}" if below else self._base
        try:
            changed = os.stat(folder).st_mtime_ns  # noqa: PTH116
            held = self._folders.get(below)
            if held is not None and held[0] == changed:
                return held[1]
            with os.scandir(folder) as entries:
                names = tuple(entry.name for entry in entries if plain_component(entry.name) and entry.is_dir())
        except OSError:
            return ()
        # Another folder may be made within the same tick of the disk's clock.
        if time.time_ns() - changed > SETTLED * 1e9:
            self._folders[below] = changed, names
        return names


def _is_type(name: str) -> bool:
    return plain_component(name) and name[0] != "."
