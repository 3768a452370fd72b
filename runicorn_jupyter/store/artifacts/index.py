"""The index of one artifact: ``versions.json``, which alone says which versions there are."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runicorn_jupyter.models import ArtifactItem
from runicorn_jupyter.paths import write_atomically
from runicorn_jupyter.store.artifacts import changes
from runicorn_jupyter.store.artifacts.documents import aliases_of, encode, read_json, version_number, versions_of
from runicorn_jupyter.store.runs.values import as_number, as_whole

FOLDER = "artifacts"
FILE = "versions.json"
LATEST = "latest"
DELETED = ".deleted"

_COPIED = ("version", "created_at", "created_by_run", "size_bytes", "num_files", "status")


def place(type_: str, name: str) -> str:
    """Return where an artifact lies, relative to the root."""
    return f"{FOLDER}/{type_}/{name}"


def read(root: Path, type_: str, name: str) -> dict[str, Any] | None:
    """Return the index of an artifact; None when there is no such artifact.

    One that is damaged or was lost is put together from what the versions say of themselves.
    """
    found = read_json(root, f"{place(type_, name)}/{FILE}")
    return _rebuilt(root, type_, name) if found is None else found


def item_of(document: Mapping[str, Any], type_: str, name: str) -> ArtifactItem:
    """Return the artifact that an index describes; its folder says what it is called."""
    return ArtifactItem(
        name=name,
        type=type_,
        versions=versions_of(document),
        aliases=aliases_of(document),
        created_at=as_number(document.get("created_at")),
        updated_at=as_number(document.get("updated_at")),
    )


def begun(type_: str, name: str) -> dict[str, Any]:
    """Return the index of an artifact that has no version yet."""
    now = time.time()
    return {
        "artifact_name": name,
        "artifact_type": type_,
        "versions": [],
        "aliases": {},
        "created_at": now,
        "updated_at": now,
    }


def write(root: Path, type_: str, name: str, document: dict[str, Any]) -> None:
    """Replace the index; each version's own list of aliases is made to agree with the map."""
    document["updated_at"] = time.time()
    names: dict[Any, list[str]] = {}
    for alias, number in document["aliases"].items():
        names.setdefault(number, []).append(alias)
    for row in document["versions"]:
        row["aliases"] = names.get(row["version"], [])
    write_atomically(root / place(type_, name) / FILE, encode(document))
    changes.renew(root)


def next_version(root: Path, type_: str, name: str, document: Mapping[str, Any]) -> int:
    """Return a number that no version has or ever had, however they were deleted.

    ``next_version`` in the index is our own key, for versions whose folder is gone as well; upstream passes over it.
    """
    known = [version.version for version in versions_of(document)]
    known += version_folders(root, type_, name)
    return max([0, *known, (as_whole(document.get("next_version")) or 1) - 1]) + 1


def version_folders(root: Path, type_: str, name: str) -> list[int]:
    """Return the numbers of the version folders that there are, in order."""
    try:
        names = os.listdir(root / place(type_, name))  # noqa: PTH208 - names are all that is needed
    except OSError:
        return []
    return sorted(number for number in map(version_number, names) if number is not None)


def _rebuilt(root: Path, type_: str, name: str) -> dict[str, Any] | None:
    rows: list[dict[str, Any]] = []
    for number in version_folders(root, type_, name):
        metadata = read_json(root, f"{place(type_, name)}/v{number}/metadata.json")
        if metadata is not None:
            rows.append({**{key: metadata.get(key) for key in _COPIED}, "version": number, "aliases": []})
    if not rows:
        return None
    times = [row["created_at"] for row in rows if as_number(row["created_at"]) is not None] or [0.0]
    return {
        **begun(type_, name),
        "versions": rows,
        "aliases": {LATEST: rows[-1]["version"]},
        "created_at": min(times),
        "updated_at": max(times),
    }
