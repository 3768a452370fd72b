"""Artifacts as every door shows them: versions, files, what they came from and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

STAGES = ("experimental", "staging", "production", "archived")
"""The life of a version, in order."""


@dataclass(frozen=True, slots=True)
class VersionItem:
    """One version as its artifact's index tells of it; ``aliases`` are those that point to it now."""

    version: int
    created_at: float | None = None
    created_by_run: str | None = None
    size_bytes: int = 0
    num_files: int = 0
    status: str = "ready"
    aliases: tuple[str, ...] = ()
    deleted: bool = False

    def item(self) -> dict[str, Any]:
        """Return the documented row (contract R12), and whether it is deleted."""
        return {**asdict(self), "aliases": list(self.aliases)}


@dataclass(frozen=True, slots=True)
class ArtifactItem:
    """One artifact: a type, a name, and its versions in ascending order."""

    name: str
    type: str
    versions: tuple[VersionItem, ...] = ()
    aliases: Mapping[str, int] = field(default_factory=dict)
    created_at: float | None = None
    updated_at: float | None = None

    @property
    def latest(self) -> VersionItem | None:
        """The highest version, None when there is none."""
        return self.versions[-1] if self.versions else None

    def item(self) -> dict[str, Any]:
        """Return the documented row (contract R11)."""
        latest = self.latest
        return {
            "name": self.name,
            "type": self.type,
            "num_versions": len(self.versions),
            "latest_version": latest.version if latest else 0,
            "size_bytes": latest.size_bytes if latest else 0,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "aliases": dict(self.aliases),
        }


@dataclass(frozen=True, slots=True)
class VersionDetail:
    """One version with all that its metadata.json says."""

    name: str
    type: str
    version: int
    created_at: float | None = None
    updated_at: float | None = None
    created_by_run: str | None = None
    created_by_user: str | None = None
    size_bytes: int = 0
    num_files: int = 0
    num_references: int = 0
    status: str = "ready"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    parent_artifacts: tuple[str, ...] = ()
    manifest_digest: str | None = None
    lifecycle_stage: str = "experimental"
    stage_transitions: tuple[Mapping[str, Any], ...] = ()
    deleted: bool = False

    @property
    def full_name(self) -> str:
        """``name:vN``, by which it is used."""
        return f"{self.name}:v{self.version}"

    def item(self) -> dict[str, Any]:
        """Return the documented object (contract R13), our own fields after it."""
        return {
            **asdict(self),
            "tags": list(self.tags),
            "aliases": list(self.aliases),
            "parent_artifacts": list(self.parent_artifacts),
            "stage_transitions": [dict(step) for step in self.stage_transitions],
        }


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a version: its path in it, bytes, ``sha256:…`` and when its original was last written."""

    path: str
    size: int
    digest: str
    modified_at: float | None = None

    def item(self) -> dict[str, Any]:
        """Return it as manifest.json holds it."""
        return {"path": self.path, "size": self.size, "digest": self.digest, "modified_at": self.modified_at}


@dataclass(frozen=True, slots=True)
class ReferenceEntry:
    """Something a version names that lies elsewhere."""

    uri: str
    checksum: str | None = None
    size: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that is in a version."""

    files: tuple[FileEntry, ...] = ()
    references: tuple[ReferenceEntry, ...] = ()
    total_size: int = 0
    created_at: float | None = None

    def item(self) -> dict[str, Any]:
        """Return the document as manifest.json holds it."""
        return {
            "files": [file.item() for file in self.files],
            "references": [asdict(reference) for reference in self.references],
            "total_size": self.total_size,
            "total_files": len(self.files),
            "total_references": len(self.references),
            "created_at": self.created_at,
        }


@dataclass(frozen=True, slots=True)
class VersionFiles:
    """The files of a version and where they lie on this machine."""

    artifact: str
    manifest: Manifest
    folder: str

    def item(self) -> dict[str, Any]:
        """Return the documented object (contract R14)."""
        told = self.manifest.item()
        del told["created_at"]
        for file in told["files"]:
            file.update(absolute_path=f"{self.folder}/{file['path']}", is_remote=False)
        return {"artifact": self.artifact, **told, "is_remote": False}


@dataclass(frozen=True, slots=True)
class TypeTotals:
    """What the artifacts of one type come to."""

    count: int = 0
    versions: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ArtifactStats:
    """What all artifacts of a root come to, and what keeping equal files once saves."""

    total_artifacts: int
    total_versions: int
    total_size_bytes: int
    total_files: int
    by_type: Mapping[str, TypeTotals]
    dedup_pool_size_bytes: int
    dedup_pool_files: int

    def item(self) -> dict[str, Any]:
        """Return the documented object (contract R16)."""
        saved = self.total_size_bytes - self.dedup_pool_size_bytes
        return {
            "total_artifacts": self.total_artifacts,
            "total_versions": self.total_versions,
            "total_size_bytes": self.total_size_bytes,
            "total_files": self.total_files,
            "dedup_enabled": True,
            "by_type": {name: asdict(totals) for name, totals in self.by_type.items()},
            "dedup_pool_size_bytes": self.dedup_pool_size_bytes,
            "dedup_pool_files": self.dedup_pool_files,
            "space_saved_bytes": saved,
            "dedup_ratio": saved / self.total_size_bytes if self.total_size_bytes else 0,
        }


@dataclass(frozen=True, slots=True)
class Collected:
    """What a garbage collection freed, or would free: blobs no version holds, and versions that were never finished."""

    blobs: int
    leftovers: int
    freed_bytes: int
    dry_run: bool

    def item(self) -> dict[str, Any]:
        """Return it as it goes over the wire."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a version came to when every byte was read: a sentence for each file or reference that is wrong.

    ``unchecked`` says of each reference that was not read why it was not; ``references`` counts those that were.
    """

    artifact: str
    files: int
    size_bytes: int
    problems: Mapping[str, str] = field(default_factory=dict)
    references: int = 0
    unchecked: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether all that was read is as it was saved."""
        return not self.problems

    def item(self) -> dict[str, Any]:
        """Return it as it goes over the wire."""
        return {**asdict(self), "ok": self.ok}


@dataclass(frozen=True, slots=True)
class Verifying:
    """How far a verification is, in bytes; a reference without a known size counts nothing."""

    done_bytes: int
    total_bytes: int

    def item(self) -> dict[str, Any]:
        """Return it as it goes over the wire."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LineageNode:
    """An artifact version, a run, or what a run named as its data, code, model or output."""

    node_type: Literal["artifact", "run", "asset"]
    node_id: str
    label: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """``uses`` leads from a thing to the run that took it, ``produces`` from a run to what it made."""

    source: str
    target: str
    edge_type: Literal["uses", "produces"]
    created_at: float | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """A graph around one node; ``truncated`` says that the depth limit or the size limit cut it."""

    root: str
    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]
    truncated: bool = False

    def item(self) -> dict[str, Any]:
        """Return the documented object (contract R15)."""
        return {
            "root_artifact": self.root,
            "nodes": [asdict(node) for node in self.nodes],
            "edges": [asdict(edge) for edge in self.edges],
            "truncated": self.truncated,
        }
