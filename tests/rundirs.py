"""Run directories written by hand, so that the store is never tested against its own writer alone."""

from __future__ import annotations

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


def write_run(
    root: Path,
    run_id: str = "20260101_120000_abcdef",
    *,
    project: str = "demo",
    name: str = "first",
    status: str = "finished",
    points: int = 0,
    **meta: Any,
) -> Path:
    """Lay a 0.5 run directory out as contract §5a says and return it; `points` metric lines are a falling loss."""
    run_dir = root / project / name / "runs" / run_id
    run_dir.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=root.parent, prefix="laid-") as folder:
        # Renamed into place whole: a workspace that is open may look at any moment.
        laid = Path(folder, "run")
        laid.mkdir()
        facts = {"id": run_id, "project": project, "name": name, "created_at": 1_790_000_000.0, **meta}
        (laid / "meta.json").write_text(json.dumps(facts))
        (laid / "status.json").write_text(json.dumps({"status": status, "started_at": 1_790_000_000.0}))
        if points:
            append(laid, *({"loss": 1 / step, "global_step": step} for step in range(1, points + 1)))
        laid.rename(run_dir)
    return run_dir


def append(run_dir: Path, *data: dict[str, Any], ts: float | None = None) -> None:
    """Append one metrics event for each of `data`; without a `global_step` it has none."""
    start = time.time() if ts is None else ts
    with (run_dir / "events.jsonl").open("a") as file:
        for at, values in enumerate(data):
            file.write(json.dumps({"ts": start + at, "type": "metrics", "data": values}) + "\n")
