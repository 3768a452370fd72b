"""Digests of files that were read before, so that an unchanged file need not be read again."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

import orjson

from runicorn_jupyter.paths import cache_folder, root_digest, write_atomically

_RACY = 2_000_000_000
"""Nanoseconds: a file that was changed less before it was read may change again within the same tick of the clock."""

_MOST_FILES = 300_000
_MOST_LISTS = 200


class Known:
    """What was read for one artifact, in the user's cache folder.

    A file is unchanged when device, inode, size, mtime and ctime are; ctime cannot be set back by a program.

    Parameters
    ----------
    root, type_, name
        The artifact.
    """

    def __init__(self, root: Path, type_: str, name: str) -> None:
        mark = hashlib.sha256(f"{type_}/{name}".encode()).hexdigest()[:16]
        self._path: Path | None = None
        with suppress(OSError, RuntimeError):
            folder = cache_folder() / "digests"
            folder.mkdir(mode=0o700, exist_ok=True)
            self._path = folder / f"{root_digest(root)}-{mark}.json"
        self._before = self._load()
        self._now: dict[str, list[int | str]] = {}

    def digest(self, path: str, found: os.stat_result) -> str | None:
        """Return the digest of the file at the absolute `path` as it is now, None when it must be read."""
        held = self._before.get(path)
        if held is None or held[:5] != _stamp(found):
            return None
        self._now[path] = held
        return str(held[5])

    def learn(self, path: str, found: os.stat_result, digest: str) -> None:
        """Remember what a file held whose `found` stat was the same before and after it was read."""
        if time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) > _RACY:
            self._now[path] = [*_stamp(found), digest]

    def save(self) -> None:
        """Keep what was learnt for the next version."""
        if self._path is None or len(self._now) > _MOST_FILES or self._now == self._before:
            return
        with suppress(OSError):
            write_atomically(self._path, orjson.dumps(self._now), mode=0o600, sync=False)
            _forget_old(self._path.parent)

    def _load(self) -> dict[str, list[int | str]]:
        if self._path is None:
            return {}
        try:
            found = orjson.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _stamp(found: os.stat_result) -> list[int]:
    return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _forget_old(folder: Path) -> None:
    lists = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for path in lists[:-_MOST_LISTS]:
        path.unlink(missing_ok=True)
