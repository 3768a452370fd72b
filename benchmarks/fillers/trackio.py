"""Trackio's SQLite files, filled below its SDK (which takes minutes) in the tables that it makes itself."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterator

from benchmarks.truth import PROJECTS, Run, values


def main(folder: str, runs: int, steps: int) -> None:
    """Fill `folder`, which TRACKIO_DIR must name; run by trackio's interpreter."""
    os.environ["TRACKIO_DIR"] = folder
    os.environ["HF_HUB_OFFLINE"] = "1"
    from trackio.sqlite_storage import SQLiteStorage

    for project in range(min(PROJECTS, runs)):
        members = [Run(k) for k in range(project, runs, PROJECTS)]
        path = SQLiteStorage.init_db(members[0].project)
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA synchronous=OFF")
            connection.executemany(
                "INSERT INTO metrics(run_id, timestamp, run_name, step, metrics) VALUES (?, ?, ?, ?, ?)",
                _points(members, steps),
            )
            connection.executemany(
                "INSERT INTO configs(run_id, run_name, config, created_at) VALUES (?, ?, ?, ?)",
                ((run.id, run.id, json.dumps({"k": run.k}), _iso(run.created)) for run in members),
            )


def _points(members: list[Run], steps: int) -> Iterator[tuple[str, str, str, int, str]]:
    for run in members:
        for step in range(1, steps + 1):
            yield run.id, _iso(run.created + step), run.id, step, json.dumps(values(run.k, step))


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(seconds))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
