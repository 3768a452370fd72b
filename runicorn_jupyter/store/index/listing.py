"""Lists of runs: one page in any order, as records or as texts ready to be sent, with an honest total."""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple
from zlib import crc32

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import Facets, ItemPage, RunFilter, RunPage
from runicorn_jupyter.store.index import cursors
from runicorn_jupyter.store.index.condition import Condition, condition_of
from runicorn_jupyter.store.index.connections import DamagedTextError
from runicorn_jupyter.store.index.cursors import Cursor
from runicorn_jupyter.store.index.facets import facet
from runicorn_jupyter.store.index.index import Index, State, state_of
from runicorn_jupyter.store.index.keyindexes import used_keys
from runicorn_jupyter.store.index.ordering import Order, order_of
from runicorn_jupyter.store.index.records import from_texts
from runicorn_jupyter.store.query import expression, parse_key, time_limit

COUNTED = 10_000
"""A filtered list longer than this has "more than" so many runs: nobody waits for the rest to be counted."""

WIDE = ("config", "summary", "metrics")
_REMEMBERED = 256
_SEEK = 3
"""How many entries of an index are passed over in the time in which one run is fetched and sorted in."""


class Asked(NamedTuple):
    """A list as it is asked for: of which runs, in which order, and which part of it."""

    where: RunFilter
    order: str
    descending: bool
    limit: int | None
    offset: int
    cursor: str | None


class _Found(NamedTuple):
    rows: list[Any]
    total: int
    capped: bool
    state: State
    cursor: str | None

    def facts(self) -> dict[str, Any]:
        state = self.state
        return {
            "total": self.total,
            "version": state.version,
            "complete": state.complete and not state.pending,
            "pending": state.pending,
            "total_is_capped": self.capped,
            "cursor": self.cursor,
        }


