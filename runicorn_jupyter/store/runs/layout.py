"""Which directories of a root are runs: both layouts, decided directory by directory, links never followed.

``ROOT/<project>/<name>/runs/<id>`` is layout 0.5 (and what we write); ``ROOT/runs/<path…>/<id>`` is 0.6 and later,
where a run is any directory that holds meta.json.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import NamedTuple

_ARCHIVED = frozenset({"archive/blobs", "archive/manifests", "archive/outputs"})
"""What 0.6+ keeps beside its runs: thousands of folders, none of them a run."""

_DEEPEST = 64
_SETTLED = 0.2
"""Seconds: a folder whose time is younger may change again within the same clock tick, so it is looked at once more."""


class RunPlace(NamedTuple):
    """Where a run lies, relative to its root, and what its place says about it.

    `path` is the 0.6+ path (``""`` directly under ``ROOT/runs``), None in layout 0.5.
    """

    directory: str
    project: str
    name: str
    path: str | None

    @property
    def id(self) -> str:
        """The run's id: the name of its directory."""
        return self.directory.rpartition("/")[2]


class _Kind(Enum):
    ROOT = 0
    PROJECT = 1
    NAME = 2
    RUNS = 3
    TREE = 4


class _Folder(NamedTuple):
    kind: _Kind
    mtime_ns: int
    runs: tuple[str, ...]


class Walker:
    """Finds runs appear and vanish; after the first walk only folders whose time changed are read again."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: dict[str, _Folder] = {}
        self._lock = threading.Lock()
        self._revision = 0
        self.runs: dict[str, RunPlace] = {}

    @property
    def folders(self) -> int:
        """How many folders a poll looks at."""
        return len(self._folders)

    def poll(self, *, thorough: bool = False) -> int:
        """Look for changes, and return a number that differs from the last one when runs appeared or vanished.

        Parameters
        ----------
        thorough : bool
            Read every folder again, whatever its time says.
        """
        with self._lock:
            if not self._folders:
                self._visit("", _Kind.ROOT)
            elif thorough:
                self._folders = {known: folder._replace(mtime_ns=-1) for known, folder in self._folders.items()}
            for relative, folder in list(self._folders.items()):
                if relative in self._folders and _mtime(f"{self._root}/{relative}") != folder.mtime_ns:
                    self._visit(relative, folder.kind)
            return self._revision

    def places(self) -> list[RunPlace]:
        """Return where runs lie as of the last poll."""
        with self._lock:
            return list(self.runs.values())

    def _visit(self, relative: str, kind: _Kind) -> None:
        if relative.count("/") > _DEEPEST:
            return
        try:
            mtime_ns, children = self._list(relative)
        except (FileNotFoundError, NotADirectoryError):
            self._forget(relative)
            return
        except OSError:  # may be readable later; what is known of it stands until then
            self._folders[relative] = self._folders.get(relative, _Folder(kind, -1, ()))._replace(mtime_ns=-1)
            return
        if time.time() - mtime_ns / 1e9 < _SETTLED:
            mtime_ns = -1
        if kind is _Kind.TREE and relative != "runs" and self._is_run(relative, kind):
            self._folders[relative] = _Folder(kind, mtime_ns, (relative,))
            self._found(relative, kind)
            return
        known = self._folders.get(relative)
        self._folders[relative] = _Folder(kind, mtime_ns, ())
        runs = []
        for child in children:
            below = f"{relative}/{child}" if relative else child
            if self._is_run(below, kind):
                runs.append(below)
                self._found(below, kind)
            else:
                self._descend(below, child, kind)
        self._folders[relative] = _Folder(kind, mtime_ns, tuple(runs))
        for gone in set(known.runs if known else ()) - set(runs):
            self._lost(gone)

    def _found(self, run: str, kind: _Kind) -> None:
        if run not in self.runs:
            self.runs[run] = _place(run, kind)
            self._revision += 1

    def _lost(self, run: str) -> None:
        if self.runs.pop(run, None) is not None:
            self._revision += 1

    def _list(self, relative: str) -> tuple[int, list[str]]:
        found = os.stat(f"{self._root}/{relative}", follow_symlinks=relative == "")  # noqa: PTH116 - as in _mtime
        if not stat.S_ISDIR(found.st_mode):
            raise NotADirectoryError  # a link has taken its place: what lies behind it is not ours to list
        return found.st_mtime_ns, list(self._children(relative))

    def _children(self, relative: str) -> Iterator[str]:
        with os.scandir(self._root / relative) as entries:
            for entry in entries:
                name = entry.name
                # A name that is no UTF-8 could be neither kept in the index nor sent to anybody.
                if not name.startswith(".") and sendable(name) and entry.is_dir(follow_symlinks=False):
                    yield name

    def _is_run(self, relative: str, parent: _Kind) -> bool:
        if parent is _Kind.RUNS:
            return True
        return parent is _Kind.TREE and os.path.lexists(self._root / relative / "meta.json")

    def _descend(self, below: str, child: str, kind: _Kind) -> None:
        step: _Kind | None = None
        if kind is _Kind.ROOT:
            step = _Kind.TREE if child == "runs" else _Kind.PROJECT
        elif kind is _Kind.PROJECT:
            step = None if below in _ARCHIVED else _Kind.NAME
        elif kind is _Kind.NAME and child == "runs":
            step = _Kind.RUNS
        elif kind is _Kind.TREE:
            step = _Kind.TREE
        if step is not None and below not in self._folders:
            self._visit(below, step)

    def _forget(self, relative: str) -> None:
        """Drop a folder that is gone, and all that was known below it."""
        below = f"{relative}/" if relative else ""
        for known in [key for key in self._folders if key == relative or key.startswith(below)]:
            for run in self._folders.pop(known).runs:
                self._lost(run)


def place_of(directory: str) -> RunPlace:
    """Return the place of the run at `directory`, root-relative and in either layout."""
    return _place(directory, _Kind.TREE if directory.startswith("runs/") else _Kind.RUNS)


def sendable(name: str) -> bool:
    """Tell whether a name on disk is UTF-8: another could be neither kept in the index nor sent to anybody."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _mtime(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116 - a Path costs more than the call
    except OSError:
        return 0


def _place(relative: str, kind: _Kind) -> RunPlace:
    parts = relative.split("/")
    if kind is _Kind.RUNS:
        return RunPlace(relative, parts[0], parts[1], None)
    path = parts[1:-1]
    project = path[0] if path else "_root"
    name = "/".join(path[1:]) or "default"
    return RunPlace(relative, project, name, "/".join(path))
