"""What goes into an archive of runs: their files, what people said of them, and the kept content they point to."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runicorn_jupyter.paths import open_folder, open_regular
from runicorn_jupyter.store.edits.overlay import FOLDER as EDITS
from runicorn_jupyter.store.edits.overlay import edit_file
from runicorn_jupyter.store.runs.assets import reroot
from runicorn_jupyter.store.runs.layout import sendable
from runicorn_jupyter.store.runs.smallfiles import SmallFiles
from runicorn_jupyter.store.runs.values import as_mapping, as_text

_POINTERS = ("archive_path", "manifest_path")


@dataclass(frozen=True, slots=True)
class Member:
    """A file (`fd`, the packer of members closes it) or a folder (-1) of an archive being made."""

    name: str
    size: int
    modified: int
    fd: int = -1

    @property
    def folder(self) -> bool:
        """Whether it is one."""
        return self.fd < 0


class Packer:
    """Gives the members of an archive one by one, each file open while it is at hand.

    Parameters
    ----------
    root : Path
        The storage root.
    directories : sequence of str
        The runs, relative to it.
    content : bool
        Add what their assets keep in the root's archive of content (0.6+).
    """

    def __init__(self, root: Path, directories: Sequence[str], *, content: bool = True) -> None:
        self._root = root
        self._directories = list(dict.fromkeys(directories))
        self._content = content
        self.left_out = 0
        """Links that lead out of the root, devices, and files that cannot be read."""

    def size(self) -> int:
        """Return about how many bytes there are to pack."""
        total = 0
        for directory in self._directories:
            for folder, _, names in os.walk(self._root / directory):
                for name in names:
                    with suppress(OSError):
                        total += os.stat(f"{folder}/{name}", follow_symlinks=False).st_size  # noqa: PTH116 - many files
        return total

    def members(self) -> Iterator[Member]:
        """Yield the members in a fixed order."""
        kept: dict[str, None] = {}
        for directory in self._directories:
            yield from self._below(directory)
            edit = f"{EDITS}/{edit_file(directory.rpartition('/')[2])}"
            if (self._root / edit).is_file():
                kept[edit] = None
            if self._content:
                kept |= dict.fromkeys(self._pointed(directory))
        for name in kept:
            yield from self._file(name)

    def _below(self, directory: str) -> Iterator[Member]:
        os.close(open_folder(self._root, directory))  # refuses a link on the way to the run
        for folder, folders, names in os.walk(self._root / directory):
            relative = Path(folder).relative_to(self._root).as_posix()
            yield Member(relative, 0, Path(folder).stat().st_mtime_ns)
            self.left_out += sum(not sendable(name) for name in (*folders, *names))
            links = [name for name in folders if Path(folder, name).is_symlink()]
            self.left_out += len(links)
            folders[:] = sorted(name for name in folders if sendable(name) and name not in links)
            for name in sorted(filter(sendable, names)):
                yield from self._file(f"{relative}/{name}")

    def _file(self, name: str) -> Iterator[Member]:
        try:
            fd = open_regular(self._root, name, within=self._root)
        except OSError:
            self.left_out += 1
            return
        try:
            found = os.fstat(fd)
            assert stat.S_ISREG(found.st_mode)
            yield Member(name, found.st_size, found.st_mtime_ns, fd)
        finally:
            os.close(fd)

    def _pointed(self, directory: str) -> Iterator[str]:
        """Yield the files of the archive of content that the assets of a run name."""
        with SmallFiles(self._root / directory, self._root) as files:
            assets, meta = files.json("assets.json") or {}, files.json("meta.json") or {}
        written_in = as_text(meta.get("storage_dir"))
        for path in _paths(assets):
            name = reroot(path, self._root, written_in)
            if name is None or not name.startswith("archive/"):
                continue
            yield name
            if name.startswith("archive/manifests/"):
                yield from self._listed(name)

    def _listed(self, manifest: str) -> Iterator[str]:
        with suppress(OSError, ValueError, RecursionError), open(open_regular(self._root, manifest), "rb") as file:  # noqa: PTH123 - a descriptor
            document = json.load(file)
            for entry in as_mapping(as_mapping(document).get("files")).values():
                digest = as_text(as_mapping(entry).get("sha256")) or ""
                if digest.isalnum():
                    yield f"archive/blobs/{digest[:2]}/{digest}"


def _paths(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _paths(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in _POINTERS and isinstance(item, str):
                yield item
            else:
                yield from _paths(item)
