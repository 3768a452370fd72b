"""The life of a version after it was saved: aliases that move, stages, evaluations."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import STAGES, ArtifactItem
from runicorn_jupyter.paths import safe_name, write_atomically
from runicorn_jupyter.store.artifacts import index, reading
from runicorn_jupyter.store.artifacts.documents import encode, read_json, version_number
from runicorn_jupyter.store.artifacts.locks import locked
from runicorn_jupyter.store.bin.deletion import folder
from runicorn_jupyter.store.runs.values import as_number, as_whole

EVALUATIONS = "evaluations"
_NEXT: Mapping[str, tuple[str, ...]] = {
    "experimental": ("staging", "archived"),
    "staging": ("production", "experimental", "archived"),
    "production": ("staging", "archived"),
    "archived": ("experimental",),
}
_PRODUCTION = "production"


def change(root: Path, item: ArtifactItem, edit: Callable[[dict[str, Any]], None]) -> None:
    """Change the index of an artifact while no other process does; readers see it before or after, never between."""
    with folder(root, index.place(item.type, item.name)):
        pass  # no link leads out of the root on the way there
    with locked(root / index.place(item.type, item.name) / ".lock"):
        document = index.read(root, item.type, item.name) or index.begun(item.type, item.name)
        document["aliases"] = dict(document.get("aliases") or {})
        document["versions"] = [row for row in document.get("versions") or [] if isinstance(row, dict)]
        edit(document)
        index.write(root, item.type, item.name, document)


def set_alias(root: Path, item: ArtifactItem, alias: str, number: int | None) -> None:
    """Let `alias` mean the version `number`, or nothing any more.

    Raises
    ------
    BadRequest
        It cannot be a name, looks like a version, or is ``latest``, which moves by itself.
    """
    check_alias(alias)

    def edit(document: dict[str, Any]) -> None:
        if number is None:
            document["aliases"].pop(alias, None)
        else:
            document["aliases"][alias] = number

    change(root, item, edit)


def check_alias(alias: str) -> str:
    """Return `alias` if a version may be called so, apart from ``latest``."""
    name = safe_name(alias, "alias")
    if name == index.LATEST or name.isdigit() or version_number(name.lower()) is not None or ":" in name:
        raise BadRequest(f"An alias is a word such as 'production', not {alias[:40]!r}; 'latest' moves by itself.")
    return name


def promote(
    root: Path, item: ArtifactItem, number: int, to_stage: str, notes: str | None, evaluator: str | None
) -> str:
    """Move a version to another stage and return the one it was in; ``production`` is an alias as well, of one version.

    Raises
    ------
    BadRequest
        There is no such stage, or it cannot be reached from where the version is.
    """
    if to_stage not in STAGES:
        raise BadRequest(f"to_stage must be one of {', '.join(STAGES)}, not {to_stage[:40]!r}.")
    with locked(root / index.place(item.type, item.name) / ".lock"):
        before = reading.detail(root, item, number)
        if to_stage not in _NEXT[before.lifecycle_stage]:
            allowed = " or ".join(_NEXT[before.lifecycle_stage])
            raise BadRequest(f"Invalid transition from {before.lifecycle_stage} to {to_stage}; it can go to {allowed}.")
        now = time.time()
        step = {
            "from_stage": before.lifecycle_stage,
            "to_stage": to_stage,
            "timestamp": now,
            "notes": notes,
            "evaluator_run_id": evaluator,
        }
        steps = [*before.stage_transitions, step]
        told = {"lifecycle_stage": to_stage, "lifecycle_updated_at": now, "stage_transitions": steps}
        _merge(root, item, number, told)
    change(root, item, lambda document: _move_production(document, number, to_stage))
    return before.lifecycle_stage


def evaluate(root: Path, item: ArtifactItem, number: int, told: Mapping[str, Any]) -> str:
    """Keep an evaluation under ``ROOT/evaluations``, as upstream does, and return its id."""
    now = time.time()
    eval_id = f"{item.name}_v{number}_{int(now * 1000)}"
    with folder(root, EVALUATIONS, make=True):
        pass
    while os.path.lexists(root / EVALUATIONS / f"{eval_id}.json"):
        now += 0.001
        eval_id = f"{item.name}_v{number}_{int(now * 1000)}"
    record = {
        "id": eval_id,
        "model_name": item.name,
        "model_version": number,
        "evaluation_date": told.get("evaluation_date", now),
        "evaluator_run_id": told.get("evaluator_run_id"),
        "metrics": dict(told["metrics"]),
        "test_dataset": told.get("test_dataset"),
        "status": told["status"],
        "notes": told.get("notes"),
    }
    write_atomically(root / EVALUATIONS / f"{eval_id}.json", encode(record))
    return eval_id


def evaluations(root: Path, name: str, number: int | None) -> list[dict[str, Any]]:
    """Return the evaluations of an artifact, or of one version of it, the newest first."""
    try:
        files = sorted(os.listdir(root / EVALUATIONS))  # noqa: PTH208 - names are all that is needed
    except OSError:
        return []
    found = []
    for file in files:
        if file.startswith(f"{name}_") and file.endswith(".json"):
            record = read_json(root, f"{EVALUATIONS}/{file}") or {}
            if record.get("model_name") == name and number in {None, as_whole(record.get("model_version"))}:
                found.append(record)
    return sorted(found, key=lambda record: as_number(record.get("evaluation_date")) or -math.inf, reverse=True)


def _merge(root: Path, item: ArtifactItem, number: int, fields: Mapping[str, Any]) -> None:
    path = f"{reading.folder_of(item, number)}/{reading.LIFECYCLE}"
    write_atomically(root / path, encode({**(read_json(root, path) or {}), **fields}))


def _move_production(document: dict[str, Any], number: int, stage: str) -> None:
    if stage == _PRODUCTION:
        document["aliases"][_PRODUCTION] = number
    elif document["aliases"].get(_PRODUCTION) == number:
        del document["aliases"][_PRODUCTION]