class Listing:
    """Answers for the lists of one index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._totals: OrderedDict[tuple[object, ...], int] = OrderedDict()

    def runs(self, asked: Asked) -> RunPage:
        """Return a page of records."""
        found = self._find(asked, ("record", *WIDE), lambda row: from_texts(*row))
        return RunPage(tuple(found.rows), **found.facts())

    def items(self, asked: Asked, columns: Collection[str] = ()) -> ItemPage:
        """Return a page of list items as JSON, with the wide `columns` asked for; not one of them becomes an object."""
        found = self._find(asked, ("CAST(record AS BLOB)", "seal", _wide(columns)), _whole)
        return ItemPage(tuple(found.rows), **found.facts())

    def facets(self, where: RunFilter, keys: Sequence[str], limit: int) -> Facets:
        """Return for each key which values the runs have, and how often."""
        condition, parsed = condition_of(where), [parse_key(key) for key in keys]
        self._index.keys.prepare(expression(key) for key in (*parsed, *condition.keys))

        def work(connection: sqlite3.Connection) -> Facets:
            state = state_of(connection)
            with time_limit(connection):
                total = self._total(connection, condition, state)
                pairs = zip(parsed, keys, strict=True)
                found = tuple(facet(connection, condition, key, name, limit) for key, name in pairs)
            whole = state.complete and not state.pending
            return Facets(found, total, state.version, whole, state.pending, _is_capped(condition, total))

        return self._index.read(work)

    def _find(self, asked: Asked, columns: Sequence[str], made: Callable[[tuple[Any, ...]], Any]) -> _Found:
        condition = condition_of(asked.where)
        order = order_of(asked.order, descending=asked.descending)
        after = cursors.read(asked.cursor, order.mark) if asked.cursor else None
        self._index.keys.prepare(_worth_an_index(order, condition))
        width = len(columns)

        def work(connection: sqlite3.Connection) -> _Found:
            state = state_of(connection)
            # Only a query can be narrowed; a list of all runs takes what a slow disk takes.
            with time_limit(connection) if asked.where.query else nullcontext():
                total = self._total(connection, condition, state)
                rows = _page(connection, condition, order, asked, _resolved(connection, order, after), total, columns)
            found = self._cut(rows, asked, order, condition, total, state)
            # Inside this block, since a damaged text begins the index again.
            return found._replace(rows=[made(row[:width]) for row in found.rows])

        return self._index.read(work)

    def _total(self, connection: sqlite3.Connection, condition: Condition, state: State) -> int:
        """Return how many runs meet `condition`, at most `COUNTED` + 1 unless all do."""
        if condition.open:
            return state.runs
        asked = (state.version, *condition[:2])
        with self._lock:
            if asked in self._totals:
                self._totals.move_to_end(asked)
                return self._totals[asked]
        sql = f"SELECT count(*) FROM (SELECT 1 FROM run WHERE deleted = 0 AND {condition.sql} LIMIT {COUNTED + 1})"  # noqa: S608 - bound values
        [(total,)] = connection.execute(sql, condition.values).fetchall()
        with self._lock:
            self._totals[asked] = total
            if len(self._totals) > _REMEMBERED:
                self._totals.popitem(last=False)
        return int(total)

    @staticmethod
    def _cut(
        rows: list[tuple[Any, ...]], asked: Asked, order: Order, condition: Condition, total: int, state: State
    ) -> _Found:
        """Return the rows without what only the cursor is made of."""
        cursor = None
        if asked.limit is not None and len(rows) > asked.limit > 0:
            cursor = cursors.write(Cursor(*rows[asked.limit - 1][-4:]), order.mark)
        capped = _is_capped(condition, total)
        if capped and asked.limit is None and not asked.offset and asked.cursor is None:
            total, capped = len(rows), False  # here they all are
        rows = rows if asked.limit is None else rows[: asked.limit]
        return _Found(rows, total, capped, state, cursor)


def _page(
    connection: sqlite3.Connection,
    condition: Condition,
    order: Order,
    asked: Asked,
    after: Cursor | None,
    total: int,
    columns: Sequence[str],
) -> list[tuple[Any, ...]]:
    limit = -1 if asked.limit is None else asked.limit + 1
    there = order.sql == "place" or order.index_name in used_keys(connection)
    wanted = total if asked.limit is None else asked.limit + asked.offset
    if there and (condition.open or wanted * _runs(connection) < total * total * _SEEK):
        found, values = order.by_index(condition.sql, condition.values, after)
    else:
        found, values = order.by_sorting(condition.sql, condition.values, after)
    # What comes from outside is bound; keys are quoted where they become expressions.
    ends = () if asked.limit is None else ("page.rank", "page.value", "run.id", "run.number")
    sql = (
        f"SELECT {', '.join((*columns, *ends))} "  # noqa: S608
        f"FROM ({found} LIMIT ? OFFSET ?) AS page CROSS JOIN run ON run.number = page.number"
    )
    return connection.execute(sql, (*values, limit, asked.offset)).fetchall()


def _wide(columns: Collection[str]) -> str:
    """Return the SQL of what wide columns add to a list item, as bytes; NULL where one of them is damaged."""
    if not set(columns) <= set(WIDE):
        raise BadRequest(f"columns may hold {', '.join(WIDE)}.")
    if not columns:
        return "x''"
    used = tuple(dict.fromkeys(columns))
    whole = " AND ".join(f"json_valid({column})" for column in used)
    text = " || ".join(f"',\"{column}\":' || {column}" for column in used)
    return f"CASE WHEN {whole} THEN CAST({text} AS BLOB) END"


def _whole(row: tuple[bytes, int, bytes | None]) -> bytes:
    """Return the list item of a row as it was stored, with its wide columns put into it."""
    record, seal, wide = row
    if wide is None or crc32(record) != seal:
        raise DamagedTextError
    return record[:-1] + wide + b"}" if wide else record


def _worth_an_index(order: Order, condition: Condition) -> list[str]:
    keys = [expression(key) for key in condition.keys if key.type != "list"]
    return keys if order.sql == "place" else [order.sql, *keys]


def _resolved(connection: sqlite3.Connection, order: Order, after: Cursor | None) -> Cursor | None:
    """Return the cursor with its value, which the index still has when it was too long to be sent along."""
    if after is None or not after.cut:
        return after
    sql = f"SELECT {order.sql} FROM run WHERE number = ? AND id = ?"  # noqa: S608 - a key, quoted
    found = connection.execute(sql, (after.number, after.id)).fetchone()
    if found is None or not isinstance(found[0], str):
        raise BadRequest("The run at which this cursor stopped is gone; begin without it.")
    return after._replace(value=found[0])


def _runs(connection: sqlite3.Connection) -> int:
    return state_of(connection).runs


def _is_capped(condition: Condition, total: int) -> bool:
    return not condition.open and total > COUNTED
