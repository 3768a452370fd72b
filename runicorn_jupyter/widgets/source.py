"""Reads from the workspace what one view shows, at one moment."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Sequence
from typing import Literal

from runicorn_jupyter.display.document import IMAGE_BYTES, LOG_LINES, Content, Picture
from runicorn_jupyter.display.text import leading_metrics
from runicorn_jupyter.errors import RunicornError, RunNotFound
from runicorn_jupyter.models import Curve, ImageRecord, RunRecord, Stage
from runicorn_jupyter.widgets.selection import Selection
from runicorn_jupyter.workspace import LogTail, Workspace

WIDTH = 1000
"""Pixels a pushed curve is made for: up to 2 × as many points travel, and all of them while there are fewer."""

Axis = Literal["step", "time", "wall"]

_SERIES = 1200
_RASTERS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif"}


class Source:
    """The runs of one selection in one workspace; every call reads anew.

    A run that vanished (deleted, its disk away) is shown as it was last seen.
    """

    def __init__(self, workspace: Workspace, selection: Selection) -> None:
        self.workspace = workspace
        self.selection = selection
        self._last: tuple[RunRecord, ...] = ()
        self._pictures: dict[tuple[str, str], Picture] = {}

    def records(self) -> tuple[tuple[RunRecord, ...], int]:
        """Return the runs now, and how many matched."""
        if self.selection.kind == "run":
            try:
                self._last = (self.workspace.run(self.run_id),)
            except RunNotFound:
                return self._last, len(self._last)
            return self._last, 1
        page = self.workspace.runs(self.selection.where, limit=self.selection.limit)
        return page.runs, page.total

    def curves(
        self,
        records: Sequence[RunRecord],
        width: int = WIDTH,
        *,
        metrics: Sequence[str] | None = None,
        x: Axis = "step",
    ) -> list[Curve]:
        """Return the curves of `records`: the metrics asked for, or as many of the leading ones as a page can hold."""
        if metrics is None:
            metrics = leading_metrics(records, max(1, _SERIES // max(1, len(records))))
        found: list[Curve] = []
        for record in records:
            wanted = [name for name in metrics if name in record.metrics]
            if not wanted:
                continue
            try:
                found += self.workspace.curves([record.id], wanted, x=x, width=width)
            except (RunicornError, OSError):
                continue  # gone between the list and here; the next change says so
        return found

    def stages(self, records: Sequence[RunRecord]) -> dict[str, list[Stage]]:
        """Return the stages of those of `records` that logged any, in steps."""
        try:
            return self.workspace.stages([record.id for record in records])
        except (RunicornError, OSError):
            return {}  # one of them went between the list and here; the next change says so

    def content(self, lines: Sequence[str] | None = None) -> Content:
        """Return everything an output says, at this moment; the last log lines are read unless they are given."""
        records, total = self.records()
        chosen = self.selection
        one = chosen.kind == "run"
        if lines is None:
            tail = self.tail()
            lines = tail.tail(LOG_LINES)[0] if tail is not None else []
        return Content(
            kind=chosen.kind,
            title=chosen.title,
            source=self.workspace.label,
            made_at=time.time(),
            records=records,
            total=total,
            where=chosen.where,
            curves=self.curves(records, _width(records)),
            logs={self.run_id: lines} if one else {},
            images={self.run_id: self.images()} if one else {},
            stages=self.stages(records),
        )

    def tail(self) -> LogTail | None:
        """Return a follower of the run's log; a table of runs has none."""
        try:
            return self.workspace.log(self.run_id) if self.selection.kind == "run" else None
        except RunicornError:
            return None

    def images(self) -> list[Picture]:
        """Return the newest image of each key, the latest first; small rasters carry their content."""
        if self.selection.kind != "run":
            return []
        try:
            logged = self.workspace.images(self.run_id)
        except RunicornError:
            return []
        newest = {image.key: image for image in logged}
        ordered = sorted(newest.values(), key=lambda image: image.time or 0.0, reverse=True)
        return [self._picture(image) for image in ordered]

    @property
    def run_id(self) -> str:
        """The run of a card."""
        ids = self.selection.where.ids
        assert ids is not None
        return ids[0]

    def _picture(self, image: ImageRecord) -> Picture:
        key = (image.key, image.path)
        if key not in self._pictures or self._pictures[key].image != image:
            self._pictures[key] = Picture(image, self._raster(image.path))
        return self._pictures[key]

    def _raster(self, path: str) -> str | None:
        try:
            media = self.workspace.open_media(self.run_id, path)
        except (RunicornError, OSError):
            return None
        try:
            data = os.read(media.fd, IMAGE_BYTES + 1)
        except OSError:
            return None
        finally:
            os.close(media.fd)
        kind = next((kind for magic, kind in _RASTERS.items() if data.startswith(magic)), None)
        if kind is None and data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            kind = "webp"
        # In base64 an image is a third longer; what remains above the limit is asked over HTTP.
        if kind is None or len(data) * 4 // 3 > IMAGE_BYTES:
            return None
        return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _width(records: Sequence[RunRecord]) -> int:
    """Return the pixels a document's curves are made for: it has room for about 100,000 points of all together."""
    lines = sum(len(record.metrics) for record in records)
    return max(12, min(WIDTH, 50_000 // max(1, min(lines, _SERIES))))
