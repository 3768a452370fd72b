"""Where a run lives: which root and names a script means, and the directory that is made for it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from time import localtime, strftime, time
from typing import Any, NamedTuple

from runicorn_jupyter.errors import UnsafeName
from runicorn_jupyter.paths import safe_name, split_path
from runicorn_jupyter.store.series.lines import parse_line
from runicorn_jupyter.tracking.portable import open_file

_TAKEN = ("archive", "artifacts", "runs", "webui")
"""Folders of a root that mean something else, to us or to upstream's viewers, which would not list such a project."""

_TRIES = 100
_BLOCK = 64 * 1024


class Plan(NamedTuple):
    """What `init` was asked for, checked."""

    root: Path
    project: str
    name: str
    path: str
    run_id: str | None = None
    alias: str | None = None
    config: dict[str, Any] | None = None
    tags: tuple[str, ...] = ()
    notes: str | None = None
    strict: bool = False
    private: bool = False
    """Write nothing that tells about the person's machine."""

    joins: Path | None = None
    """The directory of a run that another process owns; this one only adds to it."""

    rank: int | None = None
    """Of this process in its job; None when it is alone or chooses the next free number."""

    @property
    def folder(self) -> Path:
        """The folder that holds the run directories of this project and name."""
        return self.root / self.project / self.name / "runs"


def names(project: str | None, name: str | None, path: str | None) -> tuple[str, str, str]:
    """Return (project, name, path) for either naming style (D14).

    Upstream 0.6 and later takes the path as its first argument: a project alone that has inner slashes is one.

    Raises
    ------
    ValueError
        Both styles are mixed, or a name is not safe, or a folder of every root is called like the project.
    """
    if path is None and name is None and isinstance(project, str) and all(project.split("/")) and "/" in project:
        project, path = None, project
    if path is None:
        if isinstance(name, str) and name.startswith(("/", "~", "./", "../")):
            raise UnsafeName(f"{name!r} is no name of an experiment; if it is the folder for all runs, give storage=.")
        project, name = safe_name(project or "default", "project"), safe_name(name or "default", "name")
        return _free(project), name, f"{project}/{name}"
    if project is not None or name is not None:
        raise ValueError("Give either project= and name=, or path= (with alias=): both name the same thing.")
    if not isinstance(path, str):
        raise TypeError(f"path must be text such as 'digits/mlp', not {type(path).__name__}.")
    project, name = split_path(path)
    return _free(project), name, path


def home_of(root: Path, run_id: str) -> tuple[str, str] | None:
    """Return (project, name) of the one run in `root` with this id; None when there is none, or several."""
    found = []
    try:
        for project in _folders(root):
            if project.name not in _TAKEN:
                found += [(project.name, name.name) for name in _folders(project) if _holds(name, run_id)]
    except OSError:
        return None
    return found[0] if len(found) == 1 else None


def new_id() -> str:
    """Return a fresh run id: local date and time, and six random hex digits."""
    return f"{strftime('%Y%m%d_%H%M%S', localtime(time()))}_{os.urandom(3).hex()}"


def claim(folder: Path, run_id: str | None) -> tuple[str, bool]:
    """Make the run directory, exclusively; return its id and whether it was there before.

    Parameters
    ----------
    folder : Path
        The ``runs`` folder; made when missing.
    run_id : str, optional
        Continue this run if it exists. Without it the directory is new.

    Raises
    ------
    OSError
        The directory cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if run_id is not None:
        try:
            (folder / run_id).mkdir()
        except FileExistsError:
            if not stat.S_ISDIR((folder / run_id).lstat().st_mode):
                raise OSError(errno.ENOTDIR, "the run directory is a file or a link") from None
            return run_id, True
        return run_id, False
    for _ in range(_TRIES):
        run_id = new_id()
        try:
            (folder / run_id).mkdir()
        except FileExistsError:
            continue
        return run_id, False
    raise OSError(errno.EEXIST, "no free run id was found")


def last_step(events: Path) -> int:
    """Return the step of the last point in an events file, 0 when it has none; only its end is read."""
    try:
        with os.fdopen(open_file(events.parent, events.name), "rb") as file:
            end = file.seek(0, os.SEEK_END)
            tail = b""
            while end > 0:
                start = max(0, end - _BLOCK)
                file.seek(start)
                tail = file.read(end - start) + tail
                end = start
                lines = tail.split(b"\n")
                tail = lines[0] if start else b""
                for line in reversed(lines[1:] if start else lines):
                    step = _step_of(line)
                    if step is not None:
                        return step
    except OSError:
        pass
    return 0


def _free(project: str) -> str:
    # Without regard to case: on some systems it is the same folder.
    if project.lower() in _TAKEN:
        raise UnsafeName(
            f"The project cannot be called {project!r}: {', '.join(_TAKEN)} are folders of the root itself."
        )
    return project


def _folders(above: os.PathLike[str]) -> list[os.DirEntry[str]]:
    with os.scandir(above) as entries:
        return [
            entry
            for entry in entries
            if entry.name[0] != "." and entry.name.isprintable() and entry.is_dir(follow_symlinks=False)
        ]


def _holds(name: os.DirEntry[str], run_id: str) -> bool:
    runs = Path(name) / "runs"
    try:
        return all(stat.S_ISDIR(folder.lstat().st_mode) for folder in (runs, runs / run_id))
    except OSError:
        return False


def _step_of(line: bytes) -> int | None:
    for event in reversed(parse_line(line)[0]):
        data = event.get("data")
        if event.get("type") == "metrics" and isinstance(data, dict) and type(data.get("global_step")) is int:
            return int(data["global_step"])
    return None
