"""The documented classes for rows of the API: ``Experiment.from_dict(client.get_run(id))`` and the like.

``from_dict`` takes what a viewer of any version sends: unknown keys are passed over, missing ones have their default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Self

__all__ = [
    "Artifact",
    "Experiment",
    "MetricPoint",
    "MetricSeries",
    "PathInfo",
    "Project",
    "RemoteSession",
    "RunInfo",
]


class _Row:
    """Reads the fields of a dataclass from a mapping."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the object that a row of the API is."""
        known = {one.name for one in fields(cls) if one.init}  # type: ignore[arg-type]
        return cls(**{name: value for name, value in data.items() if name in known and value is not None})


@dataclass(frozen=True)
class Experiment(_Row):
    """One run."""

    id: str
    project: str = ""
    name: str = ""
    status: str = "unknown"
    created_at: float | None = None
    updated_at: float | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    path: str | None = None
    alias: str | None = None
    state: str | None = None
    run_dir: str | None = None
    pid: int | None = None
    best_metric_name: str | None = None
    best_metric_value: float | None = None

    @property
    def created_datetime(self) -> datetime | None:
        """When it was made, in UTC."""
        return None if self.created_at is None else datetime.fromtimestamp(self.created_at, UTC)

    @property
    def created_time(self) -> float | None:
        """The other name of ``created_at``."""
        return self.created_at


RunInfo = Experiment
"""The name of 0.7.2."""


@dataclass(frozen=True)
class MetricPoint(_Row):
    """One value of a metric."""

    step: int
    value: float
    timestamp: float = 0.0


@dataclass(frozen=True)
class MetricSeries:
    """A metric in order of its steps."""

    name: str
    points: Sequence[MetricPoint]

    @classmethod
    def from_dict(cls, name: str, points_data: Sequence[Mapping[str, Any]]) -> Self:
        """Return the series that ``get_metrics(…)["metrics"][name]`` is."""
        return cls(name, [MetricPoint.from_dict(point) for point in points_data])

    @property
    def values(self) -> list[float]:
        """The values."""
        return [point.value for point in self.points]

    @property
    def steps(self) -> list[int]:
        """The steps."""
        return [point.step for point in self.points]

    def last_value(self) -> float | None:
        """Return the value of the last point; None without any."""
        return self.points[-1].value if self.points else None

    def min_value(self) -> float | None:
        """Return the smallest value; None without any."""
        return min(self.values, default=None)

    def max_value(self) -> float | None:
        """Return the largest value; None without any."""
        return max(self.values, default=None)


@dataclass(frozen=True)
class Artifact(_Row):
    """One version of an artifact."""

    name: str
    version: int = 0
    type: str = ""
    created_at: float | None = None
    size_bytes: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)
    aliases: Sequence[str] = ()

    @property
    def id(self) -> str:
        """Its id, ``name:v3``."""
        return f"{self.name}:v{self.version}"

    @property
    def size_mb(self) -> float:
        """Its size in MiB."""
        return self.size_bytes / 1024 / 1024


@dataclass(frozen=True)
class RemoteSession(_Row):
    """A folder of another machine that is shown here."""

    session_id: str
    connection_id: str = ""
    remote_host: str = ""
    remote_port: int = 0
    local_port: int = 0
    remote_root: str = ""
    status: str = "unknown"
    created_at: float = 0.0
    url: str = ""
    environment: str = ""
    reason: str | None = None

    @property
    def local_url(self) -> str:
        """Where to open it."""
        return self.url or f"http://localhost:{self.local_port}"


@dataclass(frozen=True)
class Project(_Row):
    """A project and what is in it."""

    name: str
    experiment_count: int = 0
    latest_update: float | None = None


@dataclass(frozen=True)
class PathInfo:
    """How many runs there are below a path."""

    path: str
    total: int = 0
    running: int = 0
    finished: int = 0
    failed: int = 0

    @classmethod
    def from_dict(cls, path: str, data: Mapping[str, Any]) -> Self:
        """Return what ``list_paths(include_stats=True)["stats"][path]`` is."""
        counts = {name: int(data.get(name, 0)) for name in ("total", "running", "finished", "failed")}
        return cls(path, **counts)
