"""The folder that a command works on."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from runicorn_jupyter import paths
from runicorn_jupyter.cli.output import Progress

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import Workspace

_PATIENCE = 60.0
_BATCH = 100
_LOOK = 0.2


@contextmanager
def opened(options: argparse.Namespace, *, whole: bool = False) -> Iterator[Workspace]:
    """Open the storage root that `options` name, else the one in use; it must be there.

    Parameters
    ----------
    options : argparse.Namespace
        Parsed options with ``storage``.
    whole : bool
        Wait until every run is read, or for a minute: a list that is cut short finds too little.

    Raises
    ------
    RootUnusable
        It does not exist, is a file, or cannot be read.
    """
    from runicorn_jupyter.workspace import Workspace

    root = paths.find_root(argument=options.storage)
    paths.check_root(root.path)
    with Workspace(root.path, reason=root.reason, holder="cli") as hall:
        if whole:
            settle(hall)
        yield hall


def settle(hall: Workspace) -> None:
    """Wait until every run is read, or for a minute."""
    deadline = time.monotonic() + _PATIENCE
    with Progress("reading runs") as progress:
        while not hall.wait_complete(_LOOK) and time.monotonic() < deadline:
            health = hall.health()
            progress(health.runs - health.pending, health.runs)
    while not hall.runs(limit=0).complete and time.monotonic() < deadline:
        time.sleep(0.05)


def batches(ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield `ids`, each once, in lists as long as one request may be."""
    left = iter(dict.fromkeys(ids))
    while some := list(islice(left, _BATCH)):
        yield some
