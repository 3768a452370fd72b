"""The v2 API (R18–R21): experiments by page with filters that apply, their metrics, deleting many."""

from __future__ import annotations

import re
import time
from typing import Any, TypedDict

from runicorn_jupyter.errors import BadRequest, RunNotFound
from runicorn_jupyter.models import EXPERIMENT_ORDERS, ExperimentPage, ExperimentQuery, MetricsSummary
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body, query
from runicorn_jupyter.server.request.fields import RUN_ERRORS, answers, made_by
from runicorn_jupyter.server.request.marked import MarkedGate
from runicorn_jupyter.server.runs.recycle import Result
from runicorn_jupyter.workspace import Workspace

_PAGES = 1_000_000
_BATCH = 1000
_IDS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": _BATCH}
_POINTS = (2, 1_000_000)
_RANGE = re.compile(r"(-?[0-9]{1,18}):(-?[0-9]{1,18})")


class ExperimentList(TypedDict):
    """One page of experiments, each the list item of a run and where its files lie."""

    experiments: list[dict[str, Any]]
    total: int
    total_is_capped: bool
    page: int
    per_page: int
    has_next: bool
    has_prev: bool
    query_time_ms: float


class StepRange(TypedDict):
    """The first and the last step."""

    min: int
    max: int


class SummaryOfMetrics(TypedDict):
    """What was logged."""

    total_data_points: int
    available_metrics: list[str]
    step_range: StepRange | None


class ExperimentDetail(TypedDict):
    """One experiment and what was logged in it."""

    experiment: dict[str, Any]
    metrics_summary: SummaryOfMetrics
    environment_available: bool
    file_count: int


class AppliedFilters(TypedDict):
    """What narrowed the rows."""

    metrics: list[str] | None
    step_range: list[int] | None
    downsampled: bool


class FastMetrics(TypedDict):
    """Rows of a run, one a step."""

    columns: list[str]
    rows: list[dict[str, Any]]
    query_time_ms: float
    total_points: int
    applied_filters: AppliedFilters


class BatchDeleted(TypedDict):
    """What became of each experiment."""

    deleted_count: int
    results: dict[str, Result]
    message: str


def asked_experiments(
    *,
    project: str | None = query.text("Only experiments of this project"),
    name: str | None = query.text("Only experiments of this name"),
    status: str | None = query.text("Only of this status or state, or of several, separated by commas"),
    tags: list[str] = query.words("Only with all of these tags"),
    search: str | None = query.text("Only with this in id, project, name, alias or a tag"),
    created_after: float | None = query.number("Created at this Unix time or later"),
    created_before: float | None = query.number("Created at this Unix time or earlier"),
    best_metric_min: float | None = query.number("The best metric is at least this"),
    best_metric_max: float | None = query.number("The best metric is at most this"),
    include_deleted: bool = query.flag("Those in the recycle bin, too"),
    page: int = query.integer(1, _PAGES, "Which page", default=1),
    per_page: int = query.integer(1, 1000, "How many on a page", default=50),
    order_by: str = query.choice(EXPERIMENT_ORDERS, "What to sort by", default="created_at"),
    order_desc: bool = query.flag("The largest first", default=True),
) -> ExperimentQuery:
    """Return which experiments a request asks for."""
    return ExperimentQuery(
        project, name, status, tuple(tags), search, created_after, created_before, best_metric_min, best_metric_max,
        include_deleted, page, per_page, order_by, order_desc,
    )  # fmt: skip


class ExperimentsHandler(MarkedGate):
    """R18."""

    limited_as = "v2"

    @answers(ExperimentList)
    async def get(self, *, asked: ExperimentQuery = made_by(asked_experiments)) -> None:
        """List experiments by page."""
        if asked.include_deleted:  # the bin may change without the index
            await self.reply(await self.ask(lambda hall: _listed(hall, asked)))
        else:
            await self.reply_marked(lambda hall: _listed(hall, asked))


