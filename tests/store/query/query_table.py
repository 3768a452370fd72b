"""A table `run` in memory with the columns that queries read, filled from plain dictionaries."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

import orjson

from runicorn_jupyter.store.query import compile_query, register, time_limit

_COLUMNS = ("id", "project", "name", "status", "state")
_DOCUMENTS = ("config", "summary", "metrics")


class Table:
    def __init__(self, runs: Iterable[dict[str, Any]]) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        register(self.connection)
        names = "id TEXT, project TEXT, name TEXT, status TEXT, state TEXT, created REAL"
        self.connection.execute(f"CREATE TABLE run({names}, record TEXT, config TEXT, summary TEXT, metrics TEXT)")
        self.connection.executemany("INSERT INTO run VALUES (?,?,?,?,?,?,?,?,?,?)", map(_row, runs))

    def ids(self, query: str, now: float | None = None) -> list[str]:
        compiled = compile_query(query, now)
        with time_limit(self.connection):
            found = self.connection.execute(
                f"SELECT id FROM run WHERE {compiled.sql} ORDER BY rowid", compiled.values
            ).fetchall()
        return [one for (one,) in found]

    def close(self) -> None:
        self.connection.close()


def _row(run: dict[str, Any]) -> tuple[Any, ...]:
    record = {key: value for key, value in run.items() if key not in _DOCUMENTS}
    documents = [orjson.dumps(value).decode() for value in (record, *(run[name] for name in _DOCUMENTS))]
    return (*(run[name] for name in _COLUMNS), run["created_at"], *documents)
