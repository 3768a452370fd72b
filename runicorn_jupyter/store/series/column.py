"""One numeric metric of a run: stored stretches, read only where they are looked at, and the tail in memory."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from runicorn_jupyter.store.series.batch import Floats, Integers
from runicorn_jupyter.store.series.chunks import Fetch, StoredColumn
from runicorn_jupyter.store.series.groups import Groups, chained, distinct, grouped
from runicorn_jupyter.store.series.parts import ChunksGoneError

_MEMO = 16_384
"""Single values of a column that are remembered, so that the same picks are not cut from their chunks again."""

_BURST = 64
"""Chunks of up to 32 kB that are read at once."""


class Column:
    """The points of one metric in the order of the file, numbered from 0.

    Parameters
    ----------
    stored : StoredColumn
        What the curve cache holds.
    events, values : arrays
        The tail.
    origin : array
        Events before each stored stretch, and before the tail.
    fetch : callable
        Reads raw chunks.
    """

    def __init__(self, stored: StoredColumn, events: Integers, values: Floats, origin: Integers, fetch: Fetch) -> None:
        self.stored = stored
        self.tail_events = events
        self.tail = values
        self.count = stored.count + len(values)
        self._origin = origin
        self._fetch = fetch

    @property
    def nbytes(self) -> int:
        """About the bytes of memory it takes beside what is stored."""
        return self.tail.nbytes + self.tail_events.nbytes

    @cached_property
    def groups(self) -> Groups:
        """Summaries of all points."""
        return chained([self.stored.groups, grouped(self.tail, self.stored.count)])

    def cut(self, start: int, stop: int) -> Floats:
        """Return the values of the points from `start` to before `stop`."""
        held = self.stored
        if stop <= start:
            return np.empty(0)
        if start >= held.count:
            return self.tail[start - held.count : stop - held.count]
        first = int(np.searchsorted(held.starts, start, side="right")) - 1
        last = int(np.searchsorted(held.starts, stop, side="left"))
        pieces = []
        for burst in range(first, last, _BURST):
            pieces += self._values(range(burst, min(burst + _BURST, last)))
        pieces[0] = pieces[0][start - int(held.starts[first]) :]
        whole = np.concatenate(pieces) if len(pieces) > 1 else pieces[0]
        if stop > held.count:
            return np.concatenate((whole, self.tail[: stop - held.count]))
        return whole[: stop - start]

    def take(self, points: Integers) -> Floats:
        """Return the values of single points, rising."""
        held = self.stored
        near = int(np.searchsorted(points, held.count))
        found = np.empty(len(points))
        found[near:] = self.tail[points[near:] - held.count]
        if near:
            found[:near] = self._take_stored(points[:near])
        return found

    def events(self, points: Integers) -> Integers:
        """Return the event at which each of the rising points was logged."""
        held = self.stored
        near = int(np.searchsorted(points, held.count))
        found = np.empty(len(points), np.int64)
        found[near:] = self.tail_events[points[near:] - held.count]
        if near:
            part = np.searchsorted(held.starts, points[:near], side="right") - 1
            local = points[:near] - held.starts[part]
            found[:near] = self._origin[held.stretch[part]] + held.first[part] + local * held.stride[part]
            for one in distinct(part[held.stride[part] == 0])[0].tolist():
                places = held.positions[one]
                if places is not None:
                    here = part == one
                    found[:near][here] = self._origin[held.stretch[one]] + places[local[here]]
        return found

    def all_events(self) -> Integers:
        """Return the event at which each point was logged."""
        return self.events(np.arange(self.count))

    def before(self, events: Integers) -> Integers:
        """Return how many points were logged at events before each of the rising `events`."""
        held = self.stored
        found = np.searchsorted(self.tail_events, events, side="left") + held.count
        near = int(np.searchsorted(events, self._origin[-1]))
        if near and len(held.starts):
            early = events[:near]
            stretch = np.searchsorted(self._origin, early, side="right") - 1
            part = np.searchsorted(held.stretch, stretch, side="left")
            ends = np.append(held.starts, held.count)
            found[:near] = ends[part]
            inside = np.minimum(part, len(held.starts) - 1)
            here = held.stretch[inside] == stretch
            local = early - self._origin[stretch] - held.first[inside]
            sizes = np.diff(ends)[inside]
            stride = np.maximum(held.stride[inside], 1)
            even = np.clip(-(-local // stride), 0, sizes)
            found[:near] += np.where(here & (held.stride[inside] > 0), even, 0)
            for one in distinct(inside[here & (held.stride[inside] == 0)])[0].tolist():
                places = held.positions[one]
                if places is not None:
                    chosen = here & (inside == one)
                    found[:near][chosen] += np.searchsorted(places, (local + held.first[inside])[chosen], side="left")
        elif near:
            found[:near] = 0
        return found

    def at(self, events: Integers) -> tuple[Floats, NDArrayBool]:
        """Return the value logged at each of the rising `events`, and whether there is one."""
        values = np.full(len(events), np.nan)
        point = self.before(events)
        known = point < self.count
        known[known] = self.events(point[known]) == events[known]
        values[known] = self.take(point[known])
        return values, known

    def _take_stored(self, points: Integers) -> Floats:
        held = self.stored
        part = np.searchsorted(held.starts, points, side="right") - 1
        found = held.base[part] + held.slope[part] * (points - held.starts[part])
        unknown = np.flatnonzero(np.isnan(found))
        if not len(unknown):
            return found
        wanted = points[unknown]
        memo, values = held.memo
        at = np.minimum(np.searchsorted(memo, wanted), max(len(memo) - 1, 0))
        hit = memo[at] == wanted if len(memo) else np.zeros(len(wanted), bool)
        if len(memo):
            found[unknown[hit]] = values[at[hit]]
        missed = unknown[~hit]
        if len(missed):
            self._read(points, part, missed, found)
            self._remember(points[missed], found[missed], memo, values)
        return found

    def _read(self, points: Integers, part: Integers, missed: Integers, found: Floats) -> None:
        """Fill in the values of the points whose indices are `missed`, from their chunks."""
        parts, first = distinct(part[missed])
        bounds = np.append(first, len(missed))
        starts = self.stored.starts
        for burst in range(0, len(parts), _BURST):
            chosen = parts[burst : burst + _BURST].tolist()
            for at, (one, values) in enumerate(zip(chosen, self._values(chosen), strict=True), burst):
                here = missed[bounds[at] : bounds[at + 1]]
                found[here] = values[points[here] - starts[one]]

    def _remember(self, points: Integers, values: Floats, known: Integers, before: Floats) -> None:
        if len(known) + len(points) > _MEMO:
            known, before = known[:0], before[:0]
        if len(points) <= _MEMO:
            at, first = distinct(np.concatenate((known, points)))
            self.stored.memo = (at, np.concatenate((before, values))[first])

    def _values(self, parts: range | list[int]) -> list[Floats]:
        held = self.stored
        wanted = [at for at in parts if held.raw[at] >= 0]
        chunks = iter(self._fetch([int(held.raw[at]) for at in wanted]) if wanted else ())
        ends = np.append(held.starts, held.count)
        found = []
        for at in parts:
            size = int(ends[at + 1] - ends[at])
            inline = held.inline[at]
            if held.raw[at] >= 0:
                inline = np.frombuffer(next(chunks), np.float64)
            elif inline is None:
                inline = held.base[at] + held.slope[at] * np.arange(size)
            if len(inline) != size:
                raise ChunksGoneError
            found.append(inline)
        return found


NDArrayBool = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
