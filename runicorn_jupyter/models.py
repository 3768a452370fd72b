"""What crosses a wire: frozen dataclasses, the same in the kernel, over HTTP and in a saved notebook.

Every time is a float of Unix seconds unless a field says otherwise. ``None`` means "the files do not say".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any, Literal

Status = str
"""The word of status.json: ``running``, ``finished``, ``failed``, ``interrupted`` (or what the file says)."""

State = Literal["running", "finished", "failed", "interrupted", "lost", "unknown", "stale", "idle"]
"""What we conclude: the status, corrected by heartbeat, process and growth (D24)."""

_EXACT = 2**53

LIVE_STATES: frozenset[str] = frozenset({"running", "idle"})


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
    query: str | None = None
    """A condition in the query language (docs/query.md), such as ``lr < 1e-2 and acc.max > 0.9``."""


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of a list, and whether it tells the whole truth yet.

    ``complete`` is false while the first walk over the root is under way; ``pending`` runs are then still unread.
    When ``total_is_capped``, there are at least ``total`` runs. ``cursor`` is where the next page begins, None at the
    end and in a list without limit.
    """

    runs: tuple[RunRecord, ...]
    total: int
    version: int
    complete: bool = True
    pending: int = 0
    total_is_capped: bool = False
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ItemPage:
    """The same page with each run as the JSON text of its list item, to be sent as it is."""

    items: tuple[bytes, ...]
    total: int
    version: int
    complete: bool = True
    pending: int = 0
    total_is_capped: bool = False
    cursor: str | None = None

    @property
    def mark(self) -> str:
        """A text that stays the same while the whole list does."""
        return list_mark(self.version, self.complete, self.pending)

    def body(self) -> bytes:
        """Return the JSON list."""
        return b"".join(self.pieces())

    def pieces(self, size: int = 1000) -> Iterator[bytes]:
        """Yield the JSON list in pieces of `size` items, for a list too long to be held twice."""
        for start in range(0, max(len(self.items), 1), size):
            yield (b"," if start else b"[") + b",".join(self.items[start : start + size])
        yield b"]"


@dataclass(frozen=True, slots=True)
class Facet:
    """Which values the runs of a list have under one key, and how many runs have each.

    ``values`` are the most frequent ones; ``rest`` runs have one of ``more`` further values, and ``missing`` runs have
    none. When there are too many different numbers for that, none of them is in ``values``, their runs are in ``rest``
    too, and ``low`` and ``high`` say how far they reach.
    A run counts once for each of its tags; else the counts add up to the runs of the list.
    """

    key: str
    values: tuple[tuple[str | float, int], ...]
    more: int = 0
    rest: int = 0
    missing: int = 0
    low: float | None = None
    high: float | None = None

    def wire(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "key": self.key,
            "values": [{"value": value, "count": count} for value, count in self.values],
            "more": self.more,
            "rest": self.rest,
            "missing": self.missing,
            "min": self.low,
            "max": self.high,
        }


@dataclass(frozen=True, slots=True)
class Facets:
    """The facets of a list, and how long and how whole that list is (see ``RunPage``)."""

    facets: tuple[Facet, ...]
    total: int
    version: int
    complete: bool = True
    pending: int = 0
    total_is_capped: bool = False

    @property
    def mark(self) -> str:
        """A text that stays the same while the whole list does."""
        return list_mark(self.version, self.complete, self.pending)


def list_mark(version: int, complete: bool, pending: int) -> str:
    """Return a text that stays the same while every list of a root does, and what is said of its wholeness."""
    return f"{version:x}.{pending:x}{'' if complete else '+'}"


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after a version of the index: ids to read again, ids that are gone.

    ``all`` says that the version asked for is not known: what is not listed under ``changed`` is gone, too.
    ``complete`` and ``pending`` are those of a page of runs.
    """

    version: int
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    all: bool = False
    complete: bool = True
    pending: int = 0


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

    def wire(self, *, kinds: bool = False) -> dict[str, Any]:
        """Return the JSON form; a value that is not finite becomes null, whole numbers are written as such.

        With `kinds`, ``kinds`` lists where a null of ``y`` stands for ``nan``, ``inf`` or ``-inf``.
        """
        finite = all(map(isfinite, self.y))
        form = {
            "run": self.run,
            "metric": self.metric,
            "x": _shortest(self.x),
            "y": _shortest(self.y) if finite else [value if isfinite(value) else None for value in self.y],
            "total": self.total,
            "exact": self.exact,
        }
        if kinds:
            form["kinds"] = {} if finite else _kinds(self.y)
        return form


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of a run that was logged with one ``stage``, on the axis that was asked for."""

    stage: str
    x0: float
    x1: float

    def wire(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"stage": self.stage, "x0": self.x0, "x1": self.x1}


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
    """One logged image, or file of another `kind`; `path` is relative to the run directory and always inside it."""

    key: str
    path: str
    step: int | None
    caption: str | None
    time: float | None
    kind: str = "image"


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


def _shortest(values: Sequence[float]) -> Sequence[float]:
    """Return the values as integers when all of them are whole: fewer bytes, the same numbers."""
    if values and float(values[0]).is_integer() and max(values) <= _EXACT and min(values) >= -_EXACT:
        whole = list(map(int, values))
        return whole if whole == values else values
    return values


def _kinds(values: Sequence[float]) -> dict[str, list[int]]:
    odd = [(at, str(value)) for at, value in enumerate(values) if not isfinite(value)]
    return {kind: [at for at, found in odd if found == kind] for kind in dict.fromkeys(kind for _, kind in odd)}
