"""The document of an output: what our renderer draws and a reopened notebook still holds (``vnd.runicorn.v1``).

It is built from a list of allowed fields, so nothing of this machine (run directory, host, home) can slip in; places
appear by label. What a user logged stays as logged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from runicorn_jupyter.display.artifacts import ArtifactPicture
from runicorn_jupyter.display.packed import pack_within
from runicorn_jupyter.display.public import public
from runicorn_jupyter.display.text import leading_metrics
from runicorn_jupyter.display.weight import weight
from runicorn_jupyter.models import Curve, ImageRecord, RunFilter, RunRecord, Stage

MIME = "application/vnd.runicorn.v1+json"
VERSION = 1
SIZE = 148_000
"""Bytes a document may take in a notebook file; with picture and table an output stays below 200 kB."""

LOG_LINES, LOG_LINE = 50, 2000
IMAGE_BYTES = 40_000
_ROWS_SHARE, _LOGS_SHARE, _IMAGES_SHARE = 80_000, 30_000, 45_000
_STAGES_SHARE = 8_000

_FIELDS = (
    *("id", "created_time", "status", "pid", "best_metric_value", "best_metric_name", "project", "name"),
    *("artifacts_created_count", "artifacts_used_count", "state", "state_reason", "path", "alias", "tags"),
    *("created_at", "started_at", "ended_at", "updated_at", "last_step", "problems"),
)
_COLUMNS = ("config", "summary", "metrics")


@dataclass(frozen=True, slots=True)
class Picture:
    """A logged image and, when it is a small raster, its content as a ``data:`` URL."""

    image: ImageRecord
    src: str | None = None

    def item(self) -> dict[str, Any]:
        """Return the wire form.

        Raises
        ------
        ValueError
            The path is not relative to the run, or `src` is no raster in a ``data:`` URL.
        """
        item = {"key": self.image.key, "step": self.image.step, "caption": self.image.caption}
        item["path"] = _relative(self.image.path)
        if self.src is not None:
            if not re.match(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]*\Z", self.src):
                raise ValueError("an image in a document must be a raster data: URL")
            item["src"] = self.src
        return item


@dataclass(frozen=True, slots=True)
class Content:
    """What one output is about, read at one moment; `total` runs matched, `records` may be fewer."""

    kind: str
    title: str
    source: str
    made_at: float
    records: Sequence[RunRecord]
    total: int
    where: RunFilter = field(default_factory=RunFilter)
    curves: Sequence[Curve] = ()
    logs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    images: Mapping[str, Sequence[Picture]] = field(default_factory=dict)
    stages: Mapping[str, Sequence[Stage]] = field(default_factory=dict)
    artifact: ArtifactPicture | None = None


def document(content: Content, key: str, model_id: str | None = None, size: int = SIZE) -> dict[str, Any]:
    """Return the document of wire §3 in at most about `size` bytes of JSON.

    Parameters
    ----------
    content : Content
        What to say.
    key : str
        Where the page finds the live store.
    model_id : str, optional
        The comm's model while it lives; without it the document is in its final form.

    Raises
    ------
    ValueError
        `content.source` or an image path is a path of this machine.
    """
    if any(kind(content.source).name != content.source for kind in (PurePosixPath, PureWindowsPath)):
        raise ValueError("the source of a document is a label, never a path")
    packed_first = {"encoding": "", "data": "", "series": []}
    made: dict[str, Any] = {
        "version": VERSION,
        "kind": content.kind,
        "key": key,
        **({"model_id": model_id} if model_id else {}),
        "live": model_id is not None,
        "source": content.source,
        "made_at": content.made_at,
        "title": content.title,
        "query": query(content.where),
        "total": content.total,
        "runs": _rows(content.records),
        "logs": {run: _lines(lines) for run, lines in content.logs.items()},
        "images": {run: _pictures(pictures) for run, pictures in content.images.items()},
        **({"stages": stages} if (stages := stage_items(content.stages)) else {}),
        **({"artifact": plain(content.artifact.item())} if content.artifact else {}),
        "curves": packed_first,
    }
    kept = {row["id"] for row in made["runs"]}
    curves = [curve for curve in _ordered(content) if curve.run in kept]
    points = max(24, min(2000, 60_000 // max(1, len(curves))))
    made["curves"] = pack_within(curves, max(4_000, size - weight(made)), points)
    return made


def row(record: RunRecord) -> dict[str, Any]:
    """Return a run as outputs and messages show it: the wire item without anything of this machine."""
    item = public(record).item(_COLUMNS)
    kept = {name: item[name] for name in (*_FIELDS, "config", "summary")}
    kept["metrics"] = {name: asdict(value) for name, value in record.metrics.items()}
    clean: dict[str, Any] = plain(kept)
    return clean


def query(where: RunFilter) -> dict[str, Any]:
    """Return the conditions that were given, as HTTP would ask them."""
    given = {name: getattr(where, name) for name in ("project", "name", "status", "text", "query")}
    kept = {name: value for name, value in given.items() if value is not None}
    return kept | ({"ids": list(where.ids)} if where.ids is not None else {})


def plain(value: Any) -> Any:
    """Return `value` as strict JSON can hold it: not-finite numbers null, lone surrogates replaced, others as text."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return plain(str(value))


