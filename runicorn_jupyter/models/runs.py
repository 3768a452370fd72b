"""A run as every door shows it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NotRequired, TypedDict

Status = str
"""The word of status.json: ``running``, ``finished``, ``failed``, ``interrupted`` (or what the file says)."""

State = Literal["running", "finished", "failed", "interrupted", "lost", "unknown", "stale", "idle"]
"""What we conclude: the status, corrected by heartbeat, process and growth (D24)."""

LIVE_STATES: frozenset[str] = frozenset({"running", "idle"})


class RunFacts(TypedDict):
    """A run as lists have it (contract R1), our own fields after the documented ones."""

    id: str
    run_dir: str
    created_time: float | None
    status: Status
    pid: int | None
    best_metric_value: float | None
    best_metric_name: str | None
    project: str
    name: str
    artifacts_created_count: int
    artifacts_used_count: int
    state: State
    state_reason: str
    path: str | None
    alias: str | None
    tags: list[str]
    created_at: float | None
    started_at: float | None
    ended_at: float | None
    updated_at: float | None
    hostname: str | None
    last_step: int | None
    problems: list[str]
    notes: str
    best_metric_step: int | None
    best_metric_mode: str | None
    bad_lines: int


class RunItem(RunFacts):
    """The same, with the wide columns that were asked for."""

    config: NotRequired[dict[str, Any]]
    summary: NotRequired[dict[str, Any]]
    metrics: NotRequired[dict[str, MetricSummary]]


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One metric of a run in six numbers; only finite values count, ``count`` counts every point."""

    last: float | None = None
    min: float | None = None
    max: float | None = None
    first: float | None = None
    count: int = 0
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as every door shows it, read from its directory and nothing else.

    ``run_dir`` is absolute and of this machine: doors give it to the owner over HTTP (the contract says so),
    never into a saved output.
    """

    id: str
    project: str
    name: str
    run_dir: str
    status: Status = "unknown"
    state: State = "unknown"
    state_reason: str = ""
    path: str | None = None
    alias: str | None = None
    created_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    updated_at: float | None = None
    pid: int | None = None
    hostname: str | None = None
    tags: tuple[str, ...] = ()
    notes: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, MetricSummary] = field(default_factory=dict)
    best_metric_name: str | None = None
    best_metric_value: float | None = None
    best_metric_step: int | None = None
    best_metric_mode: str | None = None
    last_step: int | None = None
    bad_lines: int = 0
    artifacts_created_count: int = 0
    artifacts_used_count: int = 0
    problems: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """Whether more points may still come."""
        return self.state in LIVE_STATES

    def item(self, columns: Collection[str] = ()) -> dict[str, Any]:
        """Return the documented list item (contract R1), our own fields after it, and the wide `columns` asked for.

        Parameters
        ----------
        columns : collection of {"config", "summary", "metrics"}
            Documents to add. ``metrics`` maps a name to ``{last, min, max, first, count, mean}``.
        """
        item: dict[str, Any] = {
            "id": self.id,
            "run_dir": self.run_dir,
            "created_time": self.created_at,
            "status": self.status,
            "pid": self.pid,
            "best_metric_value": self.best_metric_value,
            "best_metric_name": self.best_metric_name,
            "project": self.project,
            "name": self.name,
            "artifacts_created_count": self.artifacts_created_count,
            "artifacts_used_count": self.artifacts_used_count,
            "state": self.state,
            "state_reason": self.state_reason,
            "path": self.path,
            "alias": self.alias,
            "tags": list(self.tags),
            "created_at": self.created_at,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "updated_at": self.updated_at,
            "hostname": self.hostname,
            "last_step": self.last_step,
            "problems": list(self.problems),
            "notes": self.notes,
            "best_metric_step": self.best_metric_step,
            "best_metric_mode": self.best_metric_mode,
            "bad_lines": self.bad_lines,
        }
        for column in columns:
            item[column] = _as_document(getattr(self, column))
        return item


def _as_document(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asdict(value) if isinstance(value, MetricSummary) else value for name, value in values.items()}
