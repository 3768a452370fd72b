"""What travels over the comm: numbered pushes of what changed, snapshots, and answers to the page (wire §4)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runicorn_jupyter.display.document import LOG_LINES, Content, document, log_lines, plain, row, stage_items
from runicorn_jupyter.display.thin import thin
from runicorn_jupyter.errors import RunicornError
from runicorn_jupyter.models import Curve, RunRecord
from runicorn_jupyter.widgets import calls
from runicorn_jupyter.widgets.requests import answer, clock, find
from runicorn_jupyter.widgets.source import Source
from runicorn_jupyter.workspace import LogTail

RAW = 2000
"""Points of a curve that are appended one by one; a longer curve is replaced by its envelope."""

REPLACE_EVERY = 1.0
_POINTS = 200_000
"""Points of all curves that a page is given by comm; with very many curves each gets fewer."""

_PACE = 60_000
_FEWEST = 200
_LOG_PUSH = 500

Send = Callable[..., None]


@dataclass(slots=True)
class _Sent:
    """What the page holds of one curve: the raw points as bytes while it is exact."""

    n: int
    exact: bool
    x: bytes
    y: bytes
    total: int
    at: float


class Stream:
    """Speaks for one view; every call is safe from any thread, and messages leave in the order of their numbers.

    Parameters
    ----------
    source : Source
        What the view shows.
    send : callable
        ``send(content, buffers)`` of the widget.
    key : str
        The live store's key, for snapshots.
    clock : callable
        Seconds of a clock that never goes back.
    """

    def __init__(self, source: Source, send: Send, key: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._send_raw = send
        self._key = key
        self._clock = clock
        self._lock = threading.RLock()
        self._seq = 0
        self._sent: dict[tuple[str, str], _Sent] = {}
        self._records: dict[str, RunRecord] = {}
        self._total = -1
        self._images: list[dict[str, Any]] = []
        self._stages: dict[str, list[dict[str, Any]]] = {}
        self._late: set[str] = set()
        self._found: set[str] = set()
        self._tail: LogTail | None = None

    @property
    def seq(self) -> int:
        """The number of the last message sent."""
        return self._seq

    @property
    def live(self) -> bool:
        """Whether a shown run may still grow, as of the last look."""
        return any(record.live for record in self._records.values())

    @property
    def late(self) -> bool:
        """Whether points wait for the next replacement."""
        return bool(self._late)

    def shows(self, run_id: str) -> bool:
        """Tell whether the run was among those shown at the last look."""
        return run_id in self._records

    def open(self, model_id: str) -> tuple[Content, dict[str, Any]]:
        """Return the content now and its document, and count the document as what the page holds.

        The document names the model while a shown run is live.
        """
        with self._lock:
            self._tail = self._source.tail()
            content = self._source.content(self._tail.tail(LOG_LINES)[0] if self._tail else [])
            growing = any(record.live for record in content.records)
            made = document(content, self._key, model_id if growing else None)
            self._remember(content, made)
            return content, made

    def snapshot(self, model_id: str) -> None:
        """Send everything anew, and the runs that found no room in the document."""
        with self._lock:
            content, made = self.open(model_id)
            self._send({"type": "snapshot", "doc": made})
            held = {item["id"] for item in made["runs"]}
            missing = [record for record in content.records if record.id not in held]
            if missing:
                self._send({"type": "runs", "runs": [row(r) for r in missing], "gone": [], "total": content.total})
                self._push_points(missing)

    def push(self) -> bool:
        """Send what changed since the last push; return whether anything was sent."""
        with self._lock:
            before = self._seq
            records, total = self._source.records()
            changed = self._push_runs(records, total)
            late, self._late = self._late, set()
            known = {record.id for record in changed}
            self._push_points([*changed, *(r for r in records if r.id in late and r.id not in known)])
            self._push_logs()
            if changed:
                self._push_images()
                self._push_stages(changed)
            return self._seq != before

    def answer(self, message: Any, model_id: str) -> None:
        """Answer one message of the page; what is wrong with it is told to the page, never raised."""
        kind = message.get("type") if isinstance(message, Mapping) else None
        if kind == "hello":
            self.snapshot(model_id)
            return
        questions = {"curves": self._window, "find": self._find, "clock": self._clock_of, "call": self._call}
        if isinstance(kind, str) and kind in questions:
            try:
                reply = {"ok": True, **questions[kind](message)}
            except RunicornError as error:
                reply = {"ok": False, "error": str(error)}
            self._send_raw({"type": "reply", "id": plain(message.get("id")), **reply}, None)

    def _window(self, message: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            shown = {*self._records, *self._found}
        return {"curves": answer(self._source.workspace, message, shown)}

    def _clock_of(self, message: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            shown = {*self._records, *self._found}
        return {"clock": clock(self._source.workspace, message, shown)}

    def _call(self, message: Mapping[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = plain(calls.answer(self._source.workspace, message))
        return reply

    def _find(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Answer with runs, and let the curves of those follow that the view was not sent."""
        selection = self._source.selection
        found = find(self._source.workspace, message, selection.where, selection.limit)
        with self._lock:
            beyond = [record for record in found if record.id not in self._records]
            self._found |= {record.id for record in beyond}
            self._push_points(beyond)
        return {"runs": [row(record) for record in found]}

    def closed(self) -> None:
        """Tell the page that nothing more comes."""
        self._send_raw({"type": "closed"}, None)

    def _send(self, content: dict[str, Any], buffers: Sequence[bytes] | None = None) -> None:
        self._seq += 1
        self._send_raw({**content, "seq": self._seq}, buffers)

    def _remember(self, content: Content, made: Mapping[str, Any]) -> None:
        now = self._clock()
        self._records = {record.id: record for record in content.records}
        self._total = content.total
        self._images = [plain(p.item()) for pictures in content.images.values() for p in pictures]
        self._stages = stage_items(content.stages)
        curves = {(curve.run, curve.metric): curve for curve in content.curves}
        self._sent = {}
        self._late = set()
        for entry in made["curves"]["series"]:
            curve = curves[entry["run"], entry["metric"]]
            raw = _raw(curve) if entry["exact"] else (b"", b"")
            self._sent[entry["run"], entry["metric"]] = _Sent(entry["n"], entry["exact"], *raw, curve.total, now)
        held = {entry["run"] for entry in made["curves"]["series"]}
        # What the document had to thin out or leave out follows at once by the comm, which has room.
        self._late = {entry["run"] for entry in made["curves"]["series"] if not entry["exact"]}
        self._late |= {curve.run for curve in content.curves if curve.run not in held}

    def _push_runs(self, records: Sequence[RunRecord], total: int) -> list[RunRecord]:
        changed = [record for record in records if self._records.get(record.id) != record]
        gone = sorted(set(self._records) - {record.id for record in records})
        self._records = {record.id: record for record in records}
        if changed or gone or total != self._total:
            self._total = total
            for run in gone:
                self._sent = {key: sent for key, sent in self._sent.items() if key[0] != run}
            self._send({"type": "runs", "runs": [row(record) for record in changed], "gone": gone, "total": total})
        return changed

    def _push_points(self, records: Sequence[RunRecord]) -> None:
        if not records:
            return
        series: list[dict[str, Any]] = []
        parts: list[bytes] = []
        lines = max(1, len(self._sent), sum(len(record.metrics) for record in records))
        room = max(_FEWEST, min(RAW, _POINTS // lines))
        pause = REPLACE_EVERY * max(1.0, lines * room / _PACE) if lines > 1 else REPLACE_EVERY
        for curve in self._source.curves(records, room // 2):
            begin, x, y, exact = self._news(curve, room, pause)
            if begin is None:
                continue
            n = len(x) // 8
            series.append({"run": curve.run, "metric": curve.metric, "from": begin, "n": n})
            series[-1] |= {"total": curve.total, "exact": exact}
            parts += [x, y]
        if series:
            self._send({"type": "points", "series": series}, [b"".join(parts)])

    def _news(self, curve: Curve, room: int, pause: float) -> tuple[int | None, bytes, bytes, bool]:
        """Return from where, and which points, the page must take; None when it has them or must wait."""
        key, now = (curve.run, curve.metric), self._clock()
        sent = self._sent.get(key)
        x, y = _raw(curve)
        if curve.exact and len(curve.x) <= room:
            begin = sent.n if sent and sent.exact and x.startswith(sent.x) and y.startswith(sent.y) else 0
            same = sent is not None and sent.exact and begin == len(curve.x)
            self._sent[key] = _Sent(len(curve.x), True, x, y, curve.total, now)
            return (None if same else begin), x[8 * begin :], y[8 * begin :], True
        if sent and sent.total == curve.total and not sent.exact and sent.n >= min(room, len(curve.x)) // 2:
            return None, b"", b"", False
        if sent and now - sent.at < pause and sent.n > 0:
            self._late.add(curve.run)
            return None, b"", b"", False
        xs, ys, whole = thin(curve.x, curve.y, room)
        exact = curve.exact and whole
        self._sent[key] = _Sent(len(xs), exact, b"", b"", curve.total, now)
        return 0, xs.astype("<f8").tobytes(), ys.astype("<f8").tobytes(), exact

    def _push_logs(self) -> None:
        lines = self._tail.read() if self._tail is not None else []
        if lines:
            self._send({"type": "logs", "run": self._source.run_id, "lines": log_lines(lines[-_LOG_PUSH:])})

    def _push_images(self) -> None:
        if self._source.selection.kind != "run":
            return
        images = [plain(picture.item()) for picture in self._source.images()]
        if images != self._images:
            self._images = images
            self._send({"type": "images", "run": self._source.run_id, "images": images})

    def _push_stages(self, records: Sequence[RunRecord]) -> None:
        found = stage_items(self._source.stages(records))
        news = {run: stages for run, stages in found.items() if self._stages.get(run) != stages}
        if news:
            self._stages |= news
            self._send({"type": "stages", "stages": news})


def _raw(curve: Curve) -> tuple[bytes, bytes]:
    import numpy as np

    return np.asarray(curve.x, dtype="<f8").tobytes(), np.asarray(curve.y, dtype="<f8").tobytes()
