"""How soon each tier of the refresher looks again: often while somebody follows the root, seldom while nobody does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

_READING = (0.1, 0.5)
"""Seconds between two looks at an index that another process keeps, while somebody follows and while nobody does."""

_IDLE = (0.25, 1.0)
"""The same for looks at the clock while no run is live; a turn that finds nothing still costs 0.1 ms."""

_LIVE = 0.25
"""Seconds between two looks at live runs while nobody follows."""

_NEW = (1.0, 2.0)
"""The same for looks at folders that may get new runs, and at runs that may come back to life."""

_ASKED = 10.0
"""Seconds for which who asked for a list is thought to ask again."""


class _Tier(NamedTuple):
    """A look that ended then, took so long, and rests so long at most."""

    ended: float
    took: float
    longest: float


class Pace:
    """Knows when what is due; a look that finds nothing takes a thousandth of the time at most.

    Parameters
    ----------
    told : callable
        Says whether somebody is told of changes as they happen.
    tick : float
        Seconds between two looks at live runs while somebody follows.
    """

    def __init__(self, told: Callable[[], bool], tick: float) -> None:
        self._told = told
        self._tick = tick
        self._asked = float("-inf")
        self._poll = self._watch = _Tier(float("-inf"), 0.0, 0.0)
        self._walk = 0.0

    def asked(self) -> None:
        """Take note that somebody asked for a list."""
        self._asked = time.monotonic()

    @property
    def reading(self) -> float:
        """Seconds to the next turn of a process that only reads the index."""
        return _READING[not self._followed()]

    @property
    def idle(self) -> float:
        """Seconds to the next turn while no run is live."""
        return _IDLE[not self._followed()]

    @property
    def live(self) -> float:
        """Seconds to the next turn while runs are live."""
        return self._tick if self._followed() else max(self._tick, _LIVE)

    def polls(self, now: float) -> bool:
        """Tell whether folders are due."""
        return now >= self._due(self._poll)

    def watches(self, now: float) -> bool:
        """Tell whether runs that may come back to life are due."""
        return now >= self._due(self._watch)

    def walks(self, now: float) -> bool:
        """Tell whether everything is due."""
        return now >= self._walk

    def polled(self, began: float) -> None:
        """Take note that the look at folders that `began` then is over."""
        self._poll = _ended(began, 5.0)

    def watched(self, began: float) -> None:
        """Take note that the look at runs that may come back to life is over."""
        self._watch = _ended(began, 10.0)

    def walked(self, spent: float) -> None:
        """Take note that a walk is over that took so many seconds of work."""
        self._walk = time.monotonic() + min(max(2000 * spent, 10.0), 600.0)

    def _followed(self) -> bool:
        return self._told() or time.monotonic() - self._asked < _ASKED

    def _due(self, tier: _Tier) -> float:
        return tier.ended + min(max(1000 * tier.took, _NEW[not self._followed()]), tier.longest)


def _ended(began: float, longest: float) -> _Tier:
    now = time.monotonic()
    return _Tier(now, now - began, longest)
