"""A comm without a kernel, and a page that applies what it hears and holds us to the protocol."""

from __future__ import annotations

import time
from typing import Any

import numpy as np


class FakeComm:
    """Records what a page would receive, and speaks as a page would."""

    def __init__(self, **options: Any) -> None:
        self.comm_id = options.get("comm_id", "m")
        self.opened = options["data"]["state"]
        self.sent: list[tuple[dict[str, Any], list[Any]]] = []
        self.closed = False
        self._hear = None

    def on_msg(self, callback):
        self._hear = callback

    def send(self, data=None, metadata=None, buffers=None):
        self.sent.append((data, buffers or []))

    def close(self, *args, **options):
        self.closed = True

    def say(self, content):
        """Deliver a message of the page."""
        self._hear({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})

    @property
    def messages(self):
        return [data["content"] for data, _ in list(self.sent) if data["method"] == "custom"]

    def of(self, kind):
        return [message for message in self.messages if message["type"] == kind]


class Page:
    """A page's store: it applies messages as wire §4 says and complains when the protocol is broken."""

    def __init__(self) -> None:
        self.series: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.logs: list[str] = []
        self.images: list[dict[str, Any]] = []
        self.stages: dict[str, list[dict[str, Any]]] = {}
        self.seq: int | None = 0
        self.total = 0
        self.replaced = 0

    def take(self, message, buffers=()):
        kind = message["type"]
        if kind in {"reply", "closed"}:
            return
        if kind == "snapshot":
            self._snapshot(message)
            return
        assert message["seq"] == self.seq + 1, "a message is missing"
        self.seq = message["seq"]
        getattr(self, f"_{kind}")(message, buffers)

    def open(self, doc):
        self._load(doc)

    def _snapshot(self, message):
        self.seq = message["seq"]
        self._load(message["doc"])

    def _load(self, doc):
        from runicorn_jupyter.display.packed import unpack

        self.runs = {run["id"]: run for run in doc["runs"]}
        self.total = doc["total"]
        self.series = {(c.run, c.metric): (list(c.x), list(c.y)) for c in unpack(doc["curves"])}
        self.logs = [line for lines in doc["logs"].values() for line in lines]
        self.images = [image for images in doc["images"].values() for image in images]
        self.stages = dict(doc.get("stages", {}))

    def _runs(self, message, _buffers):
        self.runs |= {run["id"]: run for run in message["runs"]}
        for run in message["gone"]:
            del self.runs[run]
        self.total = message["total"]

    def _points(self, message, buffers):
        assert len(buffers) == 1
        floats = np.frombuffer(buffers[0], dtype="<f8")
        at = 0
        for entry in message["series"]:
            n, begin = entry["n"], entry["from"]
            x, y = floats[at : at + n].tolist(), floats[at + n : at + 2 * n].tolist()
            at += 2 * n
            known = self.series.setdefault((entry["run"], entry["metric"]), ([], []))
            assert begin in (0, len(known[0])), "points neither append nor replace"
            self.replaced += begin == 0
            self.series[entry["run"], entry["metric"]] = (known[0][:begin] + x, known[1][:begin] + y)
        assert at == len(floats)

    def _logs(self, message, _buffers):
        self.logs += message["lines"]

    def _images(self, message, _buffers):
        self.images = message["images"]

    def _stages(self, message, _buffers):
        self.stages |= message["stages"]


def until(condition, seconds=15.0):
    """Wait until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
