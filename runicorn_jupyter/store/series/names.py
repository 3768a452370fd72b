"""Names of metrics and what is known of each, for runs that have thousands of them and are mostly not asked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from runicorn_jupyter.store.series.totals import Totals

_FIELDS = len(Totals._fields)
_SHARED = 256 * 1024
"""Bytes of names that are kept for the next run, since the runs of a sweep log the same ones."""

Names = Mapping[str, int]
"""Names in order, each with its place."""


def names_of(written: bytes) -> Names:
    """Return the names of a JSON list; two runs with the same list share one answer."""
    return _shared(written) if len(written) <= _SHARED else _read(written)


def write_names(names: Iterable[str]) -> bytes:
    """Return the JSON list that `names_of` reads."""
    return orjson.dumps(list(names))


class StoredTotals(Mapping[str, Totals]):
    """The totals of a stored run: 80 bytes a metric until one is asked for."""

    def __init__(self, names: Names, rows: NDArray[np.float64]) -> None:
        self._names = names
        self._rows = rows

    def __getitem__(self, name: str) -> Totals:
        count, finite, total, *known, integers, rising, at = self._rows[self._names[name]].tolist()
        first, last, low, high = (None if math.isnan(value) else value for value in known)
        return Totals(int(count), int(finite), total, first, last, low, high, integers != 0, rising != 0, int(at))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    @property
    def nbytes(self) -> int:
        """About the bytes of memory it takes."""
        return self._rows.nbytes + 24 * len(self._names)


def write_totals(totals: Mapping[str, Totals]) -> bytes:
    """Return names and totals as bytes."""
    rows: list[list[Any]] = [[math.nan if value is None else value for value in one] for one in totals.values()]
    names = write_names(totals)
    return len(names).to_bytes(4, "little") + names + np.array(rows, np.float64).tobytes()


def read_totals(written: bytes) -> StoredTotals:
    """Return what `write_totals` wrote."""
    end = 4 + int.from_bytes(written[:4], "little")
    return StoredTotals(names_of(written[4:end]), np.frombuffer(written[end:], np.float64).reshape(-1, _FIELDS))


def _read(written: bytes) -> Names:
    return {name: at for at, name in enumerate(orjson.loads(written))}


_shared = lru_cache(maxsize=16)(_read)
