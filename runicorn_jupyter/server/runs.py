"""The list of runs and one run."""

from __future__ import annotations

import os
from typing import Any

from runicorn_jupyter.models import RunRecord
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.lists import COLUMNS, ListGate


class RunsHandler(ListGate):
    """R1: a bare list, in the documented order, unfiltered unless asked."""

    async def get(self) -> None:
        """List runs."""
        await self.send_items(self.where())


class FacetsHandler(ListGate):
    """Which values the runs of a list have under some keys, and how often."""

    async def get(self) -> None:
        """Count values."""
        await self.send_facets(self.where())


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
