"""Curves cut from event tables: which points lie in a window of an axis, and few enough of them to draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import Curve, Stage
from runicorn_jupyter.store.series.batch import Floats, Integers
from runicorn_jupyter.store.series.column import Column
from runicorn_jupyter.store.series.columns import EventTable
from runicorn_jupyter.store.series.envelope import ordered, picked
from runicorn_jupyter.store.series.groups import Groups
from runicorn_jupyter.store.series.sorting import Halves, SortedPoints

Axis = str
"""``step``, ``time`` (seconds since the run's first event), ``wall`` (Unix seconds) or ``metric:NAME``."""

METRIC = "metric:"
_PLAIN = ("step", "time", "wall")
_STAGE = "stage"


class Line(Protocol):
    """The points of one metric in the order of an axis."""

    @property
    def count(self) -> int:
        """How many points there are."""

    @property
    def groups(self) -> Groups | None:
        """Summaries of the values, None where these are at hand."""

    def cut(self, start: int, stop: int) -> Floats:
        """Return the values from `start` to before `stop`."""

    def x(self, points: Integers) -> Floats:
        """Return where the rising `points` stand on the axis."""

    def place(self, value: float, *, after: bool) -> int:
        """Return the first point at or beyond `value`, or the first beyond it when `after`."""


class _Scale:
    """The axis of a run whose events are in its order already."""

    def __init__(self, table: EventTable, axis: Axis) -> None:
        self._column = table.steps if axis == "step" else table.times
        self._start = (table.progress.start or 0.0) if axis == "time" else None

    def of(self, values: Floats) -> Floats:
        """Return the axis value of a step or a time; the clock of a run is read to a microsecond."""
        return values if self._start is None else np.round(values - self._start, 6)

    def at(self, events: Integers) -> Floats:
        """Return where the rising `events` stand."""
        return self.of(self._column.take(events))

    def event(self, value: float, *, after: bool) -> int:
        """Return the first event at or beyond `value`."""
        side = "right" if after else "left"
        groups = self._column.groups
        at = int(np.searchsorted(self.of(groups.low), value, side=side)) - 1  # type: ignore[call-overload]
        if at < 0:
            return 0
        start = int(groups.starts[at])
        stop = int(groups.starts[at + 1]) if at + 1 < len(groups.starts) else self._column.count
        return start + int(np.searchsorted(self.of(self._column.cut(start, stop)), value, side=side))  # type: ignore[call-overload]


class LazyLine:
    """A metric whose points are in the order of the axis as they were logged: only what is drawn is read."""

    def __init__(self, column: Column, scale: _Scale) -> None:
        self._column = column
        self._scale = scale
        self.count = column.count
        self.cut = column.cut

    @property
    def groups(self) -> Groups | None:
        """Summaries of the values."""
        return self._column.groups

    def x(self, points: Integers) -> Floats:
        """Return where the rising `points` stand on the axis."""
        return self._scale.at(self._column.events(points))

    def place(self, value: float, *, after: bool) -> int:
        """Return the first point at or beyond `value`, or the first beyond it when `after`."""
        return int(self._column.before(np.array([self._scale.event(value, after=after)]))[0])


class ArrayLine:
    """A metric that had to be sorted: all its points in memory."""

    def __init__(self, x: Halves, y: Halves, groups: Groups | None = None, scale: _Scale | None = None) -> None:
        self.every_x = x
        self.y = y
        self.groups = groups
        self.cut = y.cut
        self.count = y.size
        self._scale = scale

    def x(self, points: Integers) -> Floats:
        """Return where `points` stand on the axis."""
        found = self.every_x.take(points)
        return found if self._scale is None else self._scale.of(found)

    def place(self, value: float, *, after: bool) -> int:
        """Return the first point at or beyond `value`, or the first beyond it when `after`."""
        every = self.every_x if self._scale is None else Halves(*map(self._scale.of, self.every_x))
        return int(every.place(np.array([value]), "right" if after else "left")[0])

    def find(self, values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the values that stand at the given places, and where there is one."""
        at = np.minimum(self.every_x.place(values), self.count - 1)
        known = self.every_x.take(at) == values
        return np.where(known, self.y.take(at), np.nan), known


def check_axis(axis: Axis) -> Axis:
    """Return `axis`.

    Raises
    ------
    BadRequest
        It is none of the known ones.
    """
    if axis in _PLAIN or (axis.startswith(METRIC) and len(axis) > len(METRIC)):
        return axis
    raise BadRequest(f"x must be one of {', '.join(_PLAIN)} or {METRIC}NAME, not {axis[:40]!r}.")


def line(table: EventTable, name: str, axis: Axis) -> Line | None:
    """Return one metric of a run along an axis, None when it, or the metric of the axis, has no numbers."""
    if name not in table.totals:
        return None
    if axis.startswith(METRIC):
        return _joined(table, name, axis.removeprefix(METRIC))
    in_order = table.progress.level and table.totals[name].rising if axis == "step" else table.progress.clock
    if in_order:
        return LazyLine(table.column(name), _scale(table, axis))
    return sorted_line(table, name, axis)


def sorted_line(table: EventTable, name: str | int, axis: Axis) -> ArrayLine:
    """Return all points of one metric (or column), sorted by the axis; the last of several at one step is kept."""
    held: ArrayLine | None = table.memo.get((name, axis))
    if held is None:
        key = "step" if axis == "step" else "wall"
        points = table.sorted_points(name, key, distinct=axis == "step")
        with points.lock:
            column = table.column(name)
            if points.taken > column.count:  # a younger table has asked before
                points = SortedPoints(distinct=axis == "step")
            if points.taken < column.count:
                new = np.arange(points.taken, column.count)
                x = _scale(table, key).at(column.events(new))
                points.take(x, column.cut(points.taken, column.count))
            shown_x, shown_y, groups = points.view()
        held = table.memo[name, axis] = ArrayLine(
            shown_x, shown_y, groups, _scale(table, axis) if axis == "time" else None
        )
    return held


def curves_of(
    table: EventTable,
    run: str,
    metrics: Sequence[str] | None,
    axis: Axis,
    window: tuple[float | None, float | None],
    width: int,
) -> list[Curve]:
    """Return the curve of each metric of one run that has it, at most 2 × `width` points each."""
    found = []
    for name in table.totals if metrics is None else metrics:
        drawn = line(table, name, axis)
        if drawn is not None:
            found.append(_curve(run, name, drawn, window, width))
    return found


def stages_of(table: EventTable, axis: Axis) -> list[Stage]:
    """Return the stages of a run along an axis, in the order in which they were logged; none on a metric's axis."""
    if axis.startswith(METRIC) or (_STAGE not in table.texts and _STAGE not in table.totals):
        return []
    key = (_STAGE, axis, "stages")
    if key not in table.memo:
        spans = _spans(table)
        events = np.array([event for _, *ends in spans for event in ends], np.int64)
        places = _scale(table, axis).at(events).tolist()
        if axis == "step":
            places = [int(place) for place in places]
        pairs = zip(spans, places[::2], places[1::2], strict=True)
        table.memo[key] = [Stage(stage, min(x0, x1), max(x0, x1)) for (stage, *_), x0, x1 in pairs]
    found: list[Stage] = table.memo[key]
    return found


def _curve(run: str, name: str, drawn: Line, window: tuple[float | None, float | None], width: int) -> Curve:
    x0, x1 = window
    start = 0 if x0 is None else max(drawn.place(x0, after=False) - 1, 0)
    stop = drawn.count if x1 is None else min(drawn.place(x1, after=True) + 1, drawn.count)
    stop = max(start, stop)
    at, y, exact = picked(drawn, start, stop, width)
    return Curve(run, name, drawn.x(at).tolist(), y.tolist(), stop - start, exact)


def _scale(table: EventTable, axis: Axis) -> _Scale:
    held = table.memo.get(axis)
    if held is None:
        held = table.memo[axis] = _Scale(table, axis)
    found: _Scale = held
    return found


def _joined(table: EventTable, name: str, other: str) -> ArrayLine | None:
    """Return `name` over `other`: the steps at which both stand, sorted by `other`, equal ones by step."""
    if other not in table.totals:
        return None
    key = (name, METRIC, other)
    if key not in table.memo:
        mine, theirs = (sorted_line(table, one, "step") for one in (name, other))
        values, known = theirs.find(mine.every_x.cut(0, mine.count))
        x, y = ordered(values[known], mine.cut(0, mine.count)[known], distinct=False)
        table.memo[key] = ArrayLine(Halves(x, x[:0]), Halves(y, y[:0]))
    found: ArrayLine = table.memo[key]
    return found


def _spans(table: EventTable) -> list[tuple[str, int, int]]:
    """Return each stage with the first and the last event of its stretch."""
    pairs = list(zip(*table.objects(_STAGE), strict=True))
    if _STAGE in table.totals:
        column = table.column(_STAGE)
        numbers = column.cut(0, column.count)
        values = (numbers.astype(np.int64) if table.totals[_STAGE].integers else numbers).tolist()
        pairs = sorted([*pairs, *zip(column.all_events().tolist(), values, strict=True)], key=lambda pair: pair[0])
    spans: list[tuple[str, int, int]] = []
    before: Any = object()
    for event, value in pairs:
        if value == before:
            spans[-1] = (spans[-1][0], spans[-1][1], event)
        else:
            spans.append((value if isinstance(value, str) else str(value), event, event))
            before = value
    return spans
