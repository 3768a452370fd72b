"""The points of one run or several as one table, a block of rows at a time, with a kind for each column."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from runicorn_jupyter.models import OnProgress, Progress, RunRecord
from runicorn_jupyter.store.grid import grid_of
from runicorn_jupyter.store.rows import some_points
from runicorn_jupyter.store.series.columns import EventTable
from runicorn_jupyter.store.series.parts import ChunksGoneError

if TYPE_CHECKING:
    from runicorn_jupyter.store.store import Store

BLOCK = 10_000
"""Rows at a time: what an export holds in memory."""

RUN_COLUMNS = ("run_id", "project", "name")
_EXACT, _WIDEST = 2**53, 2**63

Kind = Literal["integer", "long", "number", "flag", "text"]
"""``long`` are integers beyond 2^53 that fit 64 bits; a column of several kinds that do not go together is ``text``."""

_TOGETHER: dict[frozenset[Kind], Kind] = {
    frozenset({"integer", "long"}): "long",
    frozenset({"integer", "number"}): "number",
}


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows: by column name, one value a row, None where a run logged none."""

    record: RunRecord
    rank: int
    columns: dict[str, list[Any]]
    start: float

    def __len__(self) -> int:
        return len(self.columns["step"])


class _Part(NamedTuple):
    """What one process logged into a run."""

    record: RunRecord
    rank: int


class PointTable:
    """The points of runs, the runs one after the other, rows as a frame has them: one a step, the last value of each.

    Of a run that several processes wrote the ranks follow each other, and ``rank`` stands behind ``step``.

    Parameters
    ----------
    store : Store
        Where the runs are.
    records : sequence of RunRecord
        Which runs; of several each row begins with the run's id, project and name.
    progress : callable, optional
        Told of rows.
    """

    def __init__(self, store: Store, records: Sequence[RunRecord], progress: OnProgress | None = None) -> None:
        self._store = store
        self._progress = progress
        self.records = tuple(measured(store, record) for record in records)
        self._parts = [_Part(record, rank) for record in self.records for rank in store.ranks(record.id)]
        self._tables = [self._table(part) for part in self._parts]
        self.rows = sum(grid_of(table).total for table in self._tables)
        names = dict.fromkeys(name for table in self._tables for name in table.names)
        self.metrics = tuple(name for name in names if name not in {"step", "time"})
        own = RUN_COLUMNS if len(records) != 1 else ()
        self._own = {_free(column, self.metrics): column for column in own}
        self._rank = (_free("rank", self.metrics),) if len(self._parts) > len(records) else ()
        self.columns = (*self._own, "step", *self._rank, "time", *self.metrics)

    def blocks(self) -> Iterator[Block]:
        """Yield the rows, some thousand at a time, every column of the table in each block."""
        done = 0
        for at, (record, rank) in enumerate(self._parts):
            total, start = grid_of(self._tables[at]).total, self._start(record)
            late = (self._tables[at].progress.start or start) - start
            for begin in range(0, total, BLOCK):
                found = self._read(at, begin, min(begin + BLOCK, total))
                count = len(found["step"])
                found |= {column: [getattr(record, _OF[own])] * count for column, own in self._own.items()}
                found |= {column: [rank] * count for column in self._rank}
                if late:
                    found["time"] = [seconds + late for seconds in found["time"]]
                columns = {column: found.get(column) or [None] * count for column in self.columns}
                done += count
                if self._progress is not None:
                    self._progress(Progress("exporting", done, self.rows))
                yield Block(record, rank, columns, start)

    def _start(self, record: RunRecord) -> float:
        """Return when the first of the processes of a run logged first."""
        parts = zip(self._parts, self._tables, strict=True)
        starts = [table.progress.start for part, table in parts if part.record is record]
        return min((start for start in starts if start is not None), default=0.0)

    def kinds(self) -> dict[str, Kind]:
        """Return what each column holds, all its rows considered."""
        found: dict[str, Kind] = {"step": "long", "time": "number"}
        found |= dict[str, Kind].fromkeys(self._own, "text")
        found |= dict[str, Kind].fromkeys(self._rank, "integer")
        for name in self.metrics:
            kinds = {kind for at in range(len(self._tables)) for kind in self._kinds(at, name)}
            found[name] = next(iter(kinds)) if len(kinds) == 1 else _TOGETHER.get(frozenset(kinds), "text")
        return found

    def _kinds(self, at: int, name: str) -> set[Kind]:
        table = self._tables[at]
        found: set[Kind] = set()
        if name in table.totals:
            found.add("integer" if table.totals[name].integers else "number")
        if name in table.texts:
            try:
                values = table.objects(name).values
            except ChunksGoneError:
                self._tables[at] = table = self._table(self._parts[at])
                values = table.objects(name).values
            found |= {_kind(value) for value in values}
        return found

    def _read(self, at: int, begin: int, end: int) -> dict[str, list[Any]]:
        try:
            return some_points(self._tables[at], begin, end)
        except ChunksGoneError:  # the curve cache was cleared meanwhile
            self._tables[at] = self._table(self._parts[at])
            return some_points(self._tables[at], begin, end)

    def _table(self, part: _Part) -> EventTable:
        return self._store.read(part.record.id, lambda table: table, part.rank)


def measured(store: Store, record: RunRecord) -> RunRecord:
    """Return `record` with the figures of the points that are written, which the index may not know yet."""
    metrics, last = store.read(record.id, lambda table: (table.summaries(), table.last_step))
    return replace(record, metrics=metrics, last_step=last)


_OF = {"run_id": "id", "project": "project", "name": "name"}


def as_text(value: Any) -> str:
    """Return a value of a column of mixed kinds as text: numbers with all their digits."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    return value if isinstance(value, str) else str(value)


def number_text(value: float) -> str:
    """Return a float with all its digits; what is not finite as ``NaN``, ``inf``, ``-inf``."""
    return "NaN" if math.isnan(value) else repr(value)


def fit(text: str) -> str:
    """Return `text` as UTF-8 can hold it: halves of surrogate pairs become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int):
        return "integer" if abs(value) <= _EXACT else "long" if -_WIDEST <= value < _WIDEST else "text"
    return "number" if isinstance(value, float) else "text"


def _free(column: str, taken: Sequence[str]) -> str:
    while column in taken:
        column += "_"
    return column
