"""Reading runs with nothing but json: what the loggers wrote is judged by the files, not by our own reader."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Written:
    """One run directory as plain data."""

    folder: Path
    points: list[dict[str, Any]]
    events: list[dict[str, Any]]
    summary: dict[str, Any]
    meta: dict[str, Any]
    status: str
    config: dict[str, Any]

    def series(self, name: str) -> list[tuple[int, float]]:
        """Return (step, value) of one metric, in the order logged."""
        return [(point["global_step"], point[name]) for point in self.points if name in point]

    def values(self, name: str) -> list[float]:
        return [value for _step, value in self.series(name)]

    @property
    def names(self) -> set[str]:
        return {name for point in self.points for name in point} - {"global_step", "time", "stage"}

    @property
    def text(self) -> str:
        path = self.folder / "logs.txt"
        return path.read_text("utf-8") if path.exists() else ""


def read(folder: Path) -> Written:
    lines = (folder / "events.jsonl").read_text("utf-8").splitlines() if (folder / "events.jsonl").exists() else []
    events = [json.loads(line) for line in lines]
    return Written(
        folder=folder,
        points=[event["data"] for event in events if event["type"] == "metrics"],
        events=events,
        summary=_document(folder, "summary"),
        meta=_document(folder, "meta"),
        status=_document(folder, "status")["status"],
        config=_document(folder, "assets").get("config", {}).get("args", {}),
    )


def all_runs(root: Path) -> list[Written]:
    """Return every run of a root in the order they were begun."""
    return sorted((read(path) for path in root.glob("*/*/runs/*")), key=lambda run: run.meta["created_at"])


def _document(folder: Path, name: str) -> dict[str, Any]:
    path = folder / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else {}
