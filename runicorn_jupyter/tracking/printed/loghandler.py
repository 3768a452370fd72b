"""The standard ``logging`` of a program, in the log of its run."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runicorn_jupyter.tracking.run import Run

FORMAT = "%(levelname)s | %(name)s | %(message)s"


class RunHandler(logging.Handler):
    """Appends every record to logs.txt of one run; a record that comes after its end is dropped in silence.

    Parameters
    ----------
    run : Run
        Where the records go.
    level : int
        The lowest level that is taken.
    fmt : str, optional
        As of ``logging.Formatter``; the time of day stands before each line anyway.
    """

    def __init__(self, run: Run, level: int = logging.INFO, fmt: str | None = None) -> None:
        super().__init__(level)
        self.setFormatter(logging.Formatter(fmt or FORMAT))
        self._run = run

    def emit(self, record: logging.LogRecord) -> None:
        """Append one record."""
        if self._run.finished:
            return
        try:
            text = self.format(record)
        except Exception:  # noqa: BLE001 - the arguments of a record may not fit its message; logging itself prints then
            self.handleError(record)
            return
        self._run.log_text(text)
