"""The three JSON files of an artifact as upstream lays them out, read leniently: unknown keys are passed over."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from runicorn_jupyter.models import FileEntry, Manifest, ReferenceEntry, VersionItem
from runicorn_jupyter.paths import open_regular
from runicorn_jupyter.store.runs.smallfiles import parse
from runicorn_jupyter.store.runs.values import as_mapping, as_number, as_text, as_whole

LIMIT = 512 * 1024 * 1024
"""A larger document is not read; a manifest of a million files has half of it."""

LARGEST = 2**31
"""Version numbers below this are versions; a folder of another name is not one."""


def read_json(root: Path, relative: str) -> dict[str, Any] | None:
    """Return the JSON object at `relative` below `root`; None when it is absent or cannot be used."""
    try:
        with os.fdopen(open_regular(root, relative, within=root), "rb") as file:
            data = file.read(LIMIT + 1)
    except OSError:
        return None
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            value = parse(data)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) and len(data) <= LIMIT else None


def version_number(folder: str) -> int | None:
    """Return the number that a folder name such as ``v3`` means, None when it means none."""
    digits = folder.removeprefix("v")
    if digits == folder or not digits.isascii() or not digits.isdigit() or digits[0] == "0":
        return None
    return int(digits) if len(digits) <= len(str(LARGEST)) and int(digits) < LARGEST else None


def aliases_of(document: Mapping[str, Any]) -> dict[str, int]:
    """Return the map of an index from alias to version number."""
    found = [(name, as_whole(number)) for name, number in as_mapping(document.get("aliases")).items()]
    return {name: number for name, number in found if number is not None}


def versions_of(document: Mapping[str, Any]) -> tuple[VersionItem, ...]:
    """Return the versions of an index, ascending, each with the aliases that point to it now.

    The lists that the file keeps with each version are not used: upstream leaves ``latest`` in all of them.
    """
    names: dict[int, list[str]] = {}
    for alias, target in aliases_of(document).items():
        names.setdefault(target, []).append(alias)
    found: dict[int, VersionItem] = {}
    rows = document.get("versions")
    for row in rows if isinstance(rows, list) else ():
        number = as_whole(as_mapping(row).get("version"))
        if number is not None and 0 < number < LARGEST:
            found[number] = VersionItem(
                version=number,
                created_at=as_number(row.get("created_at")),
                created_by_run=as_text(row.get("created_by_run")),
                size_bytes=as_whole(row.get("size_bytes")) or 0,
                num_files=as_whole(row.get("num_files")) or 0,
                status=as_text(row.get("status")) or "ready",
                aliases=tuple(sorted(names.get(number, ()))),
            )
    return tuple(found[number] for number in sorted(found))


def manifest_of(document: Mapping[str, Any]) -> Manifest:
    """Return what manifest.json lists; entries without a path or address are left out."""
    files, references = document.get("files"), document.get("references")
    listed = [_file(row) for row in files if isinstance(row, dict)] if isinstance(files, list) else []
    named = [_reference(row) for row in references if isinstance(row, dict)] if isinstance(references, list) else []
    return Manifest(
        files=tuple(file for file in listed if file.path),
        references=tuple(reference for reference in named if reference.uri),
        total_size=as_whole(document.get("total_size")) or 0,
        created_at=as_number(document.get("created_at")),
    )


def _file(row: Mapping[str, Any]) -> FileEntry:
    return FileEntry(
        as_text(row.get("path")) or "",
        as_whole(row.get("size")) or 0,
        as_text(row.get("digest")) or "",
        as_number(row.get("modified_at")),
    )


def _reference(row: Mapping[str, Any]) -> ReferenceEntry:
    return ReferenceEntry(
        as_text(row.get("uri")) or "",
        as_text(row.get("checksum")),
        as_whole(row.get("size")),
        dict(as_mapping(row.get("metadata"))),
    )


def encode(document: Mapping[str, Any]) -> bytes:
    """Return `document` as upstream writes it: indented by 2, not escaped, NaN and infinities as bare words."""
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "replace")
