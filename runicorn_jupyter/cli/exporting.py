"""`runicorn export`: runs as one archive that any storage root can import."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from runicorn_jupyter.cli import parser as arguments
from runicorn_jupyter.cli.output import Progress, say, say_json, size
from runicorn_jupyter.cli.place import opened
from runicorn_jupyter.cli.target import STDOUT, written
from runicorn_jupyter.models import ARCHIVE_KINDS, RunFilter, RunRecord

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import Workspace


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add which runs, and where to."""
    add = parser.add_argument
    add("--project", metavar="NAME", help="only runs of this project")
    add("--name", metavar="NAME", help="only runs of this experiment name")
    add("--run-id", dest="run_ids", action="append", default=[], metavar="ID", help="only this run; may be repeated")
    add("--query", metavar="QUERY", help="only runs that this finds, such as 'acc.max > 0.9' (docs/query.md)")
    add("--out", metavar="FILE", help="the archive (default: runicorn_export_<time>.tar.gz); - is standard output")
    add("--format", choices=ARCHIVE_KINDS, help="its form (default: by the ending of FILE)")
    add("--no-content", dest="content", action="store_false",
        help="leave out data sets and outputs that the runs keep in the root's archive")  # fmt: skip
    add("--json", action="store_true", help="print what was done as JSON")
    arguments.storage(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the archive."""
    out = options.out or f"runicorn_export_{int(time.time())}.{options.format or 'tar.gz'}"
    kind = options.format or ("zip" if out.endswith(".zip") else "tar.gz")
    with opened(options, whole=True) as hall:
        records = _chosen(hall, options)
        if not records:
            sys.stderr.write("runicorn: No runs matched the given filters. Nothing to export.\n")
            return 0
        left_out: list[int] = []
        with Progress("exporting", unit="B") as bar, written(out) as file:
            pieces = hall.transfer.pieces(
                [record.id for record in records],
                kind,
                content=options.content,
                progress=lambda state: bar(state.done, state.total),
                left_out=left_out,
            )
            packed = sum(file.write(piece) for piece in pieces)
    told = {"archive": out, "runs": len(records), "bytes": packed, "left_out": sum(left_out)}
    if out != STDOUT:
        _say(told, as_json=options.json)
    return 0


def _chosen(hall: Workspace, options: argparse.Namespace) -> list[RunRecord]:
    """Return the runs that all options together name; an id that is none is an error."""
    if options.query:
        hall.check_query(options.query)
    where = RunFilter(options.project, options.name, query=options.query)
    wanted = {hall.run(run_id).id for run_id in options.run_ids}
    return [record for record in hall.runs(where).runs if not wanted or record.id in wanted]


def _say(told: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        say_json(told)
        return
    runs, packed = told["runs"], told["bytes"]
    assert isinstance(packed, int)
    say(f"{runs} run{'' if runs == 1 else 's'} to {told['archive']}, {size(packed)}")
    if told["left_out"]:
        say(f"{told['left_out']} files were left out: links that lead out of the root, devices, or not readable.")
