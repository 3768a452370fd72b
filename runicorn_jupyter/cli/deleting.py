"""`runicorn delete`: runs are removed for good, after a yes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from runicorn_jupyter.cli import parser as arguments
from runicorn_jupyter.cli.output import Progress, confirm, listed, say, say_json, size
from runicorn_jupyter.cli.place import batches, opened
from runicorn_jupyter.errors import BadRequest

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import Workspace

_FAILED = 1


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the documented options."""
    add = parser.add_argument
    add("--run-id", dest="run_ids", action="append", default=[], metavar="ID", help="a run; may be repeated")
    add("--dry-run", action="store_true", help="only say what would be removed, and how much room that frees")
    add("--force", action="store_true", help="do not ask first")
    add("--json", action="store_true", help="print JSON; needs --force or --dry-run")
    arguments.storage(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Remove the runs; return 1 when one of them could not be, or when nobody said yes."""
    if not options.run_ids:
        raise BadRequest("Which runs? Name each with --run-id ID; `runicorn runs` lists them.")
    if options.json and not (options.force or options.dry_run):
        raise BadRequest("--json does not ask: add --force, or --dry-run to see what would happen.")
    ids = list(dict.fromkeys(options.run_ids))
    with opened(options, whole=True) as hall:
        if not (options.force or options.dry_run) and not confirm(f"Remove {listed(ids)} for good?"):
            say("Nothing was removed. Say y, or give --force; `runicorn manage --action delete` uses the recycle bin.")
            return _FAILED
        errors, freed = _remove(hall, ids, dry_run=options.dry_run)
    _tell(options, errors, freed)
    return _FAILED if any(errors.values()) else 0


def _remove(hall: Workspace, ids: Sequence[str], *, dry_run: bool) -> tuple[dict[str, str | None], dict[str, int]]:
    errors: dict[str, str | None] = {}
    freed: dict[str, int] = {}
    with Progress("removing") as progress:
        for some in batches(ids):
            removal = hall.remove(some, dry_run=dry_run)
            errors.update(removal.errors)
            freed.update(removal.freed)
            progress(len(errors), len(ids))
    return errors, freed


def _tell(options: argparse.Namespace, errors: dict[str, str | None], freed: dict[str, int]) -> None:
    if options.json:
        results = {run_id: {"success": not error, "error": error} for run_id, error in errors.items()}
        say_json({"dry_run": options.dry_run, "results": results, "total_bytes_freed": sum(freed.values())})
        return
    for run_id, error in errors.items():
        say(f"{run_id}  {error or size(freed.get(run_id, 0))}")
    done = sum(not error for error in errors.values())
    verb = "would be removed" if options.dry_run else "removed"
    say(f"{done} of {len(errors)} {verb}, {size(sum(freed.values()))}")
