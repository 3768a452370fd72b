"""What a run's documents say about one session: who writes, since when, with which parameters."""

from __future__ import annotations

from typing import Any

from runicorn_jupyter.store.runs.values import as_mapping
from runicorn_jupyter.tracking.process import machine
from runicorn_jupyter.tracking.process.place import Plan
from runicorn_jupyter.tracking.writing.documents import Documents

EMPTY_ASSETS: dict[str, Any] = {"code": {}, "datasets": [], "pretrained": [], "outputs": []}


def describe(documents: Documents, plan: Plan, run_id: str, now: float, *, resumed: bool) -> None:
    """Fill meta, status and assets for a session that begins `now`; what an earlier session said is kept."""
    known = documents.load("meta") if resumed else {}
    before = documents.load("status") if resumed else {}
    if resumed:
        documents.load("summary")
        documents.load("assets")
    documents.update("meta", _meta(known, plan, run_id, now, resumed=resumed))
    documents.update("status", {"status": "running", "started_at": before.get("started_at", now)})
    documents.drop("status", "ended_at")
    if plan.config is not None:
        put_config(documents, args=plan.config)


def put_config(
    documents: Documents,
    args: dict[str, Any] | None = None,
    extra: dict[str, Any] | None = None,
    files: list[str] | None = None,
) -> None:
    """Merge parameters into assets.json, as upstream 0.6 and later write them."""
    config = as_mapping(documents["assets"].get("config"))
    listed = config.get("config_files")
    known = [path for path in listed if isinstance(path, str)] if isinstance(listed, list) else []
    documents.update("assets", {
        **EMPTY_ASSETS,
        **documents["assets"],
        "config": {
            **config,
            "extra": {**as_mapping(config.get("extra")), **(extra or {})},
            "config_files": [*known, *(path for path in files or [] if path not in known)],
            "args": {**as_mapping(config.get("args")), **(args or {})},
        },
    })  # fmt: skip


def _meta(known: dict[str, Any], plan: Plan, run_id: str, now: float, *, resumed: bool) -> dict[str, Any]:
    sessions = known.get("sessions")
    session = machine.session("resume" if resumed else "start", now)
    if plan.private:
        session["host"] = machine.pseudonym()
    return {
        "id": run_id,
        "project": plan.project,
        "name": plan.name,
        "created_at": known.get("created_at", now),
        "python": session["python"],
        "platform": "" if plan.private else machine.platform(),
        "hostname": session["host"],
        "pid": session["pid"],
        "storage_dir": "" if plan.private else str(plan.root),
        "path": known.get("path", plan.path),
        "alias": known.get("alias") if plan.alias is None else plan.alias,
        "tags": list(plan.tags) or known.get("tags", []),
        "notes": known.get("notes", "") if plan.notes is None else plan.notes,
        "pid_start": session["pid_start"],
        "host_id": machine.host_id(),
        "sessions": [*(sessions if isinstance(sessions, list) else []), session],
    }
