"""The points of one run in columns: what every curve, row and frame is cut from."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from runicorn_jupyter.models import MetricSummary
from runicorn_jupyter.store.series.batch import Batch, Floats, Integers, Objects
from runicorn_jupyter.store.series.chunks import StoredColumn, decode_objects
from runicorn_jupyter.store.series.column import Column
from runicorn_jupyter.store.series.curvecache import CurveCache
from runicorn_jupyter.store.series.names import StoredTotals
from runicorn_jupyter.store.series.packed import PackedBatch
from runicorn_jupyter.store.series.parts import ChunksGoneError
from runicorn_jupyter.store.series.sorting import SortedPoints
from runicorn_jupyter.store.series.totals import Progress, Totals

STEPS, TIMES, IMAGES, FIRST_NAME = 0, 1, 2, 3
"""Numbers of columns in the curve cache; metric n of a run is FIRST_NAME + 2 n, its texts one more."""

_NO_EVENTS = np.empty(0, np.int64)
_NO_VALUES = np.empty(0)


class Stored:
    """The columns of one run that were loaded from the curve cache, shared by all its tables."""

    def __init__(self, cache: CurveCache | None, key: int) -> None:
        self._cache = cache
        self._key = key
        self._lock = threading.Lock()
        self._columns: dict[int, StoredColumn] = {}
        self._objects: dict[int, tuple[int, Objects]] = {}
        self.sorted: dict[tuple[str | int, str], SortedPoints] = {}

    @property
    def nbytes(self) -> int:
        """About the bytes of memory they take."""
        texts = sum(len(held.values) for _, held in list(self._objects.values()))
        held = sum(column.nbytes for column in list(self._columns.values())) + 24 * texts
        return held + sum(points.nbytes for points in list(self.sorted.values()))

    def column(self, name: int, stretches: int) -> StoredColumn:
        """Return one numeric column up to a stretch."""
        if not stretches or self._cache is None:
            return StoredColumn((), 0)
        with self._lock:
            held = self._columns.get(name)
            if held is None or held.stretches < stretches:
                since = held.stretches if held else 0
                held = StoredColumn(self._cache.parts(self._key, name, since, stretches), stretches, held)
                self._columns[name] = held
            if held.stretches == stretches:
                return held
        return StoredColumn(self._cache.parts(self._key, name, 0, stretches), stretches)  # an older table asks

    def objects(self, name: int, stretches: int, origin: Integers) -> Objects:
        """Return the texts of one metric up to a stretch, with the numbers of their events in the run."""
        if not stretches or self._cache is None:
            return Objects([], [])
        with self._lock:
            known, held = self._objects.get(name, (0, Objects([], [])))
            since = known if known <= stretches else 0
            found = Objects(list(held.events), list(held.values)) if since else Objects([], [])
            if since == stretches:
                return found
            for part in self._cache.parts(self._key, name, since, stretches):
                texts = decode_objects(part)
                begin = int(origin[part.stretch])
                found.events.extend(begin + event for event in texts.events)
                found.values.extend(texts.values)
            self._objects[name] = (stretches, found)
            return Objects(list(found.events), list(found.values))

    def images(self, stretches: int) -> list[dict[str, Any]]:
        """Return the image events up to a stretch."""
        if not stretches or self._cache is None:
            return []
        return [
            image
            for part in self._cache.parts(self._key, IMAGES, 0, stretches)
            for image in decode_objects(part).values
        ]

    def fetch(self, ids: Sequence[int]) -> list[bytes]:
        """Return raw chunks."""
        if self._cache is None:
            raise ChunksGoneError
        return self._cache.chunks(ids)


class EventTable:
    """Every metric event of one run, in the order of the file, as it was at one moment; later events leave it alone.

    Numbers live in columns, text, booleans and integers beyond 2^53 beside them. Only what is asked for is read: the
    stretches in the curve cache by their summaries, the rest from memory.

    Raises
    ------
    ChunksGoneError
        From any question: the curve cache was cleared or thrown away; ask for a new table.
    """

    def __init__(
        self,
        progress: Progress,
        totals: Mapping[str, Totals],
        texts: Mapping[str, int],
        names: Mapping[str, int],
        tail: Sequence[Batch | PackedBatch],
        stored: Stored,
        stretches: int,
    ) -> None:
        self.progress = progress
        self.totals = totals
        self.texts = texts
        self._names = names
        self._tail = tuple(tail)
        self._stored = stored
        self._stretches = stretches
        self._columns: dict[str | int, Column] = {}
        self._origin: Integers | None = None
        self.memo: dict[Any, Any] = {}

    def __len__(self) -> int:
        return self.progress.events

    @property
    def bad(self) -> int:
        """Pieces of the file that are no event."""
        return self.progress.bad

    @property
    def last_step(self) -> int | None:
        """The largest step, None without an event."""
        return self.progress.top

    @property
    def nbytes(self) -> int:
        """About the bytes of memory it takes."""
        own = sum(column.nbytes for column in list(self._columns.values()))
        return own + self._stored.nbytes + sum(batch.nbytes for batch in self._tail) + self._known_bytes()

    @property
    def names(self) -> list[str]:
        """The metrics, in the order in which they were first logged, numeric ones first."""
        return list(dict.fromkeys((*self.totals, *self.texts)))

    @property
    def steps(self) -> Column:
        """The step of each event."""
        return self._column(STEPS)

    @property
    def times(self) -> Column:
        """The time of each event in Unix seconds, NaN where it has none."""
        return self._column(TIMES)

    @property
    def images(self) -> list[dict[str, Any]]:
        """The image events."""
        found = self._stored.images(self._stretches)
        for batch in self._tail:
            found += batch.images
        return found

    def sorted_points(self, name: str | int, axis: str, *, distinct: bool) -> SortedPoints:
        """Return what was sorted so far of a metric by an axis, shared with later tables of the run."""
        return self._stored.sorted.setdefault((name, axis), SortedPoints(distinct=distinct))

    def column(self, name: str | int) -> Column:
        """Return the numbers of one metric, which must be in `totals`, or of STEPS or TIMES."""
        return self._column(name)

    def objects(self, name: str) -> Objects:
        """Return the other values of one metric, with the numbers of their events; none when it has none."""
        if name not in self.texts:
            return Objects([], [])
        found = self._stored.objects(self._number(name) + 1, self._stretches, self._starts())
        begin = int(self._starts()[-1])
        for batch in self._tail:
            held = batch.texts(name)
            if held is not None:
                found.events.extend(begin + event for event in held.events)
                found.values.extend(held.values)
            begin += len(batch)
        return found

    def summaries(self) -> dict[str, MetricSummary]:
        """Return last, min, max, first, mean and count of every numeric metric, by name."""
        return {name: totals.summary() for name, totals in self.totals.items()}

    def _known_bytes(self) -> int:
        return self.totals.nbytes if isinstance(self.totals, StoredTotals) else 500 * len(self._names)

    def _number(self, name: str) -> int:
        return FIRST_NAME + 2 * self._names[name]

    def _starts(self) -> Integers:
        """Return the number of events before each stored stretch, and before the tail."""
        if self._origin is None:
            steps = self._stored.column(STEPS, self._stretches)
            if len(steps.starts) != self._stretches:
                raise ChunksGoneError
            self._origin = np.append(steps.starts, steps.count)
        return self._origin

    def _column(self, name: str | int) -> Column:
        held = self._columns.get(name)
        if held is None:
            origin = self._starts()
            stored = self._stored.column(name if isinstance(name, int) else self._number(name), self._stretches)
            events, values = self._tail_points(name, int(origin[-1]))
            held = Column(stored, events, values, origin, self._stored.fetch)
            expected = len(self) if isinstance(name, int) else self.totals[name].logged
            if held.count != expected:
                raise ChunksGoneError
            self._columns[name] = held
        return held

    def _tail_points(self, name: str | int, begin: int) -> tuple[Integers, Floats]:
        events, values = [], []
        for batch in self._tail:
            if isinstance(name, int):
                values.append(batch.steps.astype(np.float64) if name == STEPS else batch.times)
                events.append(np.arange(begin, begin + len(batch)))
            elif (points := batch.points(name)) is not None:
                values.append(points.values)
                events.append(np.arange(begin, begin + len(batch)) if points.events is None else begin + points.events)
            begin += len(batch)
        if len(events) == 1:
            return events[0], values[0]
        return (np.concatenate(events), np.concatenate(values)) if events else (_NO_EVENTS, _NO_VALUES)
