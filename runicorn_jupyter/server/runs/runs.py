"""The list of runs and one run."""

from __future__ import annotations

import os
from typing import Any, TypedDict

from runicorn_jupyter.errors import DiskFull
from runicorn_jupyter.models import FacetsBody, MetricSummary, RunFacts, RunFilter, RunItem, RunRecord
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body, query
from runicorn_jupyter.server.request.fields import RUN_ERRORS, answers, made_by
from runicorn_jupyter.server.runs.lists import (
    COLUMNS,
    FACET_LIMIT,
    LIST_HEADERS,
    ListGate,
    Wanted,
    wanted_page,
    wanted_runs,
)


class RunsHandler(ListGate):
    """R1: a bare list, in the documented order, unfiltered unless asked."""

    @answers(list[RunItem], headers=LIST_HEADERS)
    async def get(self, *, where: RunFilter = made_by(wanted_runs), page: Wanted = made_by(wanted_page)) -> None:
        """List runs."""
        await self.send_items(where, page)


class FacetsHandler(ListGate):
    """Which values the runs of a list have under some keys, and how often."""

    @answers(FacetsBody, headers=LIST_HEADERS)
    async def get(
        self,
        *,
        where: RunFilter = made_by(wanted_runs),
        keys: list[str] = query.words("Which keys of the query language"),
        limit: int = query.integer(1, FACET_LIMIT, "How many values of each", default=20),
    ) -> None:
        """Count values."""
        await self.send_facets(where, keys, limit)


class RunDetail(RunFacts):
    """One run, with the documented paths of its files."""

    config: dict[str, Any]
    summary: dict[str, Any]
    logs: str
    metrics: str
    metrics_step: str
    metric_summaries: dict[str, MetricSummary]


class RunEdited(TypedDict):
    """What people said of a run, as it is now."""

    ok: bool
    alias: str | None
    tags: list[str]
    notes: str


class RunHandler(Gate):
    """R2, X23."""

    @answers(RunDetail, raises=RUN_ERRORS)
    async def get(self, run_id: str) -> None:
        """Describe one run."""
        await self.reply(_detail(await self.ask(lambda hall: hall.run(run_id))))

    @answers(RunEdited, raises=(*RUN_ERRORS, DiskFull))
    async def patch(
        self,
        run_id: str,
        *,
        alias: str | None = body.text("Its alias; an empty one takes it away", default=None),
        tags: list[str] | None = body.texts("All its tags from now on", default=None),
        notes: str | None = body.text("Its notes", default=None),
    ) -> None:
        """Give a run an alias, tags or notes; its own files are not touched."""
        run = await self.ask(lambda hall: hall.edits.change(run_id, alias=alias, tags=tags, notes=notes))
        await self.reply({"ok": True, "alias": run.alias, "tags": list(run.tags), "notes": run.notes})


def _detail(run: RunRecord) -> dict[str, Any]:
    item = run.item(COLUMNS)
    # The contract calls the path of the events file `metrics`, so here the column has another name.
    summaries = item.pop("metrics")
    events = os.path.join(run.run_dir, "events.jsonl")  # noqa: PTH118 - run_dir is text on the wire
    return {
        **item,
        "logs": os.path.join(run.run_dir, "logs.txt"),  # noqa: PTH118
        "metrics": events,
        "metrics_step": events,
        "metric_summaries": summaries,
        "notes": run.notes,
        "best_metric_step": run.best_metric_step,
        "best_metric_mode": run.best_metric_mode,
    }
