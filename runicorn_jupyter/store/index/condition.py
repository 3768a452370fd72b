"""Which runs a list is about, as one bound SQL condition over the index."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.store.query import Key, compile_query


class Condition(NamedTuple):
    """SQL that is true of a run, the values it binds, and the keys that an index could find runs by."""

    sql: str
    values: tuple[object, ...]
    keys: tuple[Key, ...] = ()

    @property
    def open(self) -> bool:
        """Whether every run meets it."""
        return self.sql == "1"


def condition_of(where: RunFilter) -> Condition:
    """Return the condition of `where`; deleted runs are left out by whoever asks it.

    Raises
    ------
    QueryError
        The query of `where` cannot be understood.
    """
    terms, values, keys = list[str](), list[object](), tuple[Key, ...]()
    for column in ("project", "name"):
        value = getattr(where, column)
        if value is not None:
            terms.append(f"{column} = ?")
            values.append(value)
    if where.status is not None:
        words = [word.strip() for word in where.status.split(",")]
        marks = ", ".join("?" * len(words))
        terms.append(f"(status IN ({marks}) OR state IN ({marks}))")
        values += [*words, *words]
    if where.text:
        terms.append("instr(search, ?) > 0")
        values.append(where.text.casefold())
    if where.ids is not None:
        terms.append("id IN (SELECT value FROM json_each(?))")
        values.append(orjson.dumps(where.ids).decode())
    if where.query and where.query.strip():
        compiled = compile_query(where.query)
        terms.append(compiled.sql)
        values += compiled.values
        keys = compiled.keys
    return Condition(" AND ".join(terms) or "1", tuple(values), keys)
