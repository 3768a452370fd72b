"""From the facts of a run's files to the record every door shows, and to the JSON texts the index keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from runicorn_jupyter.models import MetricSummary, RunRecord
from runicorn_jupyter.store.index.connections import DamagedTextError
from runicorn_jupyter.store.runs.facts import RunFacts
from runicorn_jupyter.store.runs.liveness import judge
from runicorn_jupyter.store.runs.values import as_number, as_text, as_whole

LARGEST = 1024 * 1024
"""Bytes of JSON that the index keeps of one run's config, and of its summary."""

METRICS = 20_000
"""Metrics of one run whose figures the index keeps."""

_FIELDS = frozenset(field.name for field in fields(RunRecord))


class Measures(NamedTuple):
    """What the events of a run come to: its metrics, its last step, and the pieces of lines that are no event."""

    metrics: Mapping[str, MetricSummary]
    last_step: int | None
    bad_lines: int


def make_record(root: Path, facts: RunFacts, measures: Measures, now: float) -> RunRecord:
    """Return the record of a run; its state is judged at the time `now`."""
    verdict = judge(facts.vitals, now)
    summary, cut_summary = _fitting("summary", facts.summary)
    config, cut_config = _fitting("config", facts.config)
    metrics, cut_metrics = _fewer(measures.metrics)
    return RunRecord(
        id=facts.id,
        project=facts.project,
        name=facts.name,
        run_dir=f"{root}/{facts.place.directory}",
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
        config=config,
        summary=summary,
        metrics=metrics,
        best_metric_name=as_text(summary.get("best_metric_name")),
        best_metric_value=as_number(summary.get("best_metric_value")),
        best_metric_step=as_whole(summary.get("best_metric_step")),
        best_metric_mode=as_text(summary.get("best_metric_mode")),
        last_step=measures.last_step,
        bad_lines=measures.bad_lines,
        artifacts_created_count=facts.artifacts_created,
        artifacts_used_count=facts.artifacts_used,
        problems=(*facts.problems, *_about(measures.bad_lines), *cut_config, *cut_summary, *cut_metrics),
    )


def _fitting(what: str, values: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Return `values` without the largest ones if they are more than `LARGEST` together, and a sentence about it."""
    if len(_dumps(values)) <= LARGEST:
        return values, ()
    sizes = {name: len(_dumps({name: value})) for name, value in values.items()}
    total, kept = sum(sizes.values()), dict(values)
    for name in sorted(sizes, key=lambda one: -sizes[one]):
        if total <= LARGEST:
            break
        del kept[name]
        total -= sizes[name]
    left_out = len(values) - len(kept)
    which = "its largest value is" if left_out == 1 else f"its {left_out} largest values are"
    return kept, (f"{what} is larger than {LARGEST // 1024**2} MiB; {which} left out here",)


def _fewer(metrics: Mapping[str, MetricSummary]) -> tuple[Mapping[str, MetricSummary], tuple[str, ...]]:
    if len(metrics) <= METRICS:
        return metrics, ()
    problem = f"of its {len(metrics)} metrics only the first {METRICS} can be listed, sorted and filtered by"
    return dict(islice(metrics.items(), METRICS)), (problem,)


def _about(bad_lines: int) -> tuple[str, ...]:
    if not bad_lines:
        return ()
    lines = "1 piece" if bad_lines == 1 else f"{bad_lines} pieces"
    return (f"{lines} of events.jsonl could not be read and were passed over",)


class Texts(NamedTuple):
    """One run in four JSON texts: the list item that every door sends as it is, and its three wide columns."""

    record: str
    config: str
    summary: str
    metrics: str


def to_texts(record: RunRecord) -> Texts:
    """Return `record` as the index keeps it."""
    return Texts(*map(_dumps, (record.item(), record.config, record.summary, record.metrics)))


def from_texts(record: str, config: str = "{}", summary: str = "{}", metrics: str = "{}") -> RunRecord:
    """Return the record that `to_texts` wrote, without the wide columns that are not given.

    Raises
    ------
    DamagedTextError
        One of the texts is not what `to_texts` writes.
    """
    try:
        values: dict[str, Any] = {key: value for key, value in orjson.loads(record).items() if key in _FIELDS}
        values["config"], values["summary"] = orjson.loads(config), orjson.loads(summary)
        values["metrics"] = {name: MetricSummary(**numbers) for name, numbers in orjson.loads(metrics).items()}
        for name in ("tags", "problems"):
            values[name] = tuple(values[name])
        return RunRecord(**values)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedTextError from error


def metrics_text(metrics: Mapping[str, MetricSummary]) -> str:
    """Return what the index keeps of a run's metrics."""
    return _dumps(metrics)


def _dumps(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
