"""Every artifact of a root behind a handful of verbs; what a door asks for, no more."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from runicorn_jupyter.errors import DiskFull, Forbidden, VersionNotFound
from runicorn_jupyter.models import (
    ArtifactItem,
    ArtifactStats,
    Collected,
    Lineage,
    Verified,
    VersionDetail,
    VersionFiles,
    VersionItem,
)
from runicorn_jupyter.store.artifacts import fetching, lifecycle, reading, removal, totals, verify, zipped
from runicorn_jupyter.store.artifacts.catalog import Catalog
from runicorn_jupyter.store.artifacts.drawing import as_dot, as_mermaid
from runicorn_jupyter.store.artifacts.lineage import Graph
from runicorn_jupyter.store.artifacts.links import End, Linked, LinkTable
from runicorn_jupyter.store.artifacts.pool import Pool
from runicorn_jupyter.store.artifacts.references import Fetch
from runicorn_jupyter.store.artifacts.verify import Steps
from runicorn_jupyter.store.media import MediaFile

Version = int | str
"""A number, ``v3``, or an alias."""


class Artifacts:
    """The artifacts of one root (thread-safe); reading never changes anything in it.

    Wherever a name is given, `type` says which artifact is meant when several types have one of that name.
    ArtifactNotFound, VersionNotFound and AmbiguousArtifact say why there is no answer.

    Parameters
    ----------
    root : Path
        The storage root.
    runs : callable, optional
        Returns the runs of the root, for lineage.
    opener : callable, optional
        Opens an http(s) address, to compare references with what lies there.
    """

    def __init__(self, root: Path, runs: Callable[[], Iterable[Linked]] = tuple, opener: Fetch | None = None) -> None:
        self._root = root
        self._opener = opener
        self._catalog = Catalog(root)
        self._pool = Pool(root)
        self._links = LinkTable(root, runs)
        self._stats: tuple[int, ArtifactStats | None] = 0, None
        self._told: tuple[tuple[ArtifactItem, ...], bytes] = (), b"[]"

    def list(self, type: str | None = None, limit: int | None = None, offset: int = 0) -> Sequence[ArtifactItem]:  # noqa: A002 - the documented name
        """Return the artifacts, of one type or all, the latest changed first."""
        every = self._catalog.all()
        found = every if type is None else [item for item in every if item.type == type]
        return found[offset : None if limit is None else offset + limit]

    def list_json(self) -> bytes:
        """Return the list of all artifacts as JSON, made anew only when one of them changed."""
        every = self._catalog.all()
        known, text = self._told
        if known is not every:
            text = orjson.dumps([item.item() for item in every])
            self._told = every, text
        return text

    def find(self, name: str, type: str | None = None) -> ArtifactItem:  # noqa: A002
        """Return one artifact."""
        return self._catalog.find(name, type)

    def versions(self, name: str, type: str | None = None) -> Sequence[VersionItem]:  # noqa: A002
        """Return the versions of an artifact, ascending."""
        return reading.rows(self._root, self.find(name, type))

    def version(self, name: str, version: Version = "latest", type: str | None = None) -> VersionDetail:  # noqa: A002
        """Return one version."""
        return reading.detail(self._root, *self._found(name, version, type))

    def files(self, name: str, version: Version = "latest", type: str | None = None) -> VersionFiles:  # noqa: A002
        """Return what is in a version."""
        item, number = self._found(name, version, type)
        folder = f"{self._root}/{reading.folder_of(item, number)}/files"
        return VersionFiles(f"{item.name}:v{number}", reading.manifest(self._root, item, number), folder)

    def open_file(self, name: str, version: Version, path: str, type: str | None = None) -> MediaFile:  # noqa: A002
        """Open a file of a version for reading; the caller closes its descriptor."""
        item, number = self._found(name, version, type)
        return reading.open_file(self._root, item, number, path)

    def archive(self, name: str, version: Version, type: str | None = None) -> tuple[str, Iterator[bytes]]:  # noqa: A002
        """Return a file name and the bytes of a zip archive with all files of a version, made while it is read."""
        item, number = self._found(name, version, type)
        return f"{item.name}-v{number}.zip", zipped.stream(self._root, item, number)

    def fetch(self, name: str, version: Version, target: Path, type: str | None = None) -> int:  # noqa: A002
        """Copy every file of a version below a folder, each checked on the way; return how many."""
        item, number = self._found(name, version, type)
        return fetching.fetch(self._root, item, number, target)

    def stats(self) -> ArtifactStats:
        """Return what all artifacts come to; its cost does not depend on how many files they have."""
        every = self._catalog.all()
        looks, known = self._stats
        if known is None or looks != self._catalog.looks:
            looks = self._catalog.looks
            known = totals.stats_of(every, *self._pool.totals())
            self._stats = looks, known
        return known

    def lineage(self, name: str, version: Version = "latest", type: str | None = None, depth: int = 3) -> Lineage:  # noqa: A002
        """Return where a version comes from and what came of it, `depth` artifacts far (at most 10)."""
        item, number = self._found(name, version, type)
        end = End("artifact", item.type, item.name, number)
        return Graph(self._root, self._catalog, self._links.snapshot(), depth).around(end)

    def run_lineage(self, run_id: str, depth: int = 3) -> Lineage:
        """Return what a run took and made, and what lies before and behind that."""
        return Graph(self._root, self._catalog, self._links.snapshot(), depth).around(run_id)

    @staticmethod
    def draw(graph: Lineage, language: str) -> str:
        """Return a lineage graph as text in the language ``dot`` (Graphviz) or ``mermaid``."""
        return as_dot(graph) if language == "dot" else as_mermaid(graph)

    def verify(
        self,
        name: str,
        version: Version = "latest",
        type: str | None = None,  # noqa: A002
        *,
        fetch: bool = False,
    ) -> Verified:
        """Read every byte of a version and return what is not as it was saved; `fetch` as for `verifying`."""
        return verify.verify(self._root, *self._found(name, version, type), self._opener if fetch else None)

    def verifying(
        self,
        name: str,
        version: Version = "latest",
        type: str | None = None,  # noqa: A002
        *,
        fetch: bool = False,
    ) -> Steps:
        """Do the same, saying how far it is; with `fetch` references to http(s) addresses are read from there too."""
        return verify.steps(self._root, *self._found(name, version, type), self._opener if fetch else None)

    def delete(self, name: str, version: Version, type: str | None = None, *, permanent: bool = False) -> VersionDetail:  # noqa: A002
        """Delete a version, so that it can be restored or `permanent`; return what it was."""
        item, number = self._found(name, version, type)
        with _changing():
            try:
                before = reading.detail(self._root, item, number)
            except VersionNotFound:
                if not permanent:
                    raise
                before = VersionDetail(item.name, item.type, number)  # its files are gone already; the entry goes too
            (removal.remove if permanent else removal.mark_deleted)(self._root, item, number)
        return replace(before, deleted=True)

    def restore(self, name: str, version: Version, type: str | None = None) -> VersionDetail:  # noqa: A002
        """Take a soft deletion back."""
        item, number = self._found(name, version, type)
        with _changing():
            removal.unmark_deleted(self._root, item, number)
        return reading.detail(self._root, item, number)

    def collect(self, *, dry_run: bool = True) -> Collected:
        """Free what no version needs any more; with `dry_run` only say how much that is."""
        with _changing():
            return removal.collect(self._root, self._catalog, self._pool, dry_run=dry_run)

    def set_alias(self, name: str, alias: str, version: Version | None, type: str | None = None) -> ArtifactItem:  # noqa: A002
        """Let `alias` mean a version, or with None nothing any more; return the artifact as it is then."""
        item = self.find(name, type)
        number = None if version is None else reading.number_of(self._root, item, version)
        with _changing():
            lifecycle.set_alias(self._root, item, alias, number)
        return self.find(item.name, item.type)

    def promote(
        self,
        name: str,
        version: Version,
        to_stage: str,
        *,
        notes: str | None = None,
        evaluator_run_id: str | None = None,
        type: str | None = None,  # noqa: A002
    ) -> tuple[str, VersionDetail]:
        """Move a version to another stage; return the stage it was in, and the version as it is now."""
        item, number = self._found(name, version, type)
        with _changing():
            before = lifecycle.promote(self._root, item, number, to_stage, notes, evaluator_run_id)
        return before, self.version(name, number, item.type)

    def evaluate(self, name: str, version: Version, told: Mapping[str, Any], type: str | None = None) -> str:  # noqa: A002
        """Keep an evaluation of a version and return its id."""
        item, number = self._found(name, version, type)
        with _changing():
            return lifecycle.evaluate(self._root, item, number, told)

    def evaluations(self, name: str, version: int | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the evaluations of an artifact, the newest first."""
        return lifecycle.evaluations(self._root, name, version)

    def _found(self, name: str, version: Version, type_: str | None) -> tuple[ArtifactItem, int]:
        item = self.find(name, type_)
        number = reading.number_of(self._root, item, version)
        return item, number


@contextmanager
def _changing() -> Iterator[None]:
    """Tell a full or unwritable disk in a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull("The disk is full; make room and try again.") from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise Forbidden("This account may not change the artifacts of this root.") from error
        raise
