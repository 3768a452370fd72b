"""How the routes of artifacts read an address, and the JSON they answer."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from runicorn_jupyter.errors import AmbiguousArtifact, ArtifactNotFound, BadRequest, VersionNotFound
from runicorn_jupyter.server.request import query

ERRORS = (ArtifactNotFound, VersionNotFound, AmbiguousArtifact)
"""What every verb about one artifact may raise."""

_LARGEST = 2**31


def kind_field() -> str | None:
    """Declare the parameter `type`."""
    return query.text("Which artifact is meant when several types have one of this name", name="type")


def number(text: str) -> int:
    """Return the version number in an address.

    Raises
    ------
    BadRequest
        It is no whole number from 1 up.
    """
    plain = text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST))
    if not plain or not 0 < int(text) < _LARGEST:
        raise BadRequest(f"A version is a whole number from 1 to {_LARGEST - 1}, not {text[:40]!r}.")
    return int(text)


class Artifact(TypedDict):
    """One artifact."""

    name: str
    type: str
    num_versions: int
    latest_version: int
    size_bytes: int
    created_at: float | None
    updated_at: float | None
    aliases: dict[str, int]


class VersionRow(TypedDict):
    """One version of an artifact; `aliases` are those that mean it now."""

    version: int
    created_at: float | None
    created_by_run: str | None
    size_bytes: int
    num_files: int
    status: str
    aliases: list[str]
    deleted: bool


class Detail(TypedDict):
    """One version with all that was said about it."""

    name: str
    type: str
    version: int
    created_at: float | None
    updated_at: float | None
    created_by_run: str | None
    created_by_user: str | None
    size_bytes: int
    num_files: int
    num_references: int
    status: str
    metadata: dict[str, Any]
    description: str
    tags: list[str]
    aliases: list[str]
    parent_artifacts: list[str]
    manifest_digest: str | None
    lifecycle_stage: Literal["experimental", "staging", "production", "archived"]
    stage_transitions: list[dict[str, Any]]
    deleted: bool


class File(TypedDict):
    """One file of a version."""

    path: str
    size: int
    digest: str
    modified_at: float | None
    absolute_path: str
    is_remote: bool


class Reference(TypedDict):
    """Something that a version names and that lies elsewhere."""

    uri: str
    checksum: str | None
    size: int | None
    metadata: dict[str, Any]


class Files(TypedDict):
    """What is in a version."""

    artifact: str
    files: list[File]
    references: list[Reference]
    total_size: int
    total_files: int
    total_references: int
    is_remote: bool


class TypeStats(TypedDict):
    """What the artifacts of one type come to."""

    count: int
    versions: int
    size_bytes: int


class Stats(TypedDict):
    """What all artifacts come to."""

    total_artifacts: int
    total_versions: int
    total_size_bytes: int
    total_files: int
    dedup_enabled: bool
    by_type: dict[str, TypeStats]
    dedup_pool_size_bytes: int
    dedup_pool_files: int
    space_saved_bytes: int
    dedup_ratio: float


class VersionDeleted(TypedDict):
    """What was done."""

    success: bool
    message: str


class Promoted(TypedDict):
    """From which stage a version went to which."""

    ok: bool
    artifact: str
    from_stage: str
    to_stage: str
    message: str


class Evaluated(TypedDict):
    """The id of the evaluation that was kept."""

    ok: bool
    eval_id: str
    message: str


class TrainingMetrics(TypedDict):
    """The run that made a version."""

    run_id: str
    run_name: str
    project: str
    metrics: dict[str, Any]
    created_at: float | None
    duration_seconds: float | None
    status: str


class Performance(TypedDict):
    """The numbers of the run that made one version."""

    version: int
    created_at: float | None
    run_id: str | None
    status: str | None
    metrics: dict[str, float]


class Verified(TypedDict):
    """What is not as it was saved, by file or reference; `unchecked` says of each reference that was not read why."""

    artifact: str
    files: int
    size_bytes: int
    problems: dict[str, str]
    references: int
    unchecked: dict[str, str]
    ok: bool


class OfRun(TypedDict):
    """One version that a run made or took; `missing` when it is gone."""

    name: str
    type: str
    version: int
    size_bytes: int
    created_at: float | None
    used_at: NotRequired[float | None]
    description: str | None
    aliases: list[str]
    lifecycle_stage: str | None
    missing: bool
    relation: NotRequired[Literal["created", "used"]]


class RunArtifacts(TypedDict):
    """What a run made and took."""

    created: list[OfRun]
    used: list[OfRun]


class RelatedArtifacts(TypedDict):
    """What a run made and took, in one list."""

    artifacts: list[OfRun]


class Node(TypedDict):
    """An artifact version, a run, or what a run named as its data, code, model or output."""

    node_type: Literal["artifact", "run", "asset"]
    node_id: str
    label: str
    metadata: dict[str, Any]


class Edge(TypedDict):
    """`uses` leads from a thing to the run that took it, `produces` from a run to what it made."""

    source: str
    target: str
    edge_type: Literal["uses", "produces"]
    created_at: float | None


class LineageGraph(TypedDict):
    """The graph around one node; `truncated` says that a limit cut it."""

    root_artifact: str
    nodes: list[Node]
    edges: list[Edge]
    truncated: bool
