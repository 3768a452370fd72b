"""Rows about growth: the same questions on ten and a hundred times as much, and the slope."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from zlib import crc32

from benchmarks import measure, peers
from benchmarks.asks import curves, page
from benchmarks.bench import Bench
from benchmarks.data import DataSet
from benchmarks.figures import CPU, OURS
from benchmarks.places import REPOSITORY
from benchmarks.rows_curves import cold_curve
from benchmarks.rows_lists import POINTS, first_list
from benchmarks.truth import Run

_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'run' AND sql IS NOT NULL"
_FROZEN = REPOSITORY / "benchmarks" / "programs" / "frozen_viewer.py"


def runs(bench: Bench) -> None:
    """More and more runs: the first list, the page; then an index of synthetic rows without files."""
    sizes = bench.scale.growth_runs
    homes = {size: bench.home(OURS) for size in sizes}
    for size in sizes:
        data = DataSet(size, POINTS)
        with peers.start(OURS, bench.root(OURS, data), homes[size]) as server:
            first_list(bench, "runs", OURS, server, data, f", {size:,} runs")
            bench.side_by_side("runs", [page(OURS, server, data, f"page of 50, {size:,} runs")])
            bench.add("runs", OURS, f"memory, {size:,} runs", **{"RSS MB": server.rss()})
    _slope(bench, "runs", "page of 50, {:,} runs", sizes)
    _slope(bench, "runs", "CPU until complete, {:,} runs", sizes)
    _synthetic(bench, DataSet(sizes[-2], POINTS), homes[sizes[-2]])


def points(bench: Bench) -> None:
    """More and more points in one run: cold, warm, zoomed."""
    for size in bench.scale.growth_steps:
        data = DataSet(1, size)
        with cold_curve(bench, "points", data, f"cold, {size:,} points") as server:
            window = (size // 3, size // 3 + size // 100)
            run = [Run(0)]
            whole = curves(server, run, "loss", data, f"whole, {size:,} points", width=500)
            part = curves(server, run, "loss", data, f"1 %, {size:,} points", width=500, window=window)
            bench.side_by_side("points", [whole, part])
    for call in ("cold, {:,} points", "whole, {:,} points", "1 %, {:,} points"):
        _slope(bench, "points", call, bench.scale.growth_steps)


def _slope(bench: Bench, row: str, call: str, sizes: Sequence[int]) -> None:
    by_call = {figure.call: figure.measures for figure in bench.figures if figure.row == row}
    costs = [by_call[call.format(size)][CPU] for size in sizes if CPU in by_call.get(call.format(size), {})]
    if len(costs) == len(sizes) > 1:
        name = call.split(",", maxsplit=1)[0]
        bench.add(row, OURS, f"{name}: CPU grows with size to the power", slope=measure.slope(sizes, costs))


def _synthetic(bench: Bench, data: DataSet, home: Path) -> None:
    """Copy the rows of a real index until there are enough, and ask for the page again."""
    root = bench.root(OURS, data)
    copies = bench.scale.growth_rows // data.runs
    for index in home.rglob("*.sqlite"):
        if "curves" not in index.name:
            multiply(index, copies)

    def frozen(where: Path, port: int) -> list[str]:
        return [sys.executable, str(_FROZEN), "viewer", "--storage", str(where), "--port", str(port)]

    with peers.start(OURS, root, home, frozen) as server:
        ask = page(OURS, server, data, f"page of 50, {bench.scale.growth_rows:,} synthetic rows", copies=copies)
        bench.side_by_side("runs", [ask])


_COPIED = "replace(record, id, id || '~' || copy.value)"


def multiply(index: Path, copies: int) -> None:
    """Put `copies` - 1 more of every row into an index, each with its own directory and id.

    The copies' values are those of the original, so that the right answer is known: the best runs come `copies` times.
    """
    with closing(sqlite3.connect(index)) as connection, connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.create_function("seal", 1, lambda record: crc32(record.encode()))
        indexes = connection.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        names = [name for _, name, *_ in connection.execute("PRAGMA table_info(run)") if name != "number"]
        changed = {
            "directory": "directory || '~' || copy.value",
            "id": "id || '~' || copy.value",
            "record": _COPIED,
            "seal": f"seal({_COPIED})",
        }
        chosen = ", ".join(changed.get(name, name) for name in names)
        connection.execute(
            f"WITH RECURSIVE copy(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM copy WHERE value + 1 < ?) "
            f"INSERT INTO run({', '.join(names)}) SELECT {chosen} FROM run, copy",
            (copies,),
        )
        for _, statement in indexes:  # made once over all rows is quicker than kept up with each
            connection.execute(statement)
