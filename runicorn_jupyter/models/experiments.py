"""The v2 list of experiments: what is asked for, and a page of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

EXPERIMENT_ORDERS = (
    "created_at",
    "created_time",
    "updated_at",
    "started_at",
    "ended_at",
    "id",
    "project",
    "name",
    "path",
    "alias",
    "status",
    "state",
    "best_metric_value",
    "best_metric_name",
    "last_step",
    "duration",
)
"""What v2 lists may be sorted by."""


@dataclass(frozen=True, slots=True)
class ExperimentQuery:
    """Which experiments, in which order, and which page of them (contract R18). Conditions join with *and*."""

    project: str | None = None
    name: str | None = None
    status: str | None = None
    """One of the status or state words, or several joined by commas."""
    tags: tuple[str, ...] = ()
    """All of them must be there."""
    search: str | None = None
    created_after: float | None = None
    created_before: float | None = None
    best_metric_min: float | None = None
    best_metric_max: float | None = None
    include_deleted: bool = False
    """Runs in the recycle bin, too; those of the bin have no tags and no best metric."""
    page: int = 1
    per_page: int = 50
    order_by: str = "created_at"
    order_desc: bool = True


@dataclass(frozen=True, slots=True)
class ExperimentPage:
    """One page; each item is the list item of a run, with where its logs and metrics lie.

    When ``total_is_capped``, there are at least ``total`` experiments.
    """

    experiments: tuple[dict[str, Any], ...]
    total: int
    has_next: bool
    total_is_capped: bool = False


@dataclass(frozen=True, slots=True)
class MetricsSummary:
    """What was logged in a run: how many values, of which metrics, over which steps."""

    total_data_points: int
    available_metrics: tuple[str, ...]
    first_step: int | None
    last_step: int | None
    files: int
    environment: bool


@dataclass(frozen=True, slots=True)
class MetricPoints:
    """The numbers of some metrics as points, and how many logged values are no finite number."""

    metrics: dict[str, list[dict[str, Any]]]
    skipped: int
