"""What a script adds to an artifact, until it is logged."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runicorn_jupyter.models import ReferenceEntry

PATH_LIMIT = 240
"""Characters of a path inside an artifact; longer ones cannot be stored on every system."""

# An empty, `.` or `..` component, a backslash, a control character, half of a surrogate pair.
_UNFIT = re.compile("(?:^|/)\\.{0,2}(?:/|$)|[\\\\\x00-\x1f\x7f\ud800-\udfff]")


class Staged:
    """Files by their path in the artifact, and references."""

    def __init__(self) -> None:
        self.references: list[ReferenceEntry] = []
        self._files: dict[str, str] = {}
        self._folders: set[str] = set()

    @property
    def files(self) -> list[tuple[str, str]]:
        """(absolute path, path in the artifact) of each file, in the order of adding."""
        return [(source, path) for path, source in self._files.items()]

    def add_file(self, path: str | os.PathLike[str], name: str | None) -> None:
        """Add one file."""
        source = Path(path)
        if not source.is_file():
            raise FileNotFoundError(f"There is no file {source.name!r} to add.")
        self._add(str(source.absolute()), source.name if name is None else name)

    def add_dir(self, path: str | os.PathLike[str], name: str | None, exclude: Sequence[str]) -> None:
        """Add the files below a folder, in order."""
        source = Path(path)
        if not source.is_dir():
            raise FileNotFoundError(f"There is no folder {source.name!r} to add.")
        before = f"{name.rstrip('/')}/" if name else ""
        for file, relative in _below(str(source.absolute()), "", exclude):
            self._add(file, before + relative)

    def add_reference(self, uri: str, checksum: str | None, size: int | None, metadata: Mapping[str, Any]) -> None:
        """Add one reference; of a local file the size is looked up."""
        if not isinstance(uri, str) or not uri.strip():
            raise ValueError("A reference needs an address such as 's3://bucket/key', or a path.")
        if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 0):
            raise ValueError(f"The size of a reference is a number of bytes, not {size!r}.")
        if size is None and "://" not in uri and os.path.isfile(uri):  # noqa: PTH113 - a text
            size = os.path.getsize(uri)  # noqa: PTH202
        self.references.append(ReferenceEntry(uri, checksum, size, dict(metadata)))

    def size(self) -> int:
        """Return the bytes of all files as they are now; what is gone counts nothing."""
        total = 0
        for source in self._files.values():
            try:
                total += os.stat(source).st_size  # noqa: PTH116 - of thousands
            except OSError:
                continue
        return total

    def _add(self, source: str, path: str) -> None:
        if not isinstance(path, str) or _UNFIT.search(path):
            raise ValueError(
                f"A file of an artifact cannot be called {path!r}: give name=, plain words with / between."
            )
        if len(path) > PATH_LIMIT:
            raise ValueError(f"The path {path[:60]!r}… is longer than {PATH_LIMIT} characters; give a shorter name=.")
        above = path.rpartition("/")[0]
        if path in self._files or path in self._folders:
            raise ValueError(f"The artifact has a file or folder {path!r} already; give the other one a name=.")
        while above and above not in self._folders:
            if above in self._files:
                raise ValueError(f"The artifact has a file {above!r}, so {path!r} cannot be in it; give a name=.")
            self._folders.add(above)
            above = above.rpartition("/")[0]
        self._files[path] = source


def _below(folder: str, before: str, exclude: Sequence[str]) -> Iterator[tuple[str, str]]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        relative = before + entry.name
        if exclude and any(fnmatch.fnmatch(text, pattern) for pattern in exclude for text in (entry.name, relative)):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path, f"{relative}/", exclude)
        elif entry.is_file():
            yield entry.path, relative
