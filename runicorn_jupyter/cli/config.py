"""`runicorn config`: which storage root is in use and why, and the one to use from now on."""

from __future__ import annotations

import argparse
from typing import Any

from runicorn_jupyter import paths, settings
from runicorn_jupyter.cli.output import say, say_json


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the documented options."""
    add = parser.add_argument
    add("--show", action="store_true", help="show the configuration (what happens without options, too)")
    add("--set-user-root", metavar="DIR", help="log to this folder, and show it, from now on; it is made if need be")
    add("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Save what is to be saved, then tell what holds."""
    if options.set_user_root is not None:
        settings.set_root(str(paths.expand(options.set_user_root)))
    held = _held()
    if options.json:
        say_json(held)
        return 0
    say(f"Storage root: {held['storage']} ({held['storage_reason']})")
    say(f"Your root:    {held['user_root_dir'] or 'not set'}")
    say(f"Saved in:     {held['config_file']}")
    if options.set_user_root is not None and held["storage_reason"] != "user config":
        say(f"Your root is saved, but {held['storage_reason']} outranks it here.")
    return 0


def _held() -> dict[str, Any]:
    root = paths.find_root()
    return {
        "storage": str(root.path),
        "storage_reason": root.reason,
        "user_root_dir": paths.configured_root() or "",
        "config_file": str(paths.config_folder() / settings.CONFIG),
    }
