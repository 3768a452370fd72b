"""The artifacts of a root together with its runs: who made a version, who took it, and how well those runs did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runicorn_jupyter.errors import NotFound
from runicorn_jupyter.models import Lineage, RunRecord
from runicorn_jupyter.store.artifacts.artifacts import Artifacts, Version
from runicorn_jupyter.store.artifacts.links import Linked
from runicorn_jupyter.store.artifacts.references import Fetch
from runicorn_jupyter.store.runs.values import as_number, as_text, as_whole
from runicorn_jupyter.store.store import Store

_RUNS = """
SELECT id, directory, project, name, status,
       json_extract(record, '$.artifacts_created_count') + json_extract(record, '$.artifacts_used_count')
FROM run WHERE NOT deleted
"""


class RootArtifacts(Artifacts):
    """Everything one can ask about the artifacts of a root that is open (thread-safe).

    Parameters
    ----------
    store : Store
        Knows the runs of the root.
    opener : callable, optional
        Opens an http(s) address that a version names.
    """

    def __init__(self, store: Store, opener: Fetch | None = None) -> None:
        super().__init__(store.root, self._linked, opener)
        self._store = store

    def of_run(self, run_id: str) -> dict[str, Sequence[Mapping[str, Any]]]:
        """Return what a run made and took, as the versions are now, or as the run recorded those that are gone."""
        told = self._store.assets(run_id)
        return {
            "created": [self._row(row, used=False) for row in told["artifacts_created"] if isinstance(row, dict)],
            "used": [self._row(row, used=True) for row in told["artifacts_used"] if isinstance(row, dict)],
        }

    def run_lineage(self, run_id: str, depth: int = 3) -> Lineage:
        """Return what a run took and made, and what lies before and behind that."""
        self._store.run(run_id)
        return super().run_lineage(run_id, depth)

    def training_metrics(
        self,
        name: str,
        version: Version = "latest",
        type: str | None = None,  # noqa: A002 - the documented name
    ) -> dict[str, Any] | None:
        """Return the summary of the run that made a version; None when that run is gone."""
        made_by = self.version(name, version, type).created_by_run
        run = self._run(made_by)
        if run is None:
            return None
        began = run.created_at if run.started_at is None else run.started_at
        took = None if began is None or run.ended_at is None else run.ended_at - began
        return {
            "run_id": run.id,
            "run_name": run.name,
            "project": run.project,
            "metrics": dict(run.summary),
            "created_at": run.created_at,
            "duration_seconds": took,
            "status": run.status,
        }

    def performance_history(
        self,
        name: str,
        type: str | None = None,  # noqa: A002
        metric: str | None = None,
    ) -> Sequence[Mapping[str, Any]]:
        """Return for each version, ascending, the numbers in the summary of the run that made it, or one of them."""
        history = []
        for row in self.find(name, type).versions:
            run = self._run(row.created_by_run)
            numbers = {key: as_number(value) for key, value in (run.summary if run else {}).items()}
            history.append(
                {
                    "version": row.version,
                    "created_at": row.created_at,
                    "run_id": row.created_by_run,
                    "status": run.status if run else None,
                    "metrics": {
                        key: value for key, value in numbers.items() if value is not None and metric in {None, key}
                    },
                }
            )
        return history

    def _linked(self) -> Iterable[Linked]:
        self._store.refresher.catch_up()
        for run_id, directory, project, name, status, count in self._store.index.select(_RUNS):
            # A run that is at it may have taken something a moment ago, before the index looks at it again.
            yield Linked(run_id, directory, project, name, status, bool(count) or status == "running")

    def _run(self, run_id: str | None) -> RunRecord | None:
        try:
            return self._store.run(run_id) if run_id else None
        except NotFound:
            return None

    def _row(self, row: Mapping[str, Any], *, used: bool) -> dict[str, Any]:
        name, type_ = as_text(row.get("name")) or "", as_text(row.get("type")) or "custom"
        version = as_whole(row.get("version")) or 0
        known: Mapping[str, Any] = {}
        try:
            known = self.version(name, version, type_).item()
        except NotFound:
            known = {"description": None, "aliases": [], "lifecycle_stage": None, "missing": True}
        return {
            "name": name,
            "type": type_,
            "version": version,
            "size_bytes": known.get("size_bytes", as_whole(row.get("size_bytes")) or 0),
            "created_at": known.get("created_at", as_number(row.get("created_at"))),
            "description": known["description"],
            "aliases": known["aliases"],
            "lifecycle_stage": known["lifecycle_stage"],
            "missing": known.get("missing", False),
            **({"used_at": as_number(row.get("used_at"))} if used else {}),
        }
