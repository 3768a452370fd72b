"""What the sample root of upstream 0.5.3 says, read with nothing but json."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any


def metas(root: Path) -> list[dict[str, Any]]:
    """Return meta.json of every run."""
    return [json.loads(path.read_text()) for path in sorted(root.glob("*/*/runs/*/meta.json"))]


@cache
def status(root: Path, run_id: str) -> str:
    [path] = root.glob(f"*/*/runs/{run_id}/status.json")
    return str(json.loads(path.read_text())["status"])


def points(root: Path, run_id: str) -> dict[str, dict[int, float]]:
    """Return the finite numbers of each metric by step, of several at one step the last."""
    [path] = root.glob(f"*/*/runs/{run_id}/events.jsonl")
    found: dict[str, dict[int, float]] = {}
    for line in path.read_text().splitlines():
        event = json.loads(line)
        if event["type"] != "metrics":
            continue
        data = event["data"]
        for name, value in data.items():
            if name in {"global_step", "time", "stage"} or isinstance(value, (str, bool)) or value is None:
                continue
            if math.isfinite(value):
                found.setdefault(name, {})[data["global_step"]] = float(value)
    return found
