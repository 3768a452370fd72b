"""One version as its files tell of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from runicorn_jupyter.errors import UnsafeName, VersionNotFound
from runicorn_jupyter.models import STAGES, ArtifactItem, Manifest, VersionDetail, VersionItem
from runicorn_jupyter.paths import open_regular, plain_component
from runicorn_jupyter.store.artifacts import index
from runicorn_jupyter.store.artifacts.documents import manifest_of, read_json
from runicorn_jupyter.store.media import MediaFile
from runicorn_jupyter.store.runs.values import as_mapping, as_number, as_text, as_texts, as_whole

LIFECYCLE = "lifecycle.json"


def folder_of(item: ArtifactItem, number: int) -> str:
    """Return where a version lies, relative to the root."""
    return f"{index.place(item.type, item.name)}/v{number}"


def is_deleted(root: Path, item: ArtifactItem, number: int) -> bool:
    """Tell whether a version is deleted softly."""
    return os.path.lexists(f"{root}/{folder_of(item, number)}/{index.DELETED}")


def rows(root: Path, item: ArtifactItem) -> list[VersionItem]:
    """Return the versions of an artifact, ascending, with whether each is deleted."""
    return [replace(row, deleted=is_deleted(root, item, row.version)) for row in item.versions]


def number_of(root: Path, item: ArtifactItem, wanted: int | str) -> int:
    """Return the version that a number, ``v3``, ``3`` or an alias means.

    ``latest`` passes over versions that are deleted; any other alias that points to one is refused.

    Raises
    ------
    VersionNotFound
        There is none; the sentence lists the aliases.
    """
    if isinstance(wanted, int):
        number = wanted
    else:
        digits = wanted[1:] if wanted[:1] in {"v", "V"} else wanted
        plain = digits.isascii() and digits.isdigit() and len(digits) <= 10
        number = int(digits) if plain else _aliased(root, item, wanted)
    if all(row.version != number for row in item.versions):
        raise VersionNotFound(f"Version not found: {item.name}:v{number}")
    return number


def detail(root: Path, item: ArtifactItem, number: int) -> VersionDetail:
    """Return one version.

    Raises
    ------
    VersionNotFound
        The index has it, but its folder is gone.
    """
    folder = folder_of(item, number)
    metadata = read_json(root, f"{folder}/metadata.json")
    if metadata is None:
        raise VersionNotFound(f"Version not found: {item.name}:v{number} has no readable metadata.json.")
    # Upstream puts the life of a version into its metadata, where its own reader trips over it; ours lies beside.
    life = {**metadata, **(read_json(root, f"{folder}/{LIFECYCLE}") or {})}
    row = next(row for row in item.versions if row.version == number)
    stage = as_text(life.get("lifecycle_stage"))
    return VersionDetail(
        name=item.name,
        type=item.type,
        version=number,
        created_at=as_number(metadata.get("created_at")),
        updated_at=as_number(metadata.get("updated_at")),
        created_by_run=as_text(metadata.get("created_by_run")),
        created_by_user=as_text(metadata.get("created_by_user")),
        size_bytes=as_whole(metadata.get("size_bytes")) or 0,
        num_files=as_whole(metadata.get("num_files")) or 0,
        num_references=as_whole(metadata.get("num_references")) or 0,
        status=as_text(metadata.get("status")) or "ready",
        metadata=dict(as_mapping(metadata.get("metadata"))),
        description=as_text(metadata.get("description")) or "",
        tags=as_texts(metadata.get("tags")),
        aliases=tuple(sorted({*row.aliases, *_promoted(item, metadata)})),
        parent_artifacts=as_texts(metadata.get("parent_artifacts")),
        manifest_digest=as_text(metadata.get("manifest_digest")),
        lifecycle_stage=stage if stage in STAGES else STAGES[0],
        stage_transitions=_steps(life),
        deleted=is_deleted(root, item, number),
    )


def manifest(root: Path, item: ArtifactItem, number: int) -> Manifest:
    """Return what is in a version; one without a readable manifest is empty."""
    return manifest_of(read_json(root, f"{folder_of(item, number)}/manifest.json") or {})


def open_file(root: Path, item: ArtifactItem, number: int, path: str) -> MediaFile:
    """Open a file of a version for reading; the caller closes its descriptor.

    Raises
    ------
    VersionNotFound
        It is not there, or is no regular file.
    UnsafeName
        `path` could lead out of the version.
    """
    if not all(map(plain_component, path.split("/"))):
        raise UnsafeName("The path of a file is made of plain names with / between, none of them '..'.")
    try:
        fd = open_regular(root, f"{folder_of(item, number)}/files/{path}", within=root)
    except OSError:
        raise VersionNotFound(f"{item.name}:v{number} has no file {path[:200]!r}.") from None
    found = os.fstat(fd)
    return MediaFile(fd, found.st_size, found.st_mtime, path.rsplit("/", 1)[-1])


def _aliased(root: Path, item: ArtifactItem, alias: str) -> int:
    number = item.aliases.get(alias)
    if alias == index.LATEST:
        standing = [row.version for row in item.versions if not is_deleted(root, item, row.version)]
        if number in standing:
            return number
        if standing:
            return standing[-1]
    elif number is None:
        number = _found_promoted(root, item, alias)
    if number is None:
        known = ", ".join(sorted(item.aliases)) or "none"
        raise VersionNotFound(f"Alias not found: {alias[:100]!r} of {item.name}; its aliases: {known}.")
    if is_deleted(root, item, number):
        raise VersionNotFound(f"{item.name}:{alias} is v{number}, which is deleted; restore it or move the alias.")
    return number


def _found_promoted(root: Path, item: ArtifactItem, alias: str) -> int | None:
    """Return the highest version that names an alias in its metadata, as upstream's promote leaves it."""
    for row in reversed(item.versions):
        metadata = read_json(root, f"{folder_of(item, row.version)}/metadata.json") or {}
        if alias in _promoted(item, metadata):
            return row.version
    return None


def _promoted(item: ArtifactItem, metadata: Mapping[str, Any]) -> list[str]:
    """Return the aliases that only the version itself names; what is in the index is the index's to say."""
    return [alias for alias in as_texts(metadata.get("aliases")) if alias not in {index.LATEST, *item.aliases}]


def _steps(life: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    steps = life.get("stage_transitions")
    return tuple(step for step in steps if isinstance(step, dict)) if isinstance(steps, list) else ()
