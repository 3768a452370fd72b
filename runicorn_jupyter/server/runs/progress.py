"""How far a run is (X2), and the environment that it recorded (X10)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from runicorn_jupyter.models import RunRecord
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request.fields import RUN_ERRORS, answers

_TOTALS = ("total_steps", "max_steps", "num_steps", "num_training_steps", "n_steps", "steps", "max_iters", "iterations")
"""Settings that say how many steps a run will take, by their usual names."""


class RunProgress(TypedDict):
    """How far a run is; `total_steps` and what follows from it are null when no setting of the run says."""

    run_id: str
    available: bool
    status: str
    state: str
    current_step: int | None
    total_steps: int | None
    percent: float | None
    elapsed_seconds: float | None
    steps_per_second: float | None
    eta_seconds: float | None
    updated_at: float | None


class RunEnvironment(TypedDict):
    """What a run recorded of its machine; without `environment` it recorded nothing."""

    available: bool
    environment: NotRequired[dict[str, Any]]


class ProgressHandler(Gate):
    """X2."""

    @answers(RunProgress, raises=RUN_ERRORS)
    async def get(self, run_id: str) -> None:
        """Report how far a run is."""
        await self.reply(progress_of(await self.ask(lambda hall: hall.run(run_id)), time.time()))


class EnvironmentHandler(Gate):
    """X10."""

    @answers(RunEnvironment, raises=RUN_ERRORS)
    async def get(self, run_id: str) -> None:
        """Return the environment that a run recorded."""
        found = await self.ask(lambda hall: hall.environment(run_id))
        await self.reply({"available": False} if found is None else {"available": True, "environment": found})


def progress_of(run: RunRecord, now: float) -> RunProgress:
    """Return how far a run is at the time `now`; speed and what is left are of the whole run so far."""
    begin = run.started_at or run.created_at
    end = now if run.live else run.ended_at or run.updated_at
    elapsed = None if begin is None or end is None else max(end - begin, 0.0)
    total = _total(run.config) or _total(run.summary)
    speed = run.last_step / elapsed if run.last_step and elapsed else None
    left = None
    if run.live and total is not None and speed and run.last_step is not None:
        left = max(total - run.last_step, 0) / speed
    return {
        "run_id": run.id,
        "available": run.last_step is not None,
        "status": run.status,
        "state": run.state,
        "current_step": run.last_step,
        "total_steps": total,
        "percent": None if total is None or run.last_step is None else min(100.0 * run.last_step / total, 100.0),
        "elapsed_seconds": elapsed,
        "steps_per_second": speed,
        "eta_seconds": left,
        "updated_at": run.updated_at,
    }


def _total(settings: Mapping[str, Any]) -> int | None:
    for name in _TOTALS:
        value = settings.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None
