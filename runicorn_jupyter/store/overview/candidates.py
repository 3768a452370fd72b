"""Folders of this machine that look like storage roots (contract X30); nothing is opened or changed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.paths import OWN_FOLDER, expand
from runicorn_jupyter.store.runs.layout import Walker

MOST = 12
DEEPEST = 8
_FOLDERS = 20_000
_SECONDS = 5.0
_NAMES = frozenset({".runicorn", "runicorn_data"})
_PASSED_BY = frozenset(
    {"__pycache__", "anaconda", "anaconda3", "env", "miniconda", "miniconda3", "node_modules", "site-packages", "venv"}
)


def candidates(scan_root: str | None, max_depth: int) -> dict[str, Any]:
    """Look for storage roots below a folder, at most five seconds long.

    Parameters
    ----------
    scan_root : str, optional
        Where to begin; without it in the home directory.
    max_depth : int
        How many folders deep.

    Returns
    -------
    dict
        ``scan_root``, ``max_depth``, ``candidates`` (at most twelve of ``path``, ``name``, ``run_count``, the fullest
        first) and ``complete``: whether everything was looked at.

    Raises
    ------
    BadRequest
        `scan_root` is no folder that can be read.
    """
    begin = expand(scan_root or "~")
    try:
        there = begin.is_dir()
    except OSError:  # a name longer than any
        there = False
    if not there:
        raise BadRequest("scan_root must be a folder of this machine.")
    found, complete = list[dict[str, Any]](), True
    deadline = time.monotonic() + _SECONDS
    for seen, folder in enumerate(_folders(begin, max_depth)):
        if seen > _FOLDERS or time.monotonic() > deadline:
            complete = False
            break
        if _looks_like_a_root(folder):
            walker = Walker(folder)
            walker.poll()
            if walker.runs or folder.name in _NAMES:
                found.append({"path": str(folder), "name": folder.name, "run_count": len(walker.runs)})
    found.sort(key=lambda one: (-one["run_count"], one["path"]))
    return {"scan_root": str(begin), "max_depth": max_depth, "candidates": found[:MOST], "complete": complete}


def _folders(begin: Path, max_depth: int) -> Iterator[Path]:
    for place, names, _ in os.walk(begin):
        folder = Path(place)
        yield folder
        if len(folder.relative_to(begin).parts) >= max_depth or _looks_like_a_root(folder):
            names.clear()
        else:
            names[:] = [
                name for name in names if name in _NAMES or (not name.startswith(".") and name not in _PASSED_BY)
            ]


def _looks_like_a_root(folder: Path) -> bool:
    """Tell whether a folder has a mark of ours or upstream's, or runs in the 0.5 layout."""
    if folder.name in _NAMES or (folder / OWN_FOLDER).is_dir() or (folder / "runicorn.db").is_file():
        return True
    try:
        with os.scandir(folder) as entries:
            projects = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        return any(_has_runs(project) for project in projects[:200] if not Path(project).name.startswith("."))
    except OSError:
        return False


def _has_runs(project: str) -> bool:
    try:
        with os.scandir(project) as names:
            for at, entry in enumerate(names):
                if at >= 200:
                    return False
                runs = Path(entry.path, "runs")
                if entry.is_dir(follow_symlinks=False) and any(runs.glob("*/meta.json")):
                    return True
    except OSError:
        pass
    return False
