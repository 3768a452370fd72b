"""Runs and curves made up for the tests of this room."""

from __future__ import annotations

import math
import random

from runicorn_jupyter.display.document import Content
from runicorn_jupyter.models import Curve, MetricSummary, RunRecord


def record(run_id="20261120_120000_abcdef", *, metrics=None, **fields):
    defaults = {
        "project": "digits",
        "name": "mlp",
        "run_dir": f"/nowhere/digits/mlp/runs/{run_id}",
        "status": "finished",
        "state": "finished",
        "created_at": 1_790_000_000.0,
        "started_at": 1_790_000_000.0,
        "ended_at": 1_790_000_065.0,
    }
    return RunRecord(id=run_id, metrics=metrics or {}, **(defaults | fields))


def summary(values):
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return MetricSummary(count=len(values))
    return MetricSummary(finite[-1], min(finite), max(finite), finite[0], len(values))


def sweep(runs, points, metrics=("loss",), seed=1):
    """Return records and noisy curves as a real sweep has them: several rates and seeds."""
    rng = random.Random(seed)
    records, curves = [], []
    for i in range(runs):
        run_id = f"20261120_12{i:04d}_{i:06x}"
        made = {}
        for metric in metrics:
            rate = (0.3, 0.1, 0.03, 0.01)[i % 4] * 80 / points
            y = [2 * math.exp(-rate * step) + rng.gauss(0, 0.02) for step in range(points)]
            curves.append(Curve(run_id, metric, range(1, points + 1), y, points, exact=True))
            made[metric] = summary(y)
        config = {"lr": (0.3, 0.1, 0.03, 0.01)[i % 4], "seed": i, "batch": 32}
        records.append(record(run_id, metrics=made, config=config, last_step=points))
    return records, curves


def content(records, curves, kind="runs", **fields):
    defaults = {"title": "digits", "source": "runicorn_data", "made_at": 1.79e9, "total": len(records)}
    return Content(kind=kind, records=records, curves=curves, **(defaults | fields))
