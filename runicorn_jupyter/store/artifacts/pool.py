"""The pool of contents, ``artifacts/.dedup/<aa>/<sha256>``: its size without a walk, and where a content lies."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from runicorn_jupyter.paths import cache_folder, root_digest, write_atomically
from runicorn_jupyter.store.artifacts.catalog import SETTLED
from runicorn_jupyter.store.artifacts.index import FOLDER

POOL = ".dedup"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHARD = re.compile(r"[0-9a-f]{2}")


class Shard(NamedTuple):
    """One of the 256 folders: when it changed, how many contents it has and their bytes."""

    changed: int
    files: int
    size: int


class Pool:
    """What is known of the pool of a root, kept in the user's cache folder between processes (thread-safe).

    Parameters
    ----------
    root : Path
        The storage root.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / FOLDER / POOL
        self._root = root
        self._lock = threading.Lock()
        self._shards: dict[str, Shard] | None = None

    def totals(self) -> tuple[int, int]:
        """Return (contents, bytes): a stat for each shard, and only those that changed are listed."""
        with self._lock:
            known = self._known() if self._shards is None else self._shards
            found: dict[str, Shard] = {}
            for name in self._names():
                shard = self._look(name, known.get(name))
                if shard is not None:
                    found[name] = shard
            if found != known:
                self._keep(found)
            self._shards = found
            return sum(shard.files for shard in found.values()), sum(shard.size for shard in found.values())

    def contents(self) -> Iterator[tuple[str, os.stat_result]]:
        """Yield (digest, stat) of every content."""
        for name in self._names():
            try:
                entries = os.scandir(self.folder / name)
            except OSError:
                continue
            with entries:
                for entry in entries:
                    if _DIGEST.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                        yield entry.name, entry.stat(follow_symlinks=False)

    def _names(self) -> list[str]:
        try:
            return sorted(name for name in os.listdir(self.folder) if _SHARD.fullmatch(name))  # noqa: PTH208
        except OSError:
            return []

    def _look(self, name: str, known: Shard | None) -> Shard | None:
        folder = f"{self.folder}/{name}"
        try:
            changed = os.stat(folder).st_mtime_ns  # noqa: PTH116
            if known is not None and known.changed == changed:
                return known
            with os.scandir(folder) as entries:
                sizes = [entry.stat(follow_symlinks=False).st_size for entry in entries if len(entry.name) == 64]
        except OSError:
            return None
        settled = time.time_ns() - changed > SETTLED * 1e9
        return Shard(changed if settled else -1, len(sizes), sum(sizes))

    def _file(self) -> Path:
        return cache_folder() / f"{root_digest(self._root)}-pool.json"

    def _known(self) -> dict[str, Shard]:
        try:
            rows = orjson.loads(self._file().read_bytes())
            return {name: Shard(*map(int, row)) for name, row in rows.items()}
        except (OSError, RuntimeError, ValueError, TypeError, AttributeError):
            return {}

    def _keep(self, shards: dict[str, Shard]) -> None:
        try:
            write_atomically(
                self._file(),
                orjson.dumps({name: list(shard) for name, shard in shards.items()}),
                mode=0o600,
                sync=False,
            )
        except (OSError, RuntimeError):
            return  # without a cache folder the next process walks once more
