"""MLflow's SQLite store, filled below its SDK (which takes hours) in the schema that it makes itself."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.truth import METRICS, PROJECTS, Run, values

Row = dict[str, Any]


def main(folder: str, runs: int, steps: int) -> None:
    """Make ``folder/mlflow.db``; run by MLflow's interpreter."""
    import mlflow

    path = Path(folder) / "mlflow.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(f"sqlite:///{path}")
    client = mlflow.MlflowClient()
    experiments = [client.create_experiment(Run(k).project) for k in range(min(PROJECTS, runs))]
    pattern = client.create_run(experiments[0]).info.run_id
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.row_factory = sqlite3.Row
        seed = dict(connection.execute("SELECT * FROM runs WHERE run_uuid = ?", (pattern,)).fetchone())
        members = [Run(k) for k in range(runs)]
        _insert(connection, "runs", (_run(run, seed, experiments) for run in members))
        _insert(connection, "params", ({"key": "k", "value": str(run.k), "run_uuid": run_uuid(run)} for run in members))
        _insert(connection, "latest_metrics", (row for run in members for row in _points(run, steps, steps)))
        _insert(connection, "metrics", (row for run in members for row in _points(run, 1, steps)))
        for table in ("tags", "runs"):
            connection.execute(f"DELETE FROM {table} WHERE run_uuid = ?", (pattern,))


def run_uuid(run: Run) -> str:
    """Return the id under which MLflow knows `run`."""
    return uuid.UUID(int=(run.k + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128).hex


def _run(run: Run, seed: Row, experiments: Sequence[str]) -> Row:
    own = run_uuid(run)
    return {
        **seed,
        "run_uuid": own,
        "name": run.name,
        "experiment_id": int(experiments[run.k % len(experiments)]),
        "start_time": int(run.created * 1000),
        "end_time": int(run.created * 1000) + 30_000,
        "status": run.status.upper(),
        "artifact_uri": seed["artifact_uri"].replace(seed["run_uuid"], own),
    }


def _points(run: Run, first: int, last: int) -> Iterator[Row]:
    own, start = run_uuid(run), int(run.created * 1000)
    for step in range(first, last + 1):
        found = values(run.k, step)
        for name in METRICS:
            point = {"key": name, "value": found[name], "step": step, "is_nan": 0}
            yield {**point, "timestamp": start + step * 1000, "run_uuid": own}


def _insert(connection: sqlite3.Connection, table: str, rows: Iterator[Row]) -> None:
    first = next(rows)
    marks = ", ".join("?" * len(first))
    statement = f"INSERT INTO {table}({', '.join(first)}) VALUES ({marks})"
    connection.execute(statement, tuple(first.values()))
    connection.executemany(statement, (tuple(row.values()) for row in rows))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
