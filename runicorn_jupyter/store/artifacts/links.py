"""What each run took and made, as its own files say, kept in memory by the times of those files."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from runicorn_jupyter.store.artifacts.documents import read_json
from runicorn_jupyter.store.runs.values import as_mapping, as_number, as_text, as_whole

CREATED, USED, ASSETS = "artifacts_created.json", "artifacts_used.json", "assets.json"

Role = Literal["uses", "produces"]
_KINDS: tuple[tuple[str, str, Role], ...] = (
    ("datasets", "dataset", "uses"),
    ("pretrained", "pretrained", "uses"),
    ("outputs", "output", "produces"),
)


class Linked(NamedTuple):
    """A run of the root, by the index: where it lies and whether it has artifacts."""

    run_id: str
    directory: str
    project: str
    name: str
    status: str
    has_artifacts: bool


class End(NamedTuple):
    """The other end of a link: an artifact version (kind ``artifact``), or an asset by its content or address."""

    kind: str
    type: str
    name: str
    version: int


class Link(NamedTuple):
    """One end, when the run took or made it, and what else its file tells."""

    end: End
    role: Role
    at: float | None
    told: Mapping[str, Any]


class LinkTable:
    """The links of the runs of a root, both ways (thread-safe).

    Parameters
    ----------
    root : Path
        The storage root.
    runs : callable
        Returns every run of the root that is not deleted.
    """

    def __init__(self, root: Path, runs: Callable[[], Iterable[Linked]]) -> None:
        self._root = root
        self._runs = runs
        self._lock = threading.Lock()
        self._held: dict[tuple[str, str], tuple[object, tuple[Link, ...]]] = {}

    def snapshot(self) -> Links:
        """Return the links as they stand now; the runs are looked at when they are asked for."""
        return Links({run.run_id: run for run in self._runs()}, self._read)

    def _read(self, run: Linked, name: str) -> tuple[Link, ...]:
        place = f"{run.directory}/{name}"
        try:
            found = os.stat(f"{self._root}/{place}")  # noqa: PTH116 - of every run
        except OSError:
            return ()
        stamp = found.st_ino, found.st_size, found.st_mtime_ns
        with self._lock:
            held = self._held.get((run.directory, name))
        if held is None or held[0] != stamp:
            document = read_json(self._root, place) or {}
            held = stamp, tuple(_assets(document) if name == ASSETS else _artifacts(document, name))
            with self._lock:
                self._held[run.directory, name] = held
        return held[1]


class Links:
    """The links of one moment.

    Parameters
    ----------
    runs : mapping of str to Linked
        By id.
    read : callable
        Gives the links in one file of a run.
    """

    def __init__(self, runs: Mapping[str, Linked], read: Callable[[Linked, str], tuple[Link, ...]]) -> None:
        self.runs = runs
        self._read = read
        self._ends: dict[End, list[tuple[str, Link]]] | None = None
        self._assets: dict[End, list[tuple[str, Link]]] | None = None

    def of_run(self, run_id: str) -> list[Link]:
        """Return what a run took and made; nothing of one that is not there."""
        run = self.runs.get(run_id)
        if run is None:
            return []
        files = [CREATED, USED, ASSETS] if run.has_artifacts else [ASSETS]
        return [link for name in files for link in self._read(run, name)]

    def of_end(self, end: End) -> list[tuple[str, Link]]:
        """Return the runs that took or made `end`, and how."""
        if end.kind == "artifact":
            if self._ends is None:
                self._ends = self._gather((run for run in self.runs.values() if run.has_artifacts), (CREATED, USED))
            return self._ends.get(end, [])
        if self._assets is None:
            self._assets = self._gather(self.runs.values(), (ASSETS,))
        return self._assets.get(end, [])

    def _gather(self, runs: Iterable[Linked], files: tuple[str, ...]) -> dict[End, list[tuple[str, Link]]]:
        found: dict[End, list[tuple[str, Link]]] = {}
        for run in runs:
            for name in files:
                for link in self._read(run, name):
                    found.setdefault(link.end, []).append((run.run_id, link))
        return found


def _artifacts(document: Mapping[str, Any], file: str) -> Iterable[Link]:
    rows = document.get("artifacts")
    for row in rows if isinstance(rows, list) else ():
        fields = as_mapping(row)
        name, version = as_text(fields.get("name")), as_whole(fields.get("version"))
        if name is not None and version is not None:
            end = End("artifact", as_text(fields.get("type")) or "custom", name, version)
            at = as_number(fields.get("created_at" if file == CREATED else "used_at"))
            yield Link(end, "produces" if file == CREATED else "uses", at, fields)


def _assets(document: Mapping[str, Any]) -> Iterable[Link]:
    for key, kind, role in _KINDS:
        rows = document.get(key)
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict):
                yield _asset(kind, role, row)
    snapshot = as_mapping(as_mapping(document.get("code")).get("snapshot"))
    if snapshot:
        yield _asset("code", "uses", {"name": "code snapshot", **snapshot})


def _asset(kind: str, role: Role, row: Mapping[str, Any]) -> Link:
    """Return the link to an asset: one content is one asset, whatever it is called; without it the address is."""
    fingerprint, address = as_text(row.get("fingerprint")), row.get("uri", row.get("path_or_uri"))
    name = as_text(row.get("name")) or kind
    mark = fingerprint or hashlib.sha256(repr((kind, name, address)).encode("utf-8", "replace")).hexdigest()
    told = {"type": kind, "name": name, "uri": address, "fingerprint": fingerprint, "saved": row.get("saved")}
    told["size"] = as_whole(row.get("total_size_bytes"))
    at = as_number(row.get("created_at", row.get("archived_at")))
    return Link(End("asset", "", mark[:32], 0), role, at, told)
