"""`runicorn import`: the runs of an archive into a storage root, ours or upstream's."""

from __future__ import annotations

import argparse
from pathlib import Path

from runicorn_jupyter import paths
from runicorn_jupyter.cli import parser as arguments
from runicorn_jupyter.cli.output import Progress, say, say_json, size, table
from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import RESOLUTIONS, ImportReport

_HEADS = ("ID", "GOES TO", "FILES", "SIZE", "OUTCOME", "WHY")
_SHOWN = 20


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the archive, and what becomes of runs that are there already."""
    add = parser.add_argument
    add("--archive", metavar="FILE", required=True, help="a .zip, .tar.gz or .tar of runs")
    add("--conflict", choices=RESOLUTIONS, default="skip",
        help="what becomes of a run whose id is there already: left out (default), given a new id, or put in its"
             " place while the old one goes into the recycle bin")  # fmt: skip
    add("--dry-run", action="store_true", help="only say what would be done; nothing is written")
    add("--trust", action="store_true", help="lift the limits on size and ratio, for an archive of your own")
    add("--json", action="store_true", help="print what was done as JSON")
    arguments.storage(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Import the archive; when it fails, the root is as it was."""
    from runicorn_jupyter.workspace import Workspace

    archive = Path(options.archive).expanduser()
    if not archive.is_file():
        raise BadRequest(f"There is no file {archive}.")
    root = paths.find_root(argument=options.storage)
    if root.path.exists():
        paths.check_root(root.path)
    with Workspace(root.path, reason=root.reason, holder="cli") as hall, Progress("importing", unit="B") as bar:
        work = hall.transfer.preview if options.dry_run else hall.transfer.import_archive
        report = work(
            archive,
            options.conflict,
            trusted=options.trust,
            progress=lambda state: bar(state.done, state.total),
        )
    if options.json:
        say_json({"storage": str(root.path), "dry_run": options.dry_run, **report.item()})
    else:
        _say(report, str(root.path), dry=options.dry_run)
    return 0


def _say(report: ImportReport, root: str, *, dry: bool) -> None:
    rows = [
        (run.id, run.place, str(run.files), size(run.size), run.outcome, run.conflict or "")
        for run in report.runs[:_SHOWN]
    ]
    if rows:
        say(table([_HEADS, *rows]))
    if len(report.runs) > _SHOWN:
        say(f"… and {len(report.runs) - _SHOWN} more")
    count = len(report.taken)
    runs = f"{count} run{'' if count == 1 else 's'}"
    say(f"{runs} would go into {root}" if dry else f"{runs} went into {root}")
    left = len(report.runs) - count
    if left:
        say(f"{left} left out, for the root has them: --conflict rename or --conflict replace takes them")
    if report.deleted_runs:
        say(f"{report.deleted_runs} deleted runs of the archive were passed over")
