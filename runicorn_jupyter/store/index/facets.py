"""How often each value occurs among the runs of a list."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

from runicorn_jupyter.models import Facet
from runicorn_jupyter.store.index.condition import Condition
from runicorn_jupyter.store.query import Key, expression


def facet(connection: sqlite3.Connection, condition: Condition, key: Key, name: str, limit: int) -> Facet:
    """Return the facet of `key`, shown as `name`, over the runs that meet `condition`, with at most `limit` values."""
    of = _Values(connection, condition, expression(key), limit)
    if key.type == "list":
        return of.tags(name)
    if key.type == "text":
        return of.named(name, "1")
    many = of.many_numbers()
    found = of.named(name, "({sql} >= '' OR {sql} IS NULL)" if many else "1")
    [(count, low, high)] = of.ask("SELECT count(*), min({sql}), max({sql}) FROM run WHERE {where} AND {sql} < ''")
    return replace(found, rest=found.rest + count * many, low=low, high=high)


class _Values:
    def __init__(self, connection: sqlite3.Connection, condition: Condition, sql: str, limit: int) -> None:
        self._connection = connection
        self._words = {"sql": sql, "where": f"deleted = 0 AND {condition.sql}"}
        self._values = condition.values
        self._limit = limit

    def ask(self, statement: str, *more: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement in which ``{sql}`` is the value and ``{where}`` says which runs."""
        for word, text in self._words.items():
            statement = statement.replace("{" + word + "}", text)
        return self._connection.execute(statement, (*self._values, *more)).fetchall()

    def many_numbers(self) -> bool:
        """Tell whether there are more different numbers than values may be shown; found out from a few of them."""
        some = "SELECT count(*) FROM (SELECT DISTINCT {sql} FROM run WHERE {where} AND {sql} < '' LIMIT ?)"
        return int(self.ask(some, self._limit + 1)[0][0]) > self._limit

    def named(self, name: str, which: str) -> Facet:
        """Return the facet of the values for which `which` is true, each counted by itself."""
        which = which.replace("{sql}", self._words["sql"])
        found = f"SELECT {{sql}} AS value, count(*) AS runs FROM run WHERE {{where}} AND {which} GROUP BY 1"  # noqa: S608
        return self._summed_up(name, found)

    def tags(self, name: str) -> Facet:
        """Return the facet of the elements of lists; a run counts once for each of its own."""
        lists = "SELECT {sql} AS list, count(*) AS runs FROM run WHERE {where} GROUP BY 1"
        each = f"SELECT DISTINCT tag.value AS value, list, runs FROM ({lists}) JOIN json_each(list) AS tag"  # noqa: S608
        found = self._summed_up(name, f"SELECT value, sum(runs) AS runs FROM ({each}) GROUP BY 1")  # noqa: S608
        [(without,)] = self.ask("SELECT count(*) FROM run WHERE {where} AND coalesce({sql}, '[]') = '[]'")
        return replace(found, missing=without)

    def _summed_up(self, name: str, found: str) -> Facet:
        """Return the facet of the (value, runs) that the SELECT `found` gives."""
        rows = self.ask(
            f"WITH found AS MATERIALIZED ({found}) "  # noqa: S608 - built from constants and quoted keys
            "SELECT value, runs, count(value) OVER (), sum(runs) OVER () FROM found "
            "ORDER BY value IS NULL DESC, runs DESC, value LIMIT ?",
            self._limit + 1,
        )
        missing = rows[0][1] if rows and rows[0][0] is None else 0
        shown = [row for row in rows if row[0] is not None][: self._limit]
        _, _, different, runs = rows[0] if rows else (None, 0, 0, 0)
        rest = runs - missing - sum(row[1] for row in shown)
        return Facet(name, tuple(row[:2] for row in shown), different - len(shown), rest, missing)
