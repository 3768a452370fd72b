"""`runicorn runs`: the runs of a root, all or those that a query finds, one a line."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from runicorn_jupyter import paths
from runicorn_jupyter.errors import QueryError
from runicorn_jupyter.models import RunFilter, RunRecord

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import Workspace

_WRONG_QUERY = 2
_PATIENCE = 60.0
_COLUMNS = ("config", "summary", "metrics")
_HEADS = ("ID", "PROJECT / NAME", "STATE", "CREATED", "TOOK", "STEPS", "BEST")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the query and how its runs are listed."""
    add = parser.add_argument
    add("query", nargs="?", default="", metavar="QUERY",
        help="such as 'lr < 1e-2 and acc.max > 0.9' (docs/query.md); plain words search names and tags")  # fmt: skip
    add("--project", metavar="NAME", help="only runs of this project")
    add("--sort", metavar="KEY", help="order by a field, config key or metric, such as created_at, lr or acc.max")
    add("--desc", action="store_true", help="the largest first")
    add("--limit", type=_count, metavar="N", help="at most so many runs (default: all)")
    add("--json", action="store_true", help="print a JSON list with config, summary and metrics")
    add("--storage", metavar="DIR", help="the folder that holds the runs (default: as `runicorn doctor` says)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the runs; return 2 when the query cannot be understood, with carets under what is meant."""
    from runicorn_jupyter.workspace import Workspace

    root = paths.find_root(argument=options.storage)
    paths.check_root(root.path)
    with Workspace(root.path, reason=root.reason, holder="cli") as hall:
        asks = hall.is_query(options.query)
        where = RunFilter(options.project, **{"query" if asks else "text": options.query or None})
        try:
            hall.check_query(where.query or "")
        except QueryError as error:
            sys.stderr.write(f"{error.pointer(options.query)}\nrunicorn: {error}\n")
            return _WRONG_QUERY
        _settle(hall)
        order = "documented" if options.sort is None else options.sort
        page = hall.runs(where, order=order, descending=options.desc, limit=options.limit)
    if page.pending:
        sys.stderr.write(f"runicorn: {page.pending} runs are not read yet; their metrics are missing here.\n")
    _print(_as_json(page.runs) if options.json else _as_table(page.runs, page.total))
    return 0


def _settle(hall: Workspace) -> None:
    """Wait until every run is read, or for a minute: a list that is cut short finds too little."""
    deadline = time.monotonic() + _PATIENCE
    hall.wait_complete(_PATIENCE)
    while not hall.runs(limit=0).complete and time.monotonic() < deadline:
        time.sleep(0.05)


def _as_json(records: Sequence[RunRecord]) -> str:
    return json.dumps([record.item(_COLUMNS) for record in records], ensure_ascii=False, indent=1)


def _as_table(records: Sequence[RunRecord], total: int) -> str:
    rows = [_HEADS, *map(_row, records)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    found = "1 run" if total == 1 else f"{total} runs"
    ending = found if len(records) == total else f"{len(records)} of {found}"
    return "\n".join([*(lines if records else ()), ending])


def _row(record: RunRecord) -> tuple[str, ...]:
    begin = record.created_at if record.started_at is None else record.started_at
    end = record.updated_at if record.ended_at is None else record.ended_at
    took = "–" if begin is None or end is None else _duration(max(0.0, end - begin))
    best = "" if record.best_metric_value is None else f"{record.best_metric_name} {record.best_metric_value:.4g}"
    steps = "–" if record.last_step is None else str(record.last_step)
    return (record.id, _line(f"{record.project} / {record.name}"), record.state, _moment(begin), took, steps, best)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def _moment(seconds: float | None) -> str:
    try:
        return "–" if seconds is None else datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "–"


def _line(text: str) -> str:
    """Return `text` without characters that would move the cursor or colour the terminal."""
    return "".join(mark if mark.isprintable() else "?" for mark in text)


def _print(text: str) -> None:
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has what it wanted; the interpreter must not complain at its end either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"a number of runs is a whole number, not {text!r}")
    return int(text)
