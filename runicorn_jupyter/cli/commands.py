"""Every command of `runicorn` on one page; a command's module is imported when it is asked for."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import NamedTuple, Protocol, cast


class Module(Protocol):
    """What the module of a command offers."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options, and set ``run``: a function of the parsed options that returns the exit code."""


class Command(NamedTuple):
    """One command: its name, the module of this package that does it, and one line of help."""

    name: str
    module: str
    help: str

    def load(self) -> Module:
        """Import the module."""
        return cast("Module", import_module(f"runicorn_jupyter.cli.{self.module}"))


COMMANDS = (
    Command("viewer", "viewer", "show the runs of a folder in a browser"),
    Command("runs", "runs", "list runs, all or those that a query finds"),
    Command("show", "show", "print one run, with a small curve of each metric"),
    Command("manage", "manage", "tag, find, delete into the recycle bin, restore, clear away what is old"),
    Command("delete", "deleting", "remove runs for good"),
    Command("export", "exporting", "write runs into one archive"),
    Command("import", "importing", "take the runs of an archive in"),
    Command("export-data", "exportdata", "write points for other programs, or a report about a run"),
    Command("artifacts", "artifacts", "list, fetch, check and delete versions of artifacts, free what nobody needs"),
    Command("remote", "remote", "start, watch and stop viewers on other hosts over SSH"),
    Command("config", "config", "show or set the storage root"),
    Command("rate-limit", "rate_limit", "show or set how many requests a minute a viewer takes"),
    Command("cache", "cache", "show or clear what is kept to be quick"),
    Command("doctor", "doctor", "say what is installed, which root is used and why"),
    Command("completion", "completion", "print what a shell needs to complete all this"),
)

DROPPED = {"generate-manifest": "Manifests are not needed here: runs are read from their own files at once."}


def find(name: str) -> Command | None:
    """Return the command called `name`."""
    return next((command for command in COMMANDS if command.name == name), None)
