"""The rest of a quiet run in one row: a header of names and places, and arrays from which one metric is cut out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runicorn_jupyter.store.series.batch import Batch, Floats, Integers, Objects, Points
from runicorn_jupyter.store.series.names import names_of, write_names

_PLACE = 4
"""Numbers kept for each metric: offset, count, whether at every event, whether integers."""

Cut = Callable[[int, int], bytes]
"""Returns so many bytes of the body from an offset."""


def pack(batch: Batch, state: bytes) -> tuple[bytes, bytes]:
    """Return header and body of a batch; `state` goes along in the header."""
    places: list[int] = []
    pieces = [batch.steps.tobytes(), batch.times.tobytes()]
    offset = 16 * len(batch)
    for points in batch.numbers.values():
        places += (offset, len(points.values), points.events is None, points.integers)
        pieces.append(points.values.tobytes())
        if points.events is not None:
            pieces.append(points.events.astype(np.uint32).tobytes())
        offset += sum(map(len, pieces[-1 if points.events is None else -2 :]))
    words = {
        "events": len(batch),
        "objects": {name: [held.events, held.values] for name, held in batch.objects.items()},
        "images": batch.images,
    }
    text, names = json.dumps(words, separators=(",", ":")).encode(), write_names(batch.numbers)
    parts = (state, text, names, np.array(places, np.uint32).tobytes())
    return b"".join(len(part).to_bytes(4, "little") + part for part in parts), b"".join(pieces)


def split(header: bytes) -> Iterator[bytes]:
    """Yield the parts of a header, each of which stands behind its length in 4 bytes."""
    start = 0
    while start < len(header):
        end = start + 4 + int.from_bytes(header[start : start + 4], "little")
        yield header[start + 4 : end]
        start = end


class PackedBatch:
    """A packed batch whose points are read from its body when they are asked for."""

    def __init__(self, header: bytes, cut: Cut) -> None:
        self.state, text, names, places = split(header)
        words = json.loads(text)
        self.images: list[dict[str, Any]] = words["images"]
        self.objects = {name: Objects(*pair) for name, pair in words["objects"].items()}
        self._events: int = words["events"]
        self._places: NDArray[np.uint32] = np.frombuffer(places, np.uint32).reshape(-1, _PLACE)
        self._index = names_of(names)
        self._cut = cut

    def __len__(self) -> int:
        return self._events

    @property
    def numbers(self) -> Mapping[str, int]:
        """The names of numeric metrics."""
        return self._index

    @cached_property
    def steps(self) -> Integers:
        """The step of each event."""
        return np.frombuffer(self._cut(0, 8 * self._events), np.int64)

    @cached_property
    def times(self) -> Floats:
        """The time of each event."""
        return np.frombuffer(self._cut(8 * self._events, 8 * self._events), np.float64)

    @property
    def nbytes(self) -> int:
        """About the bytes of memory it takes while nothing is asked for."""
        return 24 * len(self._index) + 16 * self._events + 1000

    def points(self, name: str) -> Points | None:
        """Return the numbers of one metric, None when it has none here."""
        at = self._index.get(name)
        if at is None:
            return None
        offset, count, everywhere, integers = self._places[at].tolist()
        found = self._cut(offset, count * (8 if everywhere else 12))
        values = np.frombuffer(found[: 8 * count], np.float64)
        if everywhere:
            return Points(None, values, bool(integers))
        return Points(np.frombuffer(found[8 * count :], np.uint32).astype(np.int64), values, bool(integers))

    def texts(self, name: str) -> Objects | None:
        """Return the other values of a metric, None when it has none here."""
        return self.objects.get(name)

    def whole(self) -> Batch:
        """Return everything, read now."""
        batch = Batch(self.steps, self.times)
        batch.numbers = {name: points for name in self._index if (points := self.points(name)) is not None}
        batch.objects, batch.images = self.objects, self.images
        return batch
