"""A run that is being read: what came of its file so far, the last of it in memory, the rest in the curve cache."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import orjson

from runicorn_jupyter.store.series.batch import Batch, columnise, joined
from runicorn_jupyter.store.series.chunks import cut, encode_objects, encode_points, points_between
from runicorn_jupyter.store.series.columns import FIRST_NAME, IMAGES, STEPS, TIMES, EventTable, Stored
from runicorn_jupyter.store.series.curvecache import CurveCache, Packed, StoredRun
from runicorn_jupyter.store.series.lines import Event
from runicorn_jupyter.store.series.names import Names, names_of, read_totals, write_names, write_totals
from runicorn_jupyter.store.series.packed import PackedBatch, pack, split
from runicorn_jupyter.store.series.parts import Part
from runicorn_jupyter.store.series.totals import Progress, Totals

TAIL = 1024 * 1024
"""Bytes of the file that stay in memory; more of them are stored, whole batches at a time."""

WIDE_TAIL = 4 * TAIL
"""The same while they hold few events, whose stretches would be short."""

_FEW_EVENTS = 2048


_NEW = Totals()
NOTHING = b""
"""The state of a run of which nothing is stored but a packed row."""


class GrowingRun:
    """Takes batches of events in order; hands out tables that later batches leave alone.

    Parameters
    ----------
    cache : CurveCache, optional
        Where stretches go; without it everything stays in memory.
    source : bytes
        The name of the run in the cache.
    """

    def __init__(self, cache: CurveCache | None = None, source: bytes = b"") -> None:
        self.progress = Progress()
        self.conflict = False
        self.tail_bytes = 0
        self._cache = cache
        self._source = source
        self.stored_run: StoredRun | None = None
        self._stored = Stored(cache, 0)
        self._totals: Mapping[str, Totals] = {}
        self._texts: dict[str, int] = {}
        self._names: Names = {}
        self._frozen = False
        self._tail: list[Batch | PackedBatch] = []
        self._table: EventTable | None = None

    @property
    def table(self) -> EventTable:
        """The run as it is now."""
        if self._table is None:
            stretches = self.stored_run.stretches if self.stored_run else 0
            totals = self._totals if self._frozen else dict(self._totals)
            names = self._names if self._frozen else dict(self._names)
            self._table = EventTable(
                self.progress,
                totals,
                dict(self._texts),
                names,
                self._tail,
                self._stored,
                stretches,
            )
        return self._table

    def extend(self, events: Sequence[Event]) -> None:
        """Append parsed events."""
        self.take(columnise(events, self.progress.last), 0)

    def take(self, batch: Batch, size: int) -> None:
        """Append a batch that stood in `size` bytes of the file."""
        self.progress = self.progress.after(batch)
        totals, names = self._thawed()
        for name, points in batch.numbers.items():
            names.setdefault(name, len(names))
            totals[name] = totals.get(name, _NEW).after(points, batch.steps, strict=self.progress.rising)
        for name, texts in batch.objects.items():
            names.setdefault(name, len(names))
            self._texts[name] = self._texts.get(name, 0) + len(texts.values)
        self.tail_bytes += size
        self._table = None
        if len(batch) or batch.images:
            self._tail.append(batch)
            self._merge()

    def adopt(self, stored: StoredRun) -> None:
        """Begin with what the cache holds."""
        self.stored_run = stored
        self._stored = Stored(self._cache, stored.key)
        if stored.state != NOTHING:
            self._restore(stored.state)

    def adopt_packed(self, packed: Packed) -> None:
        """Go on with the packed rest."""
        cache, stored = self._cache, self.stored_run
        if cache is not None and stored is not None:
            batch = PackedBatch(packed.header, lambda offset, size: cache.body(stored.key, offset, size))
            self._restore(batch.state)
            self._tail = [batch]
            self.tail_bytes = packed.offset - stored.offset

    @property
    def full(self) -> bool:
        """Whether the tail should be stored now."""
        events = sum(map(len, self._tail))
        return events > 0 and self.tail_bytes > (TAIL if events >= _FEW_EVENTS else WIDE_TAIL)

    def store(self, inode: int, offset: int, guard: bytes) -> None:
        """Move the tail to the cache, as it stands in the file `inode` up to `offset`; it stays when that fails."""
        if self._cache is None or self.conflict:
            return
        tail = joined([batch.whole() for batch in self._tail])
        before = self.stored_run
        bounds = cut(tail)
        first = before.stretches if before else 0
        key = before.key if before else secrets.randbits(62)
        after = StoredRun(key, inode, offset, guard, first + len(bounds), self._state())
        parts = list(self._parts(tail, bounds, first))
        if not self._cache.append(self._source, before, after, parts):
            self.conflict = True
            return
        if before is None:
            self._stored = Stored(self._cache, key)
        self.stored_run = after
        self._tail, self.tail_bytes, self._table = [], 0, None

    def pack(self, inode: int, offset: int, guard: bytes) -> None:
        """Move the tail of a quiet run to one row of the cache; it stays when that fails."""
        if self._cache is None or self.conflict or any(isinstance(batch, PackedBatch) for batch in self._tail):
            return
        if self.stored_run is None:
            empty = StoredRun(secrets.randbits(62), inode, 0, b"", 0, NOTHING)
            if not self._cache.append(self._source, None, empty, ()):
                self.conflict = True
                return
            self.stored_run, self._stored = empty, Stored(self._cache, empty.key)
        header, body = pack(joined([batch.whole() for batch in self._tail]), self._state())
        packed = Packed(offset, guard, header)
        if self._cache.pack(self.stored_run.key, packed, body):
            self.adopt_packed(packed)

    def _merge(self) -> None:
        """Keep the number of batches small while a live run brings a few events at a time."""
        tail = self._tail
        while len(tail) > 1 and isinstance(tail[-2], Batch) and len(tail[-2]) <= 2 * len(tail[-1]) + 64:
            tail[-2:] = [joined([batch.whole() for batch in tail[-2:]])]

    def _parts(self, tail: Batch, bounds: Sequence[tuple[int, int]], first: int) -> Iterator[tuple[int, Part]]:
        for name, points in tail.numbers.items():
            number = FIRST_NAME + 2 * self._names[name]
            begin = self._totals[name].logged - len(points.values)
            for stretch, (start, stop) in enumerate(bounds, first):
                events, values = points_between(points, start, stop)
                if len(values):
                    yield number, encode_points(stretch, events, values, begin)
                begin += len(values)
        for name, texts in tail.objects.items():
            places = np.searchsorted(texts.events, [edge for pair in bounds for edge in pair]).reshape(-1, 2).tolist()
            for stretch, (start, _), (low, high) in zip(range(first, first + len(bounds)), bounds, places, strict=True):
                if high > low:
                    events_here = [event - start for event in texts.events[low:high]]
                    number = FIRST_NAME + 2 * self._names[name] + 1
                    yield number, encode_objects(stretch, events_here, texts.values[low:high])
        begin = self.progress.events - len(tail)
        for stretch, (start, stop) in enumerate(bounds, first):
            for number, values in ((STEPS, tail.steps.astype(np.float64)), (TIMES, tail.times)):
                yield number, encode_points(stretch, np.arange(stop - start), values[start:stop], begin + start)
        if tail.images:
            yield IMAGES, encode_objects(first, range(len(tail.images)), tail.images)

    def _state(self) -> bytes:
        words = orjson.dumps({"progress": tuple(self.progress), "texts": self._texts})
        names = write_names(self._names)
        parts = (words, names, write_totals(self._totals))
        return b"".join(len(part).to_bytes(4, "little") + part for part in parts)

    def _restore(self, state: bytes) -> None:
        written, names, totals = split(state)
        words = orjson.loads(written)
        progress = Progress(*words["progress"])
        self.progress = progress._replace(ranks=tuple(progress.ranks))
        self._texts, self._names, self._totals = words["texts"], names_of(names), read_totals(totals)
        self._frozen, self._table = True, None

    def _thawed(self) -> tuple[dict[str, Totals], dict[str, int]]:
        """Return totals and names that may grow; restored ones are shared with tables and other runs."""
        if self._frozen:
            self._totals, self._names, self._frozen = dict(self._totals), dict(self._names), False
        assert isinstance(self._totals, dict)
        assert isinstance(self._names, dict)
        return self._totals, self._names
