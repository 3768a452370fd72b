"""Run directories as upstream 0.5 and 0.7 lay them out, written without any SDK: content is the same for everybody."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.truth import METRICS, Run, values, wide

_BLOCK = 10_000
_EVENT = (
    '{"ts": %.6f, "type": "metrics", "data": {"loss": %r, "acc": %r, "lr": %r, "grad_norm": %r, '
    '"global_step": %d, "time": %.6f}}\n'
)


def fill_05(root: Path, runs: int, steps: int, metrics: int = 0) -> None:
    """Lay out `runs` runs of `steps` points below ``root/<project>/<name>/runs``.

    Parameters
    ----------
    metrics : int
        0 for the four of `truth.METRICS`, else so many of `truth.wide`.
    """
    for run in map(Run, range(runs)):
        directory = _place_05(root, run)
        directory.mkdir(parents=True)
        facts = {"id": run.id, "project": run.project, "name": run.name, **_machine(root, run)}
        _small_files(directory, run, facts, steps)
        with (directory / "events.jsonl").open("w") as file:
            file.writelines(_lines(run, steps, metrics))


def fill_07(root: Path, runs: int, steps: int, source: Path) -> None:
    """Lay the same runs out below ``root/runs``; their events are hard links to those of the 0.5 root `source`."""
    for run in map(Run, range(runs)):
        directory = root / "runs" / run.project / run.name / run.id
        directory.mkdir(parents=True)
        facts = {"id": run.id, "path": f"{run.project}/{run.name}", "alias": None, "workspace_root": str(root)}
        _small_files(directory, run, {**facts, **_machine(root, run)}, steps)
        (directory / "assets.json").write_text("{}")
        os.link(_place_05(source, run) / "events.jsonl", directory / "events.jsonl")


def event(k: int, step: int) -> str:
    """Return the line of one step."""
    time = Run(k).created + step
    return _EVENT % (time, *(values(k, step)[name] for name in METRICS), step, time)


def _place_05(root: Path, run: Run) -> Path:
    return root / run.project / run.name / "runs" / run.id


def _machine(root: Path, run: Run) -> dict[str, object]:
    words = {"python": "3.11.7", "platform": "Linux (x86_64)", "hostname": "bench", "pid": 999_999}
    return {"created_at": run.created, **words, "storage_dir": str(root)}


def _small_files(directory: Path, run: Run, facts: dict[str, object], steps: int) -> None:
    end = {"status": run.status, "started_at": run.created, "ended_at": run.created + 30}
    best = {"best_metric_name": "acc", "best_metric_mode": "max", "best_metric_step": steps}
    last = values(run.k, steps)["acc"]
    for name, document in (
        ("meta", facts),
        ("status", end),
        ("summary", {"best_metric_value": last, **best, "update_at": run.created}),
    ):
        (directory / f"{name}.json").write_text(json.dumps(document, indent=2))


def _lines(run: Run, steps: int, metrics: int) -> Iterator[str]:
    make: Callable[[int, int], str] = event
    if metrics:
        made = {step: json.dumps(wide(run.k, step, metrics))[1:-1] for step in range(1, steps + 1)}

        def make(_: int, step: int) -> str:
            time = run.created + step
            data = f'{{{made[step]}, "global_step": {step}, "time": {time}}}'
            return f'{{"ts": {time}, "type": "metrics", "data": {data}}}\n'

    for start in range(1, steps + 1, _BLOCK):
        yield "".join(make(run.k, step) for step in range(start, min(start + _BLOCK, steps + 1)))
