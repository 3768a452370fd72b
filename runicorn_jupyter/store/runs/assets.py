"""What a run says it used and made: assets.json and its neighbours, with the paths of the root that is open now.

Files hold absolute paths of the machine and the root they were written on. Those into the archive are told as paths of
this root, with whether anything is there; all others (a data set's ``uri``, a working copy) are shown as they were
written and never followed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runicorn_jupyter.paths import plain_component
from runicorn_jupyter.store.runs.smallfiles import SmallFiles
from runicorn_jupyter.store.runs.values import as_mapping, as_text

_ARCHIVED = ("archive_path", "manifest_path")
_PARTS = frozenset({"blobs", "manifests", "outputs"})


def read_assets(root: Path, directory: str) -> dict[str, Any]:
    """Return what the run at `directory` used and made, unknown keys kept.

    Returns
    -------
    dict
        ``assets`` (assets.json; an entry with a path into the archive has ``archive_state``: ``here``, ``missing`` or
        ``outside``), ``outputs_state`` (.outputs_state.json), ``artifacts_created`` and ``artifacts_used`` (lists),
        ``problems`` (sentences). What a run lacks is empty.

    Raises
    ------
    OSError
        The directory is gone.
    """
    with SmallFiles(f"{root}/{directory}", root) as files:
        assets, meta = files.json("assets.json") or {}, files.json("meta.json") or {}
        found = {
            "assets": _rerooted(assets, root, as_text(meta.get("storage_dir"))),
            "outputs_state": files.json(".outputs_state.json") or {},
            "artifacts_created": _listed(files.json("artifacts_created.json")),
            "artifacts_used": _listed(files.json("artifacts_used.json")),
        }
        return {**found, "problems": list(files.problems)}


def read_environment(root: Path, directory: str) -> dict[str, Any] | None:
    """Return environment.json of the run at `directory`, None when it has no usable one.

    Raises
    ------
    OSError
        The directory is gone.
    """
    with SmallFiles(f"{root}/{directory}", root) as files:
        return files.json("environment.json")


def reroot(path: str, root: Path, written_in: str | None) -> str | None:
    """Return `path`, an absolute one of the root `written_in`, relative to any root; None when it lies outside.

    A root that was moved more than once does not say so; then the archive's own folders tell.
    """
    parts = [part for part in path.replace("\\", "/").split("/") if part]
    for known in (written_in, str(root)):
        before = [part for part in (known or "").replace("\\", "/").split("/") if part]
        if before and parts[: len(before)] == before:
            return _plain(parts[len(before) :])
    for at in range(len(parts) - 2, -1, -1):
        if parts[at] == "archive" and parts[at + 1] in _PARTS:
            return _plain(parts[at:])
    return None


def _plain(parts: list[str]) -> str | None:
    return "/".join(parts) if parts and all(map(plain_component, parts)) else None


def _rerooted(value: Any, root: Path, written_in: str | None) -> Any:
    if isinstance(value, list):
        return [_rerooted(item, root, written_in) for item in value]
    if not isinstance(value, dict):
        return value
    told = {key: _rerooted(item, root, written_in) for key, item in value.items()}
    states = []
    for key in _ARCHIVED:
        path = as_text(value.get(key))
        if path:
            relative = reroot(path, root, written_in)
            states.append(_state(root, relative))
            told[key] = path if relative is None else f"{root}/{relative}"
    if states:
        told["archive_state"] = next((state for state in ("outside", "missing") if state in states), "here")
    return told


def _state(root: Path, relative: str | None) -> str:
    """Tell whether there is something at `relative` that a link does not lead out of the root."""
    if relative is None:
        return "outside"
    place = root / relative
    if not os.path.lexists(place):
        return "missing"
    return "here" if Path(os.path.realpath(place)).is_relative_to(os.path.realpath(root)) else "outside"


def _listed(document: Mapping[str, Any] | None) -> list[Any]:
    artifacts = as_mapping(document).get("artifacts")
    return artifacts if isinstance(artifacts, list) else []
