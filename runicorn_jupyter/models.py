"""What crosses a wire: frozen dataclasses, the same in the kernel, over HTTP and in a saved notebook.

Every time is a float of Unix seconds unless a field says otherwise. ``None`` means "the files do not say".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = str
"""The word of status.json: ``running``, ``finished``, ``failed``, ``interrupted`` (or what the file says)."""

State = Literal["running", "finished", "failed", "interrupted", "lost", "unknown", "stale", "idle"]
"""What we conclude: the status, corrected by heartbeat, process and growth (D24)."""

LIVE_STATES: frozenset[str] = frozenset({"running", "idle"})


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One metric of a run in five numbers; only finite values count, ``count`` counts every point."""

    last: float | None = None
    min: float | None = None
    max: float | None = None
    first: float | None = None
    count: int = 0


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
            Documents to add. ``metrics`` maps a name to ``{last, min, max, first, count}``.
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
        }
        for column in columns:
            item[column] = _as_document(getattr(self, column))
        return item


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs a list is about; an empty filter is all of them. Conditions join with *and*."""

    project: str | None = None
    name: str | None = None
    status: str | None = None
    """One of the status or state words, or several joined by commas."""
    text: str | None = None
    """A case-insensitive substring of id, project, name, alias or a tag."""
    ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of a list, and whether it tells the whole truth yet.

    ``complete`` is false while the first walk over the root is under way; ``pending`` runs are then still unread.
    """

    runs: tuple[RunRecord, ...]
    total: int
    version: int
    complete: bool = True
    pending: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after a version of the index: ids to read again, ids that are gone."""

    version: int
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one metric of one run, ready to draw.

    ``x`` and ``y`` have equal length and ``x`` never falls. ``exact`` says that every point of the window is here;
    otherwise the points are the smallest and largest value of each of equally many points, so no spike is lost.
    ``total`` is the number of points in the window. A value that is not finite is ``nan`` in ``y``.
    """

    run: str
    metric: str
    x: Sequence[float]
    y: Sequence[float]
    total: int
    exact: bool

    def wire(self) -> dict[str, Any]:
        """Return the JSON form; a value that is not finite becomes null."""
        return {
            "run": self.run,
            "metric": self.metric,
            "x": list(self.x),
            "y": [value if value - value == 0.0 else None for value in self.y],
            "total": self.total,
            "exact": self.exact,
        }


@dataclass(frozen=True, slots=True)
class MetricRows:
    """The documented row form of a run's metrics (contract R7, R8): one dict a step, every row holds every column."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    total: int
    last_step: int | None
    clipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One logged image; `path` is relative to the run directory and always inside it."""

    key: str
    path: str
    step: int | None
    caption: str | None
    time: float | None


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the store can be trusted right now."""

    storage: str
    version: str
    complete: bool
    pending: int
    runs: int
    curve_cache: Mapping[str, int]
    notes: tuple[str, ...] = ()


def _as_document(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asdict(value) if isinstance(value, MetricSummary) else value for name, value in values.items()}