class ExperimentHandler(Gate):
    """R19."""

    limited_as = "v2"

    @answers(ExperimentDetail, raises=RUN_ERRORS)
    async def get(self, run_id: str) -> None:
        """Describe one experiment and what was logged in it."""
        try:
            await self.reply(await self.ask(lambda hall: _described(hall, run_id)))
        except RunNotFound:
            raise RunNotFound(f"Experiment {run_id[:100]} not found") from None


class FastMetricsHandler(Gate):
    """R20; rows are thinned so that every metric keeps its extremes."""

    limited_as = "v2"

    @answers(FastMetrics, raises=RUN_ERRORS)
    async def get(
        self,
        run_id: str,
        *,
        metric_names: list[str] = query.words("Only these metrics"),
        step_range: str | None = query.text("Only these steps, as min:max"),
        downsample: int | None = query.integer(*_POINTS, "At most so many rows"),
    ) -> None:
        """List the points of an experiment."""
        steps = None if step_range is None else _steps(step_range)
        began = time.perf_counter()
        rows = await self.ask(
            lambda hall: hall.metric_rows(run_id, metrics=metric_names or None, steps=steps, downsample=downsample)
        )
        await self.reply(
            {
                "columns": list(rows.columns),
                "rows": list(rows.rows),
                "query_time_ms": (time.perf_counter() - began) * 1000,
                "total_points": rows.total,
                "applied_filters": {
                    "metrics": metric_names or None,
                    "step_range": None if steps is None else list(steps),
                    "downsampled": len(rows.rows) < rows.total,
                },
            }
        )


class BatchDeleteHandler(Gate):
    """R21; the recycle bin is the same as v1's."""

    limited_as = "delete"

    @answers(BatchDeleted)
    async def post(
        self,
        *,
        exp_ids: list[str] = body.value(_IDS, "Ids of at most 1,000 experiments", required=True),
        reason: str = body.text("Kept with each in the bin", default="user_batch_delete"),
        force: bool = body.flag("Delete what is running, too"),
    ) -> None:
        """Put many experiments into the bin."""
        if not isinstance(exp_ids, list) or not exp_ids:
            raise BadRequest("exp_ids is required")
        if len(exp_ids) > _BATCH:
            raise BadRequest(f"Cannot delete more than {_BATCH} experiments at once")
        outcome = await self.ask(lambda hall: hall.experiments.delete(exp_ids, reason=reason, force=force))
        message = f"Soft deleted {outcome.done} of {len(outcome.errors)} runs"
        await self.reply({"deleted_count": outcome.done, "results": outcome.results(), "message": message})


def _listed(hall: Workspace, asked: ExperimentQuery) -> dict[str, Any]:
    began = time.perf_counter()
    found: ExperimentPage = hall.experiments.page(asked)
    return {
        "experiments": list(found.experiments),
        "total": found.total,
        "total_is_capped": found.total_is_capped,
        "page": asked.page,
        "per_page": asked.per_page,
        "has_next": found.has_next,
        "has_prev": asked.page > 1,
        "query_time_ms": (time.perf_counter() - began) * 1000,
    }


def _described(hall: Workspace, run_id: str) -> dict[str, Any]:
    found: MetricsSummary = hall.experiments.summary(run_id)
    steps = None
    if found.first_step is not None and found.last_step is not None:
        steps = {"min": found.first_step, "max": found.last_step}
    return {
        "experiment": hall.experiments.one(run_id),
        "metrics_summary": {
            "total_data_points": found.total_data_points,
            "available_metrics": list(found.available_metrics),
            "step_range": steps,
        },
        "environment_available": found.environment,
        "file_count": found.files,
    }


def _steps(text: str) -> tuple[int, int]:
    found = _RANGE.fullmatch(text)
    if found is None or int(found[1]) > int(found[2]):
        raise BadRequest("Invalid step_range format, use 'min:max'")
    return int(found[1]), int(found[2])
