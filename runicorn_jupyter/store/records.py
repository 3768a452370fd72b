"""From the facts of a run's files to the record every door shows, and to the JSON document the index keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from runicorn_jupyter.models import MetricSummary, RunRecord
from runicorn_jupyter.store.facts import RunFacts
from runicorn_jupyter.store.liveness import judge
from runicorn_jupyter.store.values import as_number, as_text, as_whole

_FIELDS = frozenset(field.name for field in fields(RunRecord))


class Measures(NamedTuple):
    """What the events of a run come to: its metrics, its last step, and the pieces of lines that are no event."""

    metrics: Mapping[str, MetricSummary]
    last_step: int | None
    bad_lines: int


def make_record(root: Path, facts: RunFacts, measures: Measures, now: float) -> RunRecord:
    """Return the record of a run; its state is judged at the time `now`."""
    verdict = judge(facts.vitals, now)
    summary = facts.summary
    return RunRecord(
        id=facts.id,
        project=facts.project,
        name=facts.name,
        run_dir=str(root / facts.place.directory),
        status=verdict.status,
        state=verdict.state,
        state_reason=verdict.reason,
        path=facts.path,
        alias=facts.alias,
        created_at=facts.created_at,
        started_at=facts.vitals.started_at,
        ended_at=facts.ended_at,
        updated_at=facts.vitals.grew_at,
        pid=facts.vitals.pid,
        hostname=facts.vitals.hostname,
        tags=facts.tags,
        notes=facts.notes,
        config=facts.config,
        summary=summary,
        metrics=measures.metrics,
        best_metric_name=as_text(summary.get("best_metric_name")),
        best_metric_value=as_number(summary.get("best_metric_value")),
        best_metric_step=as_whole(summary.get("best_metric_step")),
        best_metric_mode=as_text(summary.get("best_metric_mode")),
        last_step=measures.last_step,
        bad_lines=measures.bad_lines,
        artifacts_created_count=facts.artifacts_created,
        artifacts_used_count=facts.artifacts_used,
        problems=(*facts.problems, *_about(measures.bad_lines)),
    )


def _about(bad_lines: int) -> tuple[str, ...]:
    if not bad_lines:
        return ()
    lines = "1 piece" if bad_lines == 1 else f"{bad_lines} pieces"
    return (f"{lines} of events.jsonl could not be read and were passed over",)


def to_document(record: RunRecord) -> bytes:
    """Return `record` as JSON without its ``run_dir``, which depends on where the root is mounted today."""
    document = {name: value for name, value in asdict(record).items() if name != "run_dir"}
    return orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS)


def from_document(root: Path, directory: str, document: bytes) -> RunRecord:
    """Return the record that `to_document` wrote, for the run at `directory` below `root`."""
    values: dict[str, Any] = {key: value for key, value in orjson.loads(document).items() if key in _FIELDS}
    values["run_dir"] = f"{root}/{directory}"
    values["metrics"] = {name: MetricSummary(**summary) for name, summary in values["metrics"].items()}
    for name in ("tags", "problems"):
        values[name] = tuple(values[name])
    return RunRecord(**values)
