"""`runicorn cache`: what index and curve caches take, per root, and how to drop them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from runicorn_jupyter import paths
from runicorn_jupyter.cli import parser as arguments
from runicorn_jupyter.cli.output import say, say_json, size, table

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import CacheEntry


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what to do and for which root."""
    add = parser.add_argument
    add("action", nargs="?", choices=("show", "clear"), default="show", help="show what is kept (default), or drop it")
    add("--all", action="store_true", help="with clear: of every root, not only the one in use")
    add("--curves", action="store_true", help="with clear: the points only, and keep the index")
    add("--json", action="store_true", help="print JSON")
    arguments.storage(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show or clear."""
    from runicorn_jupyter.workspace import CURVES_LIMIT, cache_entries, clear_cache

    root = paths.find_root(argument=options.storage).path
    entries = cache_entries([root])
    if options.action == "clear":
        mine = [entry for entry in entries if options.all or entry.digest == paths.root_digest(root)]
        freed = clear_cache(mine, ("curves",) if options.curves else ("index", "curves"))
        if options.json:
            say_json({"freed_bytes": freed})
        else:
            say(f"{size(freed)} freed. What is needed again is read again from the runs' own files.")
        return 0
    if options.json:
        say_json(
            {"folder": str(paths.cache_folder()), "limit_bytes": CURVES_LIMIT, "roots": [e.item() for e in entries]}
        )
    else:
        say(_as_text(entries))
        say(f"In {paths.cache_folder()}. Curves take at most {size(CURVES_LIMIT)} a root, or a tenth of what is free.")
    return 0


def _as_text(entries: list[CacheEntry]) -> str:
    rows = [
        (size(entry.index_bytes), size(entry.curves_bytes), entry.root or "a root without runs") for entry in entries
    ]
    whole = (
        size(sum(entry.index_bytes for entry in entries)),
        size(sum(entry.curves_bytes for entry in entries)),
        "all" if entries else "nothing is kept",
    )
    return table([("INDEX", "CURVES", "ROOT"), *rows, whole])
