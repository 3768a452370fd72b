"""What the small files of one run directory say, tolerant of everything that can be wrong with them.

A missing or broken file never hides the run: it leaves a sentence in ``problems`` and every other fact stands. A field
of the wrong type counts as absent.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from runicorn_jupyter.store.runs.layout import RunPlace
from runicorn_jupyter.store.runs.liveness import Vitals
from runicorn_jupyter.store.runs.smallfiles import SmallFiles
from runicorn_jupyter.store.runs.stamps import Stamps
from runicorn_jupyter.store.runs.values import as_mapping, as_number, as_text, as_texts, as_whole

_ID_TIME = re.compile(r"(\d{8}_\d{6})_[0-9a-f]{6}")
_READ = ("meta.json", "status.json", "assets.json", "summary.json", "artifacts_created.json", "artifacts_used.json")
_NO_RUN = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
"""There is no directory, or a link; anything else may pass."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One run without its metrics: what the index keeps, before liveness is judged."""

    place: RunPlace
    id: str
    project: str
    name: str
    path: str | None
    alias: str | None
    created_at: float | None
    ended_at: float | None
    vitals: Vitals
    stamps: Stamps
    folder_mtime: float
    deleted: bool
    tags: tuple[str, ...] = ()
    notes: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    artifacts_created: int = 0
    artifacts_used: int = 0
    problems: tuple[str, ...] = ()


def read_facts(root: Path, place: RunPlace) -> RunFacts | None:
    """Return what the files of the run at `place` say, or None when it holds none of them (yet).

    Raises
    ------
    OSError
        The directory is there but cannot be read now.
    """
    try:
        files = SmallFiles(f"{root}/{place.directory}", root)
    except OSError as error:
        if error.errno not in _NO_RUN:
            raise
        return None
    with files:
        stamps = files.stamps(_READ)
        grew_at = stamps.grew_at
        deleted = files.exists(".deleted")
        meta, status = files.json("meta.json"), files.json("status.json")
        if meta is None and status is None and grew_at is None and not files.problems:
            return None
        meta, status = meta or {}, status or {}
        assets, summary = files.json("assets.json") or {}, files.json("summary.json") or {}
        started_at = as_number(status.get("started_at"))
        project, name, path = _names(place, meta)
        return RunFacts(
            place=place,
            id=place.directory.rsplit("/", 1)[-1],
            project=project,
            name=name,
            path=path,
            alias=as_text(meta.get("alias")),
            created_at=_created_at(place, meta, started_at),
            ended_at=as_number(status.get("ended_at")),
            vitals=Vitals(
                status=as_text(status.get("status")) or "unknown",
                hostname=as_text(meta.get("hostname")),
                pid=as_whole(meta.get("pid")),
                process_started=as_number(meta.get("pid_start")),
                started_at=started_at,
                heartbeat_at=files.mtime("heartbeat"),
                grew_at=grew_at,
            ),
            stamps=stamps,
            folder_mtime=files.folder_mtime,
            deleted=deleted,
            tags=as_texts(meta.get("tags")),
            notes=as_text(meta.get("notes")) or "",
            config=as_mapping(as_mapping(assets.get("config")).get("args")),
            summary=summary,
            artifacts_created=_count(files.json("artifacts_created.json")),
            artifacts_used=_count(files.json("artifacts_used.json")),
            problems=tuple(files.problems),
        )


def _names(place: RunPlace, meta: Mapping[str, Any]) -> tuple[str, str, str | None]:
    """Return project, name and path; only a legacy run right under ROOT/runs needs its meta.json for them."""
    path = as_text(meta.get("path")) if place.path is None else place.path
    if place.path == "" and "project" in meta and "path" not in meta:
        return as_text(meta["project"]) or place.project, as_text(meta.get("name")) or place.name, None
    return place.project, place.name, path


def _created_at(place: RunPlace, meta: Mapping[str, Any], started_at: float | None) -> float | None:
    created = as_number(meta.get("created_at"))
    if created is not None:
        return created
    if started_at is not None:
        return started_at
    match = _ID_TIME.fullmatch(place.directory.rsplit("/", 1)[-1])
    try:
        return datetime.strptime(match[1], "%Y%m%d_%H%M%S").astimezone().timestamp() if match else None
    except (ValueError, OverflowError):
        return None


def _count(listed: Mapping[str, Any] | None) -> int:
    artifacts = (listed or {}).get("artifacts")
    return len(artifacts) if isinstance(artifacts, list) else 0
