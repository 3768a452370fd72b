"""`runicorn manage`: tag, find, delete into the recycle bin, restore, and clear away what is old."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from runicorn_jupyter.cli import parser as arguments
from runicorn_jupyter.cli.output import say, say_json, table
from runicorn_jupyter.cli.place import batches, opened
from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import RunFilter

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import Workspace

_FAILED = 1
_DAY = 86400.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the documented options."""
    add = parser.add_argument
    add("--action", choices=tuple(_ACTIONS), required=True, help="what to do")
    add("--run-id", dest="run_ids", action="append", default=[], metavar="ID", help="a run; may be repeated")
    add("--tags", help="tags, separated by commas: to add, or to search for")
    add("--remove", action="store_true", help="with tag: take the tags away")
    add("--project", metavar="NAME", help="with search and cleanup: only runs of this project")
    add("--text", help="with search: words in id, project, name, alias or tag, or a query (docs/query.md)")
    add("--days", type=arguments.count, default=30, metavar="N", help="with cleanup: older than so many days (30)")
    add("--dry-run", action="store_true", help="with delete and cleanup: only say which")
    add("--json", action="store_true", help="print JSON")
    arguments.storage(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do the action; return 1 when it failed for one of the runs."""
    with opened(options, whole=True) as hall:
        return _ACTIONS[options.action](hall, options)


def _tag(hall: Workspace, options: argparse.Namespace) -> int:
    tags = _words(options.tags)
    if not options.run_ids or not tags:
        raise BadRequest("Tagging takes --run-id ID and --tags a,b.")
    return _results(
        options,
        hall.edits.tag(options.run_ids, tags, remove=options.remove),
        "untagged" if options.remove else "tagged",
    )


def _search(hall: Workspace, options: argparse.Namespace) -> int:
    text, wanted = options.text or "", set(_words(options.tags))
    asks = hall.is_query(text)
    hall.check_query(text if asks else "")
    where = RunFilter(options.project, query=text if asks else None, text=None if asks else text or None)
    found = hall.runs(where).runs
    runs = [run for run in found if wanted <= set(run.tags)]
    if options.json:
        say_json([run.item() for run in runs])
        return 0
    rows = [(run.id, f"{run.project} / {run.name}", run.state, ", ".join(run.tags)) for run in runs]
    if rows:
        say(table([("ID", "PROJECT / NAME", "STATE", "TAGS"), *rows]))
    say("1 run" if len(runs) == 1 else f"{len(runs)} runs")
    return 0


def _delete(hall: Workspace, options: argparse.Namespace) -> int:
    if not options.run_ids:
        raise BadRequest("Which runs? Name each with --run-id ID.")
    return _recycle(hall, options, options.run_ids)


def _cleanup(hall: Workspace, options: argparse.Namespace) -> int:
    oldest = time.time() - options.days * _DAY
    runs = hall.runs(RunFilter(options.project)).runs
    old = [
        run.id for run in runs if not run.live and (run.ended_at or run.updated_at or run.created_at or oldest) < oldest
    ]
    return _recycle(hall, options, old)


def _recycle(hall: Workspace, options: argparse.Namespace, run_ids: list[str]) -> int:
    if options.dry_run:
        return _results(options, dict.fromkeys(run_ids), "would go into the recycle bin")
    errors: dict[str, str | None] = {}
    for some in batches(run_ids):
        errors.update(hall.delete(some, reason=f"cli_{options.action}").errors)
    return _results(options, errors, "in the recycle bin")


def _restore(hall: Workspace, options: argparse.Namespace) -> int:
    if not options.run_ids:
        raise BadRequest("Which runs? Name each with --run-id ID; --action recycle-bin lists what can be restored.")
    return _results(options, hall.restore(options.run_ids).errors, "restored")


def _bin(hall: Workspace, options: argparse.Namespace) -> int:
    entries = hall.recycle_bin()
    if options.json:
        say_json([entry.item() for entry in entries])
        return 0
    if entries:
        say(
            table(
                [("ID", "PROJECT / NAME", "PROBLEM"), *((e.id, f"{e.project} / {e.name}", e.problem) for e in entries)]
            )
        )
    say("1 run" if len(entries) == 1 else f"{len(entries)} runs")
    return 0


def _results(options: argparse.Namespace, errors: Mapping[str, str | None], done: str) -> int:
    if options.json:
        say_json({run_id: {"success": not error, "error": error} for run_id, error in errors.items()})
    else:
        for run_id, error in errors.items():
            say(f"{run_id}  {error or done}")
        if not errors:
            say("0 runs")
    return _FAILED if any(errors.values()) else 0


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


_ACTIONS: dict[str, Callable[[Workspace, argparse.Namespace], int]] = {
    "tag": _tag,
    "search": _search,
    "delete": _delete,
    "cleanup": _cleanup,
    "restore": _restore,
    "recycle-bin": _bin,
}
