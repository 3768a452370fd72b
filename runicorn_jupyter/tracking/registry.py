"""Upstream's configuration files in TOML, read and never written: the registry of values, and rnconfig.toml."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import Any

from runicorn_jupyter.tracking.assets.snapshot import workspace


def get_config(key: str) -> Any:
    """Return a value of the user's registry.

    Parameters
    ----------
    key : str
        ``folder/file/table/name``: the longest start that names a file ``registry/folder/file.toml`` chooses it, the
        rest goes down its tables. With no rest the file's ``value`` is meant.

    Raises
    ------
    ValueError
        `key` is empty, or a file on its way is no TOML.
    KeyError
        There is no such file or entry; the text says which were looked for.
    """
    parts = [part for part in str(key).split("/") if part]
    if not parts or ".." in parts:
        raise ValueError(f"{key!r} is no key; write one such as 'paths/datasets'.")
    folder = _folder() / "registry"
    for length in range(len(parts), 0, -1):
        path = folder.joinpath(*parts[:length]).with_suffix(".toml")
        if path.is_file():
            return _entry(_toml(path), parts[length:] or ["value"], key, path)
    raise KeyError(f"{key!r} is not in the registry: there is no {folder.joinpath(*parts)}.toml, nor a file above it.")


def get_effective_rnconfig(workspace_root: str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """Return the user's rnconfig.toml with that of the workspace laid over it; {} where there is none.

    Raises
    ------
    ValueError
        One of them is no TOML.
    """
    merged: dict[str, Any] = {}
    for path in (_folder() / "rnconfig.toml", workspace(workspace_root) / "rnconfig.toml"):
        if path.is_file():
            merged = _over(merged, _toml(path))
    return merged


def _folder() -> Path:
    import platformdirs

    folder = Path(platformdirs.user_config_dir("runicorn", appauthor=False))
    return folder if sys.platform == "linux" else folder.with_name("Runicorn")


def _entry(found: Any, rest: list[str], key: str, path: Path) -> Any:
    for part in rest:
        if not isinstance(found, dict) or part not in found:
            raise KeyError(f"{key!r} is not in the registry: {path} has no {part!r} there.")
        found = found[part]
    return found


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no TOML: {error}.") from error
