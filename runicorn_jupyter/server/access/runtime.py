"""The files by which programs of the same user find a running viewer: address and token, 0600, gone when it ends."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from runicorn_jupyter import paths
from runicorn_jupyter.errors import Forbidden

_OTHERS = 0o077


class RunningViewer(NamedTuple):
    """A viewer that says it is running."""

    url: str
    token: str
    pid: int
    label: str


def announce(viewer: RunningViewer, port: int) -> Path:
    """Write the file of the viewer on `port`; return its path, to be unlinked at the end.

    Raises
    ------
    Forbidden
        The folder for runtime files is not ours alone, so the token would not be safe there.
    """
    folder = paths.runtime_folder()
    if os.name == "posix":
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
            raise Forbidden(f"The folder {folder} must be yours and closed to others: chmod 700 it.")
    path = folder / f"viewer-{port}.json"
    paths.write_atomically(path, json.dumps(viewer._asdict()).encode(), mode=0o600)
    return path


def running_viewers() -> list[RunningViewer]:
    """Return the viewers of this user that are alive, by port."""
    found = []
    for path in sorted(paths.runtime_folder().glob("viewer-*.json")):
        try:
            data: dict[str, Any] = json.loads(path.read_bytes())
            viewer = RunningViewer(str(data["url"]), str(data["token"]), int(data["pid"]), str(data["label"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if psutil.pid_exists(viewer.pid):
            found.append(viewer)
    return found
