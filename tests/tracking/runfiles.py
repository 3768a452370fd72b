"""Reading back what a run wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runicorn_jupyter.store.series.lines import parse_line


def events(run_dir: Path) -> list[dict[str, Any]]:
    """Return every event of a run; a line that is no event fails the test."""
    found = []
    for line in (run_dir / "events.jsonl").read_bytes().split(b"\n")[:-1]:
        parsed, bad = parse_line(line)
        assert bad == 0, line
        found += parsed
    return found


def points(run_dir: Path) -> list[dict[str, Any]]:
    """Return the data of every metrics event."""
    return [event["data"] for event in events(run_dir) if event["type"] == "metrics"]


def document(run_dir: Path, name: str) -> dict[str, Any]:
    return json.loads((run_dir / f"{name}.json").read_text("utf-8"))


def only_run(root: Path) -> Path:
    """Return the directory of the one run in a root."""
    (found,) = root.glob("*/*/runs/*")
    return found
