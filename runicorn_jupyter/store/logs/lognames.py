"""The text logs of a run: its own, and those of processes on other hosts that joined it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from runicorn_jupyter.errors import BadRequest

LOG = "logs.txt"
_JOINED = re.compile(r"logs\.[A-Za-z0-9_-]{1,100}-\d{1,9}\.txt")


def log_name(asked: str | None) -> str:
    """Return the name of the log file that was asked for; the run's own when none was.

    Raises
    ------
    BadRequest
        No log is called so.
    """
    if asked is None or asked == LOG:
        return LOG
    if not _JOINED.fullmatch(asked):
        raise BadRequest("A log is called logs.txt, or logs.HOST-RANK.txt when another host wrote it.")
    return asked


def log_names(run_dir: Path) -> tuple[str, ...]:
    """Return the names of the logs that a run has: its own first, then by host and rank."""
    try:
        names = os.listdir(run_dir)  # noqa: PTH208 - names are all that is wanted
    except OSError:
        return ()
    joined = [name for name in names if _JOINED.fullmatch(name)]
    return (*((LOG,) if LOG in names else ()), *sorted(joined, key=_place))


def _place(name: str) -> tuple[str, int]:
    host, _, rank = name.removesuffix(".txt").rpartition("-")
    return host, int(rank)
