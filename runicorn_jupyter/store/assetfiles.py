"""The files behind what a run used and made (contract X26): which are its alone, and one of them opened.

Only what lies in the run's own directory, or in the root's archive and is named by its assets.json, is opened; no
link is followed.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runicorn_jupyter.errors import Forbidden, MediaNotFound
from runicorn_jupyter.paths import open_regular, plain_component
from runicorn_jupyter.store.media import MediaFile
from runicorn_jupyter.store.runs.assets import read_assets, reroot
from runicorn_jupyter.store.store import Store

_KINDS = {"datasets": "dataset", "pretrained": "pretrained", "outputs": "output"}
_PATHS = ("archive_path", "manifest_path")
_DIRECTORIES = "SELECT directory FROM run"


class AssetFiles:
    """Answers about the archived files of the runs of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def assets(self, run_id: str) -> tuple[dict[str, Any], int]:
        """Return assets.json of a run with every documented part, and how many assets it names."""
        found = self._store.assets(run_id)["assets"]
        empty: dict[str, Any] = {"code": {}, "config": {}, "datasets": [], "pretrained": [], "outputs": []}
        return {**empty, **found}, sum(1 for _ in _entries(found))

    def references(self, run_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the archived assets that only this run names, and those that others name, too."""
        mine = list(_entries(self._store.assets(run_id)["assets"]))
        known = Counter(self._everybodys()) if any(_name(entry) for _, entry in mine) else Counter[str]()
        alone, shared = list[dict[str, Any]](), list[dict[str, Any]]()
        for kind, entry in mine:
            name = _name(entry)
            if name is not None:
                count = max(known[name], 1)
                told = {"asset_type": kind, "name": entry.get("name"), "fingerprint": entry.get("fingerprint")}
                (alone if count == 1 else shared).append({**told, "role": kind, "ref_count": count})
        return alone, shared

    def open(self, run_id: str, path: str) -> MediaFile:
        """Open a file of a run, by its path relative to the run, or absolute as its assets.json has it.

        The caller closes its descriptor.

        Raises
        ------
        Forbidden
            The path leads elsewhere, or into the archive to what is not this run's.
        MediaNotFound
            There is no such regular file.
        """
        root, run = self._store.root, self._store.run(run_id)
        directory = str(Path(run.run_dir).relative_to(root))
        absolute = path.startswith("/") or os.path.isabs(path)  # noqa: PTH117 - text of a request
        relative = reroot(path, root, None) if absolute else f"{directory}/{path}"
        if relative is None or not all(map(plain_component, relative.split("/"))):
            raise Forbidden("path must lie in the run's directory or in the archive of this storage root.")
        if not relative.startswith(f"{directory}/") and relative not in self._archived(directory):
            raise Forbidden("path does not belong to this run.")
        try:
            fd = open_regular(root, relative)
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                raise Forbidden("path leads through a link; it is not followed.") from None
            raise MediaNotFound("This run has no such file.") from None
        found = os.fstat(fd)
        return MediaFile(fd, found.st_size, found.st_mtime, relative.rpartition("/")[2])

    def _archived(self, directory: str) -> set[str]:
        """Return the files of the archive that the run at `directory` names, relative to the root."""
        root = str(self._store.root)
        entries = _entries(read_assets(self._store.root, directory)["assets"])
        paths = (entry.get(key) for _, entry in entries for key in _PATHS)
        return {path.removeprefix(f"{root}/") for path in paths if isinstance(path, str)}

    def _everybodys(self) -> Iterator[str]:
        """Yield for each run, deleted ones included, the name of every archived thing, once."""
        for (directory,) in self._store.index.select(_DIRECTORIES):
            try:
                assets = read_assets(self._store.root, directory)["assets"]
            except OSError:
                continue
            yield from {name for _, entry in _entries(assets) if (name := _name(entry)) is not None}


def _entries(assets: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each asset of a run with its kind."""
    code = assets.get("code")
    snapshot = code.get("snapshot") if isinstance(code, dict) else None
    if isinstance(snapshot, dict) and snapshot:
        yield "code_snapshot", {"name": "snapshot", **snapshot}
    config = assets.get("config")
    if isinstance(config, dict) and config:
        yield "config", {"name": "config"}
    for part, kind in _KINDS.items():
        listed = assets.get(part)
        for entry in listed if isinstance(listed, list) else ():
            if isinstance(entry, dict):
                yield kind, entry


def _name(entry: dict[str, Any]) -> str | None:
    """Return what an archived asset is the same by: its place in the archive, None when nothing was archived."""
    return next((entry[key] for key in _PATHS if isinstance(entry.get(key), str) and entry[key]), None)
