"""What is in the recycle bin, told by the markers; a garbled marker still means deleted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from runicorn_jupyter.paths import open_folder, plain_component
from runicorn_jupyter.store.bin.deletion import BIN, MARKER, folder, taken
from runicorn_jupyter.store.bin.outcomes import DeletedRun
from runicorn_jupyter.store.runs.facts import RunFacts, read_facts
from runicorn_jupyter.store.runs.layout import RunPlace, place_of, sendable
from runicorn_jupyter.store.runs.smallfiles import SmallFiles
from runicorn_jupyter.store.runs.values import as_number, as_text

_OUTSIDE = "its original_path leads out of the storage root; it is not restored there"


def entries(root: Path, known: Iterable[str]) -> tuple[DeletedRun, ...]:
    """Return the deleted runs among the `known` directories and those in the bin folder, the latest first."""
    found = [entry for directory in known if (entry := _in_place(root, directory))]
    found += [_moved(root, name) for name in _names(root)]
    claims = Counter(entry.place for entry in found if entry.place)
    told = [_with_conflict(root, entry, claims) for entry in found]
    return tuple(sorted(told, key=lambda entry: (-(entry.deleted_at or 0.0), entry.id)))


def _in_place(root: Path, directory: str) -> DeletedRun | None:
    """Return the entry of a run that is marked where it is, None when it is not (any more)."""
    try:
        os.close(open_folder(root, directory))  # refuses a link anywhere on the way, which the index knows nothing of
        with SmallFiles(root / directory) as files:
            if not files.exists(MARKER):
                return None
            note = files.json(MARKER) or {}
    except OSError:
        return None
    facts = _facts(root, place_of(directory))
    return _entry(root, directory, directory, facts, note)


def _moved(root: Path, name: str) -> DeletedRun:
    directory = f"{BIN}/{name}"
    note: Mapping[str, Any] = {}
    meta: Mapping[str, Any] = {}
    with suppress(OSError), SmallFiles(root / directory) as files:
        note, meta = files.json(MARKER) or {}, files.json("meta.json") or {}
    path = _path(root, note, meta)
    problem, place = ("", f"runs/{path}/{name}".replace("//", "/")) if path is not None else (_OUTSIDE, "")
    parts = [part for part in (path or "").split("/") if part]
    facts = _facts(
        root, RunPlace(directory, parts[0] if parts else "_root", "/".join(parts[1:]) or "default", path or "")
    )
    return replace(_entry(root, directory, place, facts, note), problem=problem)


def _facts(root: Path, place: RunPlace) -> RunFacts | None:
    """Return what is known of a deleted run; one that cannot be read is told of without."""
    try:
        return read_facts(root, place)
    except OSError:
        return None


def _path(root: Path, note: Mapping[str, Any], meta: Mapping[str, Any]) -> str | None:
    """Return the 0.6+ path that an entry came from, None when it leads out of the root or into a hidden folder."""
    path = as_text(note.get("original_path")) if "original_path" in note else as_text(meta.get("path")) or ""
    if path is None:
        return None
    path = path.removeprefix(f"{root}/runs/") if path.startswith("/") else path
    parts = path.split("/") if path else []
    if not all(plain_component(part) and not part.startswith(".") for part in parts):
        return None
    return path


def _entry(root: Path, directory: str, place: str, facts: RunFacts | None, note: Mapping[str, Any]) -> DeletedRun:
    parts = directory.split("/")
    return DeletedRun(
        id=parts[-1],
        project=facts.project if facts else parts[0],
        name=facts.name if facts else parts[1],
        run_dir=f"{root}/{directory}",
        place=place,
        created_at=facts.created_at if facts else None,
        deleted_at=as_number(note.get("deleted_at")),
        reason=as_text(note.get("reason")) or "unknown",
        original_status=as_text(note.get("original_status")) or "unknown",
    )


def _with_conflict(root: Path, entry: DeletedRun, claims: Counter[str]) -> DeletedRun:
    in_place = entry.run_dir == f"{root}/{entry.place}"
    if entry.problem or in_place:
        return entry
    if claims[entry.place] > 1:
        return replace(
            entry, problem=f"another deleted run claims {entry.place}, too; restore or remove that one first"
        )
    return replace(entry, problem=taken(entry.place)) if os.path.lexists(root / entry.place) else entry


def _names(root: Path) -> list[str]:
    try:
        with folder(root, BIN) as fd, os.scandir(fd) as found:
            return [entry.name for entry in found if entry.is_dir(follow_symlinks=False) and sendable(entry.name)]
    except OSError:
        return []