def stage_items(stages: Mapping[str, Sequence[Stage]]) -> dict[str, list[dict[str, Any]]]:
    """Return the stages of as many runs as an output has room for."""
    left, kept = _STAGES_SHARE, {}
    for run, found in stages.items():
        items = plain([stage.wire() for stage in found])
        left -= weight(items)
        if left >= 0:
            kept[run] = items
    return kept


def log_lines(lines: Sequence[str]) -> list[str]:
    """Return log lines cut at the length that an output keeps."""
    return [plain(line if len(line) <= LOG_LINE else line[: LOG_LINE - 1] + "…") for line in lines]


def _rows(records: Sequence[RunRecord]) -> list[dict[str, Any]]:
    """Return as many rows as fit; a single run that is too large keeps its first keys."""
    rows: list[dict[str, Any]] = []
    left = _ROWS_SHARE
    for record in records:
        made = row(record)
        size = weight(made)
        if size > left and rows:
            break
        if size > left:
            made = _trimmed(made)
        rows.append(made)
        left -= size
    return rows


def _trimmed(made: dict[str, Any]) -> dict[str, Any]:
    for column in _COLUMNS:
        share, kept = _ROWS_SHARE // len(_COLUMNS) - 2_000, {}
        for key, value in made[column].items():
            share -= weight({key: value})
            if share < 0:
                break
            kept[key] = value
        made = made | {column: kept}
    return made | {"problems": [*made["problems"][:20], "This output keeps only the first values; the run holds more."]}


def _lines(lines: Sequence[str]) -> list[str]:
    kept = log_lines(lines[-LOG_LINES:])
    while kept and weight(kept) > _LOGS_SHARE:
        kept = kept[1:]
    return kept


def _pictures(pictures: Sequence[Picture]) -> list[dict[str, Any]]:
    """Return all images; the first ones keep their content while there is room."""
    left, items = _IMAGES_SHARE, []
    for picture in pictures[:100]:
        item: dict[str, Any] = plain(picture.item())
        left -= len(picture.src or "")
        if left < 0:
            item.pop("src", None)
        items.append(item)
    return items


def _ordered(content: Content) -> list[Curve]:
    """Return the curves, those of the leading metrics first, so that a cut hits the least read ones."""
    names = [*leading_metrics(content.records, 10_000), *(curve.metric for curve in content.curves)]
    rank = {name: i for i, name in reversed(list(enumerate(names)))}
    return sorted(content.curves, key=lambda curve: rank[curve.metric])


def _relative(path: str) -> str:
    parts = PurePosixPath(path)
    if parts.is_absolute() or PureWindowsPath(path).is_absolute() or ".." in parts.parts:
        raise ValueError("an image of a document is named relative to its run")
    return path
