"""Events as a training script might log them, written and read in every way the store knows."""

from __future__ import annotations

import contextlib
import json
import math
import random
from unittest import mock

from hypothesis import strategies as st

from runicorn_jupyter.store.series import chunks, growing, reader, sorting
from runicorn_jupyter.store.series.curvecache import CurveCache
from runicorn_jupyter.store.series.growing import GrowingRun
from runicorn_jupyter.store.series.reader import EventReader

SPECIAL = (math.nan, math.inf, -math.inf)


@st.composite
def runs(draw, most=500):
    """Return events of one run: two metrics, one of them sparse, steps in some order, values with ties and gaps."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, most))
    order = draw(st.sampled_from(["regular", "rising", "level", "any"]))
    clock = draw(st.sampled_from(["even", "rising", "any", "absent"]))
    odd = draw(st.sampled_from([0.0, 0.05, 0.9]))
    sparse = draw(st.sampled_from([1, 3, 50]))
    texts = draw(st.booleans())
    step, events = 0, []
    for at in range(count):
        step = {
            "regular": at,
            "rising": step + rng.randint(1, 4),
            "level": step + rng.randint(0, 1),
            "any": rng.randint(0, count),
        }[order]
        data = {"a": value(rng, odd), "global_step": step}
        if at % sparse == 0 or rng.random() < 0.02:
            data["b"] = rng.randint(-5, 5)
        if texts and rng.random() < 0.3:
            data["stage"] = rng.choice(["warmup", "main"])
        if texts and rng.random() < 0.1:
            data["b"] = rng.choice(["text", True, 2**60, None])
        if order == "level" and rng.random() < 0.3:
            del data["a"]
        event = {"type": "metrics", "data": data}
        if clock != "absent":
            event["ts"] = 1000.0 + {"even": at, "rising": at + rng.random(), "any": rng.random() * 100}[clock]
        events.append(event)
    return events


def value(rng, odd):
    if rng.random() < odd:
        return rng.choice(SPECIAL)
    return float(rng.randint(-20, 20)) if rng.random() < 0.7 else rng.gauss(0, 1)


def lines(events):
    return "".join(json.dumps(event) + "\n" for event in events).encode("utf-8", "surrogatepass")


def table_of(events):
    """Return the table of events that were never stored."""
    run = GrowingRun()
    run.extend(events)
    return run.table


@contextlib.contextmanager
def short_stretches(tail=700, stretch=90, block=500):
    """Let a run of some hundred events be stored in many stretches."""
    with (
        mock.patch.object(growing, "TAIL", tail),
        mock.patch.object(growing, "_FEW_EVENTS", 0),
        mock.patch.object(chunks, "STRETCH", stretch),
        mock.patch.object(reader, "_BLOCK", block),
        mock.patch.object(sorting, "_REST", 40),
        mock.patch.object(reader, "PACKED_FROM", 1),
        mock.patch.object(reader, "_QUIET", -1e9),
    ):
        yield


class Routes:
    """One run whose file grows in pieces, and every way to read it."""

    def __init__(self, folder):
        self.run_dir = folder / "run"
        self.run_dir.mkdir()
        self.file = self.run_dir / "events.jsonl"
        self.file.touch()
        self.cache = CurveCache(folder / "curves.sqlite")
        self.followed = EventReader(self.run_dir, self.cache, b"run")

    def grow(self, content):
        with self.file.open("ab") as file:
            file.write(content)
        return self.followed.fresh_table()

    def tables(self):
        """Return the table by each route: followed while it grew, restarted from the cache, read anew."""
        return {
            "followed": self.followed.fresh_table(),
            "restarted": EventReader(self.run_dir, self.cache, b"run").fresh_table(),
            "cold": EventReader(self.run_dir).fresh_table(),
        }
