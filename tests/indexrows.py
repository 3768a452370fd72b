"""Rows of an index made up in memory, so that lists are tested against plain Python and not against files."""

from __future__ import annotations

from typing import Any

from runicorn_jupyter.models import MetricSummary, RunRecord
from runicorn_jupyter.store.index.index import Row
from runicorn_jupyter.store.index.records import to_texts


def make_row(run_id: str = "one", *, deleted: bool = False, folder_mtime: float = 0.0, **facts: Any) -> Row:
    """Return the row of a run at ``demo/first/runs/<id>`` unless `facts` (fields of RunRecord) say otherwise."""
    facts = {"project": "demo", "name": "first", "status": "finished", "state": "finished", **facts}
    metrics = {
        name: value if isinstance(value, MetricSummary) else MetricSummary(value, value, value, value, 1, value)
        for name, value in facts.pop("metrics", {}).items()
    }
    directory = f"{facts['project']}/{facts['name']}/runs/{run_id}"
    record = RunRecord(run_id, run_dir=f"/root/{directory}", metrics=metrics, **facts)
    words = (record.id, record.project, record.name, record.path, record.alias, *record.tags)
    return Row(
        directory=directory,
        id=run_id,
        project=record.project,
        name=record.name,
        status=record.status,
        state=record.state,
        created=record.created_at,
        folder_mtime=folder_mtime,
        legacy=False,
        deleted=deleted,
        search="\n".join(word for word in words if word).casefold(),
        signature="s",
        measured="m",
        **to_texts(record)._asdict(),
    )
