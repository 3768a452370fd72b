"""What is known of a whole run without its points: kept up to date with every batch, never counted again."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from runicorn_jupyter.models import MetricSummary
from runicorn_jupyter.store.series.batch import Batch, Floats, Integers, Points

_FEW = 64


class Progress(NamedTuple):
    """How far a run has come, and what holds for the order of its events.

    ``rising``: every step is larger than the one before; ``level``: none is smaller, and ``distinct`` counts the
    different ones while that holds. ``clock``: every time is finite and none is smaller than the one before.
    """

    events: int = 0
    bad: int = 0
    images: int = 0
    last: int = 0
    top: int | None = None
    rising: bool = True
    level: bool = True
    distinct: int = 0
    clock: bool = True
    start: float | None = None
    last_time: float | None = None
    ranks: tuple[int, ...] = ()

    def after(self, batch: Batch) -> Progress:
        """Return the progress with the events of `batch`."""
        ranks = self.ranks if batch.ranks <= {*self.ranks} else tuple(sorted({*self.ranks, *batch.ranks}))
        found = self._replace(bad=self.bad + batch.bad, images=self.images + len(batch.images), ranks=ranks)
        if not len(batch):
            return found
        steps, times = batch.steps, batch.times
        climbs = steps.copy()
        climbs[1:] -= steps[:-1]
        climbs[0] -= self.last if self.events else steps[0] - 1
        finite = bool(np.isfinite(times).all())
        known = times if finite else times[np.isfinite(times)]
        starts = [time for time in (self.start, float(known.min()) if len(known) else None) if time is not None]
        before = self.last_time if self.last_time is not None else -math.inf
        top = int(steps.max())
        return found._replace(
            events=self.events + len(batch),
            last=int(steps[-1]),
            top=top if self.top is None else max(top, self.top),
            rising=self.rising and bool((climbs > 0).all()),
            level=self.level and bool((climbs >= 0).all()),
            distinct=self.distinct + int((climbs > 0).sum()),
            clock=self.clock and finite and float(times[0]) >= before and bool((times[1:] >= times[:-1]).all()),
            start=min(starts, default=None),
            last_time=float(known[-1]) if len(known) else self.last_time,
        )


class Totals(NamedTuple):
    """One numeric metric in numbers; ``rising`` says that its own steps rise, ``at`` is the last of them."""

    logged: int = 0
    finite: int = 0
    total: float = 0.0
    first: float | None = None
    last: float | None = None
    low: float | None = None
    high: float | None = None
    integers: bool = True
    rising: bool = True
    at: int = 0

    def after(self, points: Points, steps: Integers, *, strict: bool) -> Totals:
        """Return the totals with further points; `strict` says that the steps of the whole run rise."""
        events = points.events
        first, last = (0, -1) if events is None else (int(events[0]), int(events[-1]))
        rising = self.rising
        if not strict and rising:
            own = steps if events is None else steps[events]
            rising = bool((np.diff(own) > 0).all()) and (not self.logged or int(steps[first]) > self.at)
        values, at = points.values, int(steps[last])
        found = _of_few(values.tolist()) if len(values) <= _FEW else _of_many(values)
        count, integers = self.logged + len(values), self.integers and points.integers
        if found is None:
            return self._replace(logged=count, integers=integers, rising=rising, at=at)
        finite, total, start, end, low, high = found
        if self.first is None or self.low is None or self.high is None:
            return Totals(count, finite, total, start, end, low, high, integers, rising, at)
        low, high = min(low, self.low), max(high, self.high)
        number, whole = self.finite + finite, self.total + total
        return Totals(count, number, whole, self.first, end, low, high, integers, rising, at)

    def summary(self) -> MetricSummary:
        """Return last, min, max, first and mean of the finite values, and the count of all."""
        mean = self.total / self.finite if self.finite else math.nan
        return MetricSummary(
            self.last, self.low, self.high, self.first, self.logged, mean if math.isfinite(mean) else None
        )


_Numbers = tuple[int, float, float, float, float, float]


def _of_few(values: list[float]) -> _Numbers | None:
    total = sum(values)
    if total - total != 0.0:
        values = [value for value in values if value - value == 0.0]
        total = sum(values)
    return (len(values), total, values[0], values[-1], min(values), max(values)) if values else None


def _of_many(values: Floats) -> _Numbers | None:
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(values.sum())
        if not math.isfinite(total):
            values = values[np.isfinite(values)]
            total = float(values.sum())
    if not len(values):
        return None
    return len(values), total, float(values[0]), float(values[-1]), float(values.min()), float(values.max())
