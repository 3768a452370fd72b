"""What the Python client asks for by these names (K2, K3), and tagging, searching and deleting (X11)."""

from __future__ import annotations

from typing import Any, TypedDict

import orjson

from runicorn_jupyter.models import ExperimentQuery, ItemPage, RunFilter, RunItem
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body, query
from runicorn_jupyter.server.request.fields import RUN_ERRORS, answers
from runicorn_jupyter.server.request.marked import MarkedGate
from runicorn_jupyter.server.runs.lists import COLUMNS
from runicorn_jupyter.server.runs.recycle import Result
from runicorn_jupyter.workspace import Workspace

_LIST_LIMIT = 1_000_000
_IDS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 100}


class ExperimentRows(TypedDict):
    """Experiments with their summaries."""

    experiments: list[RunItem]
    total: int
    total_is_capped: bool


class MetricPoint(TypedDict):
    """One point of a metric; the timestamp is in Unix seconds."""

    step: int
    value: float
    timestamp: float | None


class PointsByMetric(TypedDict):
    """The finite numbers of each metric, and how many logged values are no such number."""

    metrics: dict[str, list[MetricPoint]]
    skipped: int


class Tagged(TypedDict):
    """What became of each run."""

    ok: bool
    success: bool
    tagged_count: int
    results: dict[str, Result]
    message: str


class FoundExperiments(TypedDict):
    """What was found."""

    experiments: list[dict[str, Any]]
    total: int


class DeletedExperiments(TypedDict):
    """What became of each run; they are in the recycle bin."""

    ok: bool
    success: bool
    deleted_count: int
    results: dict[str, Result]
    message: str


class ExperimentRowsHandler(MarkedGate):
    """K2."""

    @answers(ExperimentRows)
    async def get(
        self,
        *,
        project: str | None = query.text("Only runs of this project"),
        name: str | None = query.text("Only runs of this experiment"),
        status: str | None = query.text("Only runs of this status or state, or of several, separated by commas"),
        limit: int | None = query.integer(0, _LIST_LIMIT, "How many; all of them without it"),
        offset: int = query.integer(0, _LIST_LIMIT, "How many to pass over before", default=0),
    ) -> None:
        """List runs with their summaries."""
        where = RunFilter(project=project, name=name, status=status)
        await self.reply_marked(lambda hall: _rows(hall.items(where, limit=limit, offset=offset, columns=COLUMNS[1:2])))


class PointsHandler(Gate):
    """K3."""

    @answers(PointsByMetric, raises=RUN_ERRORS)
    async def get(
        self,
        run_id: str,
        *,
        metrics: list[str] = query.words("Only these metrics"),
        limit: int | None = query.integer(1, _LIST_LIMIT, "Only the last so many points of each metric"),
    ) -> None:
        """List the points of a run by metric."""
        found = await self.ask(lambda hall: hall.experiments.points(run_id, metrics or None, limit))
        await self.reply({"metrics": found.metrics, "skipped": found.skipped})


class TagHandler(Gate):
    """X11."""

    @answers(Tagged, raises=RUN_ERRORS)
    async def post(
        self,
        *,
        run_id: str = body.text("The run"),
        tags: list[str] = body.texts("The tags, at most 100 of 1 to 100 characters"),
        append: bool = body.flag("Keep the tags that it has", default=True),
    ) -> None:
        """Give tags to a run."""
        await self.ask(lambda hall: _tag(hall, run_id, tags, append=append))
        results: dict[str, Result] = {run_id: {"success": True}}
        await self.reply({"ok": True, "success": True, "tagged_count": 1, "results": results, "message": "Tagged"})


class SearchHandler(Gate):
    """X11."""

    @answers(FoundExperiments)
    async def get(
        self,
        *,
        project: str | None = query.text("Only of this project"),
        tags: list[str] = query.words("Only with all of these tags"),
        text: str | None = query.text("Only with this in id, project, name, alias or a tag"),
        archived: bool = query.flag("Those in the recycle bin, too"),
    ) -> None:
        """Search experiments, at most 1,000 of them."""
        asked = ExperimentQuery(project=project, tags=tuple(tags), search=text, include_deleted=archived, per_page=1000)
        page = await self.ask(lambda hall: hall.experiments.page(asked))
        await self.reply({"experiments": list(page.experiments), "total": page.total})


class DeleteHandler(Gate):
    """X11; what is deleted here lies in the recycle bin, as after R3."""

    limited_as = "delete"

    @answers(DeletedExperiments)
    async def delete(
        self,
        *,
        run_ids: list[str] = body.value(_IDS, "Ids of at most 100 runs", required=True),
        force: bool = body.flag("Delete what is running, too"),
    ) -> None:
        """Put runs into the bin."""
        outcome = await self.ask(lambda hall: hall.delete(run_ids, force=force))
        good = outcome.done == len(outcome.errors)
        message = f"Soft deleted {outcome.done} of {len(outcome.errors)} runs"
        told = {"ok": good, "success": good, "deleted_count": outcome.done, "results": outcome.results()}
        await self.reply({**told, "message": message})


def _rows(page: ItemPage) -> Any:
    return {"experiments": orjson.Fragment(page.body()), "total": page.total, "total_is_capped": page.total_is_capped}


def _tag(hall: Workspace, run_id: str, tags: list[str], *, append: bool) -> None:
    before = hall.run(run_id).tags if append else ()
    hall.edits.change(run_id, tags=[*before, *tags])
