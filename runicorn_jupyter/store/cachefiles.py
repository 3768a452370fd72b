"""The files that stores keep in the user's cache folder: which root each belongs to, its size, and how to drop it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from runicorn_jupyter.paths import cache_folder, root_digest

Kind = Literal["index", "curves"]

_NAME = re.compile(r"(?P<digest>[0-9a-f]{16})-(?P<curves>curves-)?[0-9]+(?:\.[0-9]+)?\.sqlite(?:-wal|-shm)?")
_ROOT = "SELECT json_extract(record, '$.run_dir'), directory FROM run LIMIT 1"


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """What is kept of one root: its folder, None when the files do not tell, and the bytes of index and curves."""

    digest: str
    root: str | None = None
    index_bytes: int = 0
    curves_bytes: int = 0
    files: tuple[Path, ...] = ()

    def item(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"root": self.root, "index_bytes": self.index_bytes, "curves_bytes": self.curves_bytes}


def cache_entries(known: Iterable[Path] = ()) -> list[CacheEntry]:
    """Return what is kept, the largest first; `known` roots are recognised even if their index cannot be read."""
    named = {root_digest(root): str(root) for root in known}
    entries: dict[str, CacheEntry] = {}
    for path in sorted(cache_folder().iterdir()):
        match = _NAME.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        digest = match["digest"]
        entry = entries.get(digest) or CacheEntry(digest, named.get(digest))
        entries[digest] = _with(entry, path, curves=match["curves"] is not None)
    return sorted(entries.values(), key=lambda entry: -entry.index_bytes - entry.curves_bytes)


def clear_cache(entries: Iterable[CacheEntry], kinds: Iterable[Kind] = ("index", "curves")) -> int:
    """Drop what is kept of some roots and return how many bytes that freed; nothing but time is lost.

    A process that has the root open notices, and reads it again.
    """
    wanted = set(kinds)
    freed = 0
    for entry in entries:
        for path in entry.files:
            kind: Kind = "curves" if "-curves-" in path.name else "index"
            if kind in wanted:
                freed += _size(path)
                path.unlink(missing_ok=True)
    return freed


def _with(entry: CacheEntry, path: Path, *, curves: bool) -> CacheEntry:
    size = _size(path)
    root = entry.root
    if root is None and not curves and path.suffix == ".sqlite":
        root = _root_of(path)
    return replace(
        entry,
        root=root,
        index_bytes=entry.index_bytes + (0 if curves else size),
        curves_bytes=entry.curves_bytes + (size if curves else 0),
        files=(*entry.files, path),
    )


def _root_of(path: Path) -> str | None:
    """Return the root that an index tells of, from any of its runs."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=1)) as connection:
            found = connection.execute(_ROOT).fetchone()
    except sqlite3.Error:
        return None
    if found is None or not isinstance(found[0], str) or not found[0].endswith(f"/{found[1]}"):
        return None
    return found[0].removesuffix(f"/{found[1]}")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
