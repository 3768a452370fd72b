"""`runicorn export-data`: the points of runs for other programs, or a report about one."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from runicorn_jupyter.cli import parser as arguments
from runicorn_jupyter.cli.output import Progress, say, say_json
from runicorn_jupyter.cli.place import opened
from runicorn_jupyter.cli.target import STDOUT, written
from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import DATA_FORMATS, REPORT_FORMATS

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import Workspace

_READABLE = frozenset({"csv", "json", *REPORT_FORMATS})
_ENDINGS = {"excel": "xlsx", "parquet": "parquet", "tensorboard": "tensorboard"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add which runs, what to write, and where to."""
    add = parser.add_argument
    add("--run-id", dest="run_ids", action="append", required=True, metavar="ID",
        help="the run; may be repeated, which makes one long table")  # fmt: skip
    add("--format", choices=("csv", *(one for one in DATA_FORMATS if one != "csv"), *REPORT_FORMATS), default="csv",
        help="what to write (default: csv); tensorboard writes a folder for --logdir")  # fmt: skip
    add("--output", metavar="FILE", help="where to; csv, json and reports go to standard output without it")
    add("--json", action="store_true", help="print what was done as JSON")
    arguments.storage(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the file."""
    form, ids = options.format, list(dict.fromkeys(options.run_ids))
    out = options.output or (STDOUT if form in _READABLE else _default(ids, form))
    with opened(options) as hall, Progress("exporting") as bar:
        if form == "tensorboard":
            _logdir(hall, ids, Path(out), bar)
        elif form in REPORT_FORMATS:
            _report(hall, ids, form, out)
        else:
            with written(out) as file:
                _data(hall, ids, form, file, bar)
    if out != STDOUT:
        told = {"output": out, "format": form, "runs": len(ids)}
        say_json(told) if options.json else say(f"{form} of {', '.join(ids)} to {out}")
    return 0


def _default(ids: list[str], form: str) -> str:
    stem = ids[0] if len(ids) == 1 else f"{len(ids)}_runs"
    return f"{stem}.{_ENDINGS[form]}"


def _data(hall: Workspace, ids: list[str], form: str, out: IO[bytes], bar: Progress) -> None:
    """Write a table by way of a file of our own: a workbook needs one to seek in, and half a table is none."""
    with tempfile.TemporaryFile() as file:
        hall.transfer.export_data(ids, form, file, progress=lambda state: bar(state.done, state.total))
        file.seek(0)
        shutil.copyfileobj(file, out)


def _logdir(hall: Workspace, ids: list[str], folder: Path, bar: Progress) -> None:
    """Write a folder a run, as TensorBoard looks for them."""
    for run_id in ids:
        place = Path(hall.run(run_id).run_dir).relative_to(hall.root)
        with written(str(folder / place / f"events.out.tfevents.{run_id}")) as file:
            _data(hall, [run_id], "tensorboard", file, bar)


def _report(hall: Workspace, ids: list[str], form: str, out: str) -> None:
    from runicorn_jupyter.display.report import WIDTH, report

    if len(ids) != 1:
        raise BadRequest("A report is about one run: give one --run-id.")
    text = report(hall.transfer.record(ids[0]), hall.curves(ids, width=WIDTH), form)
    with written(out) as file:
        file.write(text.encode("utf-8", "replace"))
