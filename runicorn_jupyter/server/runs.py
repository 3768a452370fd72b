"""The list of runs and one run."""

from __future__ import annotations

import os
from typing import Any

from runicorn_jupyter.models import RunFilter, RunRecord
from runicorn_jupyter.server.gate import Gate

COLUMNS = ("config", "summary", "metrics")
_LIST_LIMIT = 1_000_000


class RunsHandler(Gate):
    """R1: a bare list, in the documented order, unfiltered unless asked."""

    async def get(self) -> None:
        """List runs."""
        params = self.params
        where = RunFilter(
            **{name: params.text(name) for name in ("project", "name", "status", "text")},
            ids=tuple(params.words("ids")) or None,
        )
        limit = params.integer("limit", 0, _LIST_LIMIT)
        offset = params.integer("offset", 0, _LIST_LIMIT, 0)
        columns = params.choices("columns", COLUMNS)
        page = await self.ask(lambda hall: hall.runs(where, limit=limit, offset=offset))
        self.set_header("X-Total-Count", str(page.total))
        self.set_header("X-Runicorn-Version", str(page.version))
        self.set_header("X-Runicorn-Complete", str(page.complete).lower())
        await self.reply([run.item(columns) for run in page.runs])


class RunHandler(Gate):
    """R2."""

    async def get(self, run_id: str) -> None:
        """Describe one run."""
        await self.reply(_detail(await self.ask(lambda hall: hall.run(run_id))))


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
