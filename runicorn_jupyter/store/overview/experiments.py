"""The runs of a root as v2 and the Python client ask for them: pages with filters, points by metric."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import (
    EXPERIMENT_ORDERS,
    ExperimentPage,
    ExperimentQuery,
    MetricPoints,
    MetricsSummary,
    RunFilter,
    RunRecord,
)
from runicorn_jupyter.store.bin.outcomes import DeletedRun, Outcome
from runicorn_jupyter.store.bin.recycle import BATCH, checked
from runicorn_jupyter.store.store import Store


class Experiments:
    """Answers about the runs of one store in the words of the v2 API."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(self, asked: ExperimentQuery) -> ExperimentPage:
        """Return the page that is asked for.

        Raises
        ------
        BadRequest
            The order is none of `EXPERIMENT_ORDERS`.
        """
        if asked.order_by not in EXPERIMENT_ORDERS:
            raise BadRequest(f"order_by must be one of {', '.join(EXPERIMENT_ORDERS)}.")
        if asked.include_deleted:
            return self._with_deleted(asked)
        first = (asked.page - 1) * asked.per_page
        found = self._store.runs(
            filter_of(asked), asked.order_by, descending=asked.order_desc, limit=asked.per_page, offset=first
        )
        items = tuple(map(experiment, found.runs))
        return ExperimentPage(items, found.total, found.cursor is not None, found.total_is_capped)

    def summary(self, run_id: str) -> MetricsSummary:
        """Return what was logged in a run (contract R19)."""
        from runicorn_jupyter.store.overview.points import first_step

        run = self._store.run(run_id)
        first = self._store.read(run_id, first_step)
        return MetricsSummary(
            total_data_points=sum(metric.count for metric in run.metrics.values()),
            available_metrics=tuple(sorted(run.metrics)),
            first_step=first,
            last_step=run.last_step,
            files=sum(1 for _ in _files(run.run_dir)),
            environment=self._store.environment(run_id) is not None,
        )

    def one(self, run_id: str) -> dict[str, Any]:
        """Return one experiment as the pages show it."""
        return experiment(self._store.run(run_id))

    def delete(self, run_ids: Sequence[str], *, reason: str, force: bool = False) -> Outcome:
        """Put any number of runs into the bin; a wrong id among them is refused before anything is done."""
        batches = [list(run_ids[begin : begin + BATCH]) for begin in range(0, len(run_ids), BATCH)]
        for batch in batches:
            checked(batch, "delete")
        done, errors = 0, dict[str, str | None]()
        for batch in batches:
            new = [run_id for run_id in batch if run_id not in errors]
            if new:
                outcome = self._store.bin.delete(new, reason=reason, force=force)
                done += outcome.done
                errors |= outcome.errors
        return Outcome(done, errors)

    def points(self, run_id: str, metrics: Sequence[str] | None = None, limit: int | None = None) -> MetricPoints:
        """Return the finite numbers of a run's metrics, the last `limit` of each (contract K3, D30)."""
        from runicorn_jupyter.store.overview.points import points

        return self._store.read(run_id, lambda table: points(table, metrics, limit))

    def _with_deleted(self, asked: ExperimentQuery) -> ExperimentPage:
        living = map(experiment, self._store.runs(filter_of(asked)).runs)
        gone = (_deleted(entry) for entry in self._store.bin.entries() if _matches(entry, asked))
        items = sorted([*living, *gone], key=lambda item: str(item["id"]), reverse=asked.order_desc)
        order = {"created_time": "created_at"}.get(asked.order_by, asked.order_by)
        there = [item for item in items if item.get(order) is not None]
        there.sort(key=lambda item: item[order], reverse=asked.order_desc)
        ordered = there + [item for item in items if item.get(order) is None]
        begin, end = (asked.page - 1) * asked.per_page, asked.page * asked.per_page
        return ExperimentPage(tuple(ordered[begin:end]), len(ordered), end < len(ordered))


def filter_of(asked: ExperimentQuery) -> RunFilter:
    """Return the filter of a list of runs that `asked` is."""
    terms = [f"{quoted(tag)} in tags" for tag in asked.tags]
    for name, sign, value in (
        ("created_at", ">=", asked.created_after),
        ("created_at", "<=", asked.created_before),
        ("best_metric_value", ">=", asked.best_metric_min),
        ("best_metric_value", "<=", asked.best_metric_max),
    ):
        if value is not None:
            terms.append(f"{name} {sign} {float(value)!r}")
    return RunFilter(
        project=asked.project,
        name=asked.name,
        status=asked.status,
        text=asked.search,
        query=" and ".join(terms) or None,
    )


def quoted(text: str) -> str:
    """Return `text` as the query language writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def experiment(run: RunRecord) -> dict[str, Any]:
    """Return one run as v2 shows it."""
    return {
        **run.item(),
        "duration": _duration(run),
        **_places(run.run_dir),
        "deleted_at": None,
    }


def _duration(run: RunRecord) -> float | None:
    begin, end = run.started_at or run.created_at, run.ended_at or run.updated_at
    return max(end - begin, 0.0) if begin is not None and end is not None else None


def _places(run_dir: str) -> dict[str, str]:
    events = os.path.join(run_dir, "events.jsonl")  # noqa: PTH118 - run_dir is text on the wire
    return {"logs": os.path.join(run_dir, "logs.txt"), "metrics": events, "metrics_step": events}  # noqa: PTH118


def _deleted(entry: DeletedRun) -> dict[str, Any]:
    """Return an entry of the bin with every field that a run has; what is not known of it is null."""
    run = RunRecord(
        entry.id,
        entry.project,
        entry.name,
        entry.run_dir,
        status=entry.original_status,
        created_at=entry.created_at,
        state_reason="it is in the recycle bin",
    )
    return {**experiment(run), "deleted_at": entry.deleted_at, "delete_reason": entry.reason}


def _matches(entry: DeletedRun, asked: ExperimentQuery) -> bool:
    if asked.tags or asked.best_metric_min is not None or asked.best_metric_max is not None:
        return False
    words = [word.strip() for word in (asked.status or "").split(",") if word.strip()]
    text = f"{entry.id}\n{entry.project}\n{entry.name}".casefold()
    created = entry.created_at
    return (
        asked.project in {None, entry.project}
        and asked.name in {None, entry.name}
        and (not words or entry.original_status in words)
        and (asked.search or "").casefold() in text
        and (asked.created_after is None or (created is not None and created >= asked.created_after))
        and (asked.created_before is None or (created is not None and created <= asked.created_before))
    )


def _files(folder: str) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)
