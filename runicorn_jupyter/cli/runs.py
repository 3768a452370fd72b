"""`runicorn runs`: the runs of a root, all or those that a query finds, one a line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime

from runicorn_jupyter.cli import parser as arguments
from runicorn_jupyter.cli.output import plain, say, say_json, table
from runicorn_jupyter.cli.place import opened, settle
from runicorn_jupyter.errors import QueryError
from runicorn_jupyter.models import RunFilter, RunRecord

_WRONG_QUERY = 2
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
    add("--limit", type=arguments.count, metavar="N", help="at most so many runs (default: all)")
    add("--json", action="store_true", help="print a JSON list with config, summary and metrics")
    arguments.storage(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the runs; return 2 when the query cannot be understood, with carets under what is meant."""
    with opened(options) as hall:
        asks = hall.is_query(options.query)
        where = RunFilter(options.project, **{"query" if asks else "text": options.query or None})
        try:
            hall.check_query(where.query or "")
        except QueryError as error:
            sys.stderr.write(f"{error.pointer(options.query)}\nrunicorn: {error}\n")
            return _WRONG_QUERY
        settle(hall)
        order = "documented" if options.sort is None else options.sort
        page = hall.runs(where, order=order, descending=options.desc, limit=options.limit)
    if page.pending:
        sys.stderr.write(f"runicorn: {page.pending} runs are not read yet; their metrics are missing here.\n")
    if options.json:
        say_json([record.item(_COLUMNS) for record in page.runs])
    else:
        say(_as_table(page.runs, page.total))
    return 0


def _as_table(records: Sequence[RunRecord], total: int) -> str:
    found = "1 run" if total == 1 else f"{total} runs"
    ending = found if len(records) == total else f"{len(records)} of {found}"
    return f"{table([_HEADS, *map(_row, records)])}\n{ending}" if records else ending


def _row(record: RunRecord) -> tuple[str, ...]:
    begin = record.created_at if record.started_at is None else record.started_at
    end = record.updated_at if record.ended_at is None else record.ended_at
    took = "–" if begin is None or end is None else _duration(max(0.0, end - begin))
    best = "" if record.best_metric_value is None else f"{record.best_metric_name} {record.best_metric_value:.4g}"
    steps = "–" if record.last_step is None else str(record.last_step)
    return (record.id, plain(f"{record.project} / {record.name}"), record.state, moment(begin), took, steps, best)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def moment(seconds: float | None) -> str:
    """Return a time of this machine's clock to the minute."""
    try:
        return "–" if seconds is None else datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "–"
