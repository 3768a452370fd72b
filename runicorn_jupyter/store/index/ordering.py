"""In which order runs are listed, and the SQL that reads one page of it.

Whatever the key: numbers come first, then texts, then runs without the value; the direction turns what is inside
each of the three, never their sequence. Ties are broken by id, in the same direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from runicorn_jupyter.errors import BadRequest, QueryError
from runicorn_jupyter.store.index.cursors import Cursor
from runicorn_jupyter.store.index.keyindexes import name_of
from runicorn_jupyter.store.query import expression, parse_key

DOCUMENTED = "documented"
_ALWAYS_TEXT = frozenset({"place", "id", "project", "name", "status", "state"})
_NUMBER, _TEXT, _MISSING = 0, 1, 2
_RANK = f"CASE WHEN value IS NULL THEN {_MISSING} WHEN value >= '' THEN {_TEXT} ELSE {_NUMBER} END"


class Order(NamedTuple):
    """What runs are sorted by: the SQL of the value, and the direction."""

    sql: str
    descending: bool

    @property
    def index_name(self) -> str:
        """The name of the index that has runs in this order."""
        return "run_by_place" if self.sql == "place" else name_of(self.sql)

    @property
    def mark(self) -> str:
        """What a cursor of this order is bound to."""
        return f"{self.sql} {self._way}"

    @property
    def _way(self) -> str:
        return "DESC" if self.descending else "ASC"

    @property
    def _beyond(self) -> str:
        return "<" if self.descending else ">"

    def by_index(self, condition: str, values: tuple[object, ...], after: Cursor | None) -> tuple[str, list[object]]:
        """Return SQL for (number, rank, value) of runs that meet `condition`, read from the index in its order."""
        arms, bound = [], list[object]()
        for rank, which, more, equal in self._stretches(after):
            # Where all values are equal SQLite sorts by hand unless the value is left out of the order.
            terms = ("id", "number") if equal else (self.sql, "id", "number")
            ordering = ", ".join(f"{term} {self._way}" for term in terms)
            arms.append(
                f"SELECT * FROM (SELECT number, {rank} AS rank, {self.sql} AS value "  # noqa: S608 - keys, quoted
                f"FROM run INDEXED BY {self.index_name} WHERE {which} AND deleted = 0 AND {condition} "
                f"ORDER BY {ordering} LIMIT -1)"
            )
            bound += [*more, *values]
        return " UNION ALL ".join(arms), bound

    def _stretches(self, after: Cursor | None) -> Iterator[tuple[int, str, tuple[object, ...], bool]]:
        """Yield the stretches of the index that make up the list: rank, condition, values bound, all values equal."""
        for rank, which in (
            (_NUMBER, f"{self.sql} < ''"),
            (_TEXT, f"{self.sql} >= ''"),
            (_MISSING, f"{self.sql} IS NULL"),
        ):
            if (after and rank < after.rank) or (rank != _TEXT and self.sql in _ALWAYS_TEXT):
                continue
            if after and rank == after.rank:
                # Many runs may share one value: those are entered by their id, the ones beyond by theirs.
                same = f"{self.sql} IS ? AND id {self._beyond}= ? AND (id, number) {self._beyond} (?, ?)"
                yield rank, same, (after.value, after.id, after.id, after.number), True
                if rank != _MISSING:
                    yield rank, f"{which} AND {self.sql} {self._beyond} ?", (after.value,), False
            else:
                yield rank, which, (), rank == _MISSING

    def by_sorting(self, condition: str, values: tuple[object, ...], after: Cursor | None) -> tuple[str, list[object]]:
        """Return SQL for the same rows: whatever finds them fastest, then sorted."""
        found = f"SELECT number, id, {self.sql} AS value FROM run WHERE deleted = 0 AND {condition} LIMIT -1"  # noqa: S608
        beyond, bound = "", list(values)
        if after:
            later = f"value {self._beyond} ? OR (value IS ? AND (id, number) {self._beyond} (?, ?))"
            beyond = f" WHERE {_RANK} > ? OR ({_RANK} = ? AND ({later}))"
            bound += [after.rank, after.rank, after.value, after.value, after.id, after.number]
        return (
            f"SELECT number, {_RANK} AS rank, value FROM ({found}){beyond} "  # noqa: S608
            f"ORDER BY rank, value {self._way}, id {self._way}, number {self._way}"
        ), bound


def order_of(text: str, *, descending: bool) -> Order:
    """Return the order that a user names: ``documented``, or any key of the query language.

    Raises
    ------
    BadRequest
        `text` is no key.
    """
    try:
        return Order("place" if text == DOCUMENTED else expression(parse_key(text)), descending)
    except QueryError as error:
        raise BadRequest(
            f"Runs cannot be sorted by {text[:100]!r}: name a field, setting or metric, such as lr or acc.max."
        ) from error
