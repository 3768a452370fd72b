"""The runs that may grow now, and which of them did: two looks at each, many times a second."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from runicorn_jupyter.models import LIVE_STATES
from runicorn_jupyter.store.index.index import Row
from runicorn_jupyter.store.runs.stamps import EVENTS, event_files

GROWING_EVERY = (1.0, 5.0)
"""Seconds between two readings of runs that grow, so that these take half a percent of the time.

The numbers in lists are at most this old; curves are read from the files whenever somebody asks.
"""

_REST = 200

JUDGED_EVERY = 3.0
"""Seconds between two readings of one that does not: its process can die without a trace in the files."""

_TOUCHED_EVERY = 0.2


@dataclass(slots=True)
class _Live:
    run_id: str
    run_dir: str
    files: tuple[str, ...]
    read_at: float
    stamps: tuple[object, ...] = ()
    folder: int = 0
    touched: bool = False
    grew: bool = False
    size: int = 0


class LiveRuns:
    """Remembers runs between ticks, so that a tick costs two calls of the operating system for each.

    Parameters
    ----------
    root : str
        The storage root.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._runs: dict[str, _Live] = {}
        self._together = 0.0
        self._every = GROWING_EVERY[0]

    def __len__(self) -> int:
        return len(self._runs)

    def __contains__(self, directory: object) -> bool:
        return directory in self._runs

    def read(self, row: Row, now: float) -> None:
        """Take note of what a reading of a run came to."""
        if row.state not in LIVE_STATES or row.deleted:
            self._runs.pop(row.directory, None)
            return
        run_dir = f"{self._root}/{row.directory}"
        files = tuple(f"{run_dir}/{name}" for name in event_files(row.signature) or (EVENTS,))
        known = self._runs.get(row.directory)
        if known is None:
            known = self._runs[row.directory] = _Live(row.id, run_dir, files, now)
            known.stamps, known.folder, known.size = _look(known)
        known.files, known.read_at, known.touched, known.grew = files, now, False, False

    def forget(self, directories: Iterable[str]) -> None:
        """Drop runs that are gone."""
        for directory in directories:
            self._runs.pop(directory, None)

    def grown(self) -> list[tuple[str, str]]:
        """Return directory and id of each run that was logged to since the last call."""
        found = []
        for directory, run in list(self._runs.items()):  # other threads read runs too
            stamps, folder, run.size = _look(run)
            if folder != run.folder:
                run.folder, run.touched = folder, True
            if stamps != run.stamps:
                run.stamps, run.grew = stamps, True
                found.append((directory, run.run_id))
        return found

    def took(self, seconds: float, runs: int) -> None:
        """Take note of how long the reading of so many runs that were due took."""
        if runs * 2 > len(self._runs):
            self._every = min(max(_REST * seconds, GROWING_EVERY[0]), GROWING_EVERY[1])

    def due(self, now: float) -> Iterator[tuple[str, int]]:
        """Return directory and bytes of events of each run that should be read again.

        Those that grow come all at once, so that one transaction keeps their rows.
        """
        together = now >= self._together
        if together:
            self._together = now + self._every
        for directory, run in list(self._runs.items()):
            age = now - run.read_at
            if (together and run.grew) or (run.touched and age >= _TOUCHED_EVERY) or age >= JUDGED_EVERY:
                yield directory, run.size


def _look(run: _Live) -> tuple[tuple[object, ...], int, int]:
    """Return the stamps of its events, the time of its folder, and the bytes of its events."""
    stamps, size = list[object](), 0
    for file in run.files:
        try:
            found = os.stat(file)  # noqa: PTH116 - called many times a second for each run
        except OSError:
            stamps.append(None)
        else:
            stamps.append((found.st_ino, found.st_size, found.st_mtime_ns))
            size += found.st_size
    try:
        return tuple(stamps), os.lstat(run.run_dir).st_mtime_ns, size
    except OSError:
        return tuple(stamps), 0, size
