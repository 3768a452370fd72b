"""The last lines that this server logged, in memory: what a page shows when something went wrong."""

from __future__ import annotations

import logging
import threading
from collections import deque

LINES = 5000
_LOGGERS = ("runicorn_jupyter", "tornado.application", "tornado.general")


class Diary(logging.Handler):
    """Keeps the last lines of our own loggers and of the web server's."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        self._held: deque[str] = deque(maxlen=LINES)
        self._count = 0
        self._guard = threading.Lock()

    def open(self) -> None:
        """Begin to listen."""
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(self)

    def close(self) -> None:
        """Stop listening."""
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(self)
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record, a line at a time."""
        lines = self.format(record).splitlines()
        with self._guard:
            self._held.extend(lines)
            self._count += len(lines)

    def tail(self, lines: int) -> list[str]:
        """Return the last `lines` lines."""
        with self._guard:
            return list(self._held)[-lines:] if lines > 0 else []

    def since(self, seen: int) -> tuple[list[str], int]:
        """Return the lines after the first `seen` of them all, as far as they are kept, and how many there were."""
        with self._guard:
            return (list(self._held)[-min(self._count - seen, LINES) :] if self._count > seen else []), self._count
