"""How long a viewer lives that somebody far away started: as long as somebody asks it something."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class Lease:
    """Ends when it has not been renewed for a while of monotonic time: a changed clock ends nothing.

    Parameters
    ----------
    seconds : float
        How long it lasts after the last renewal.
    clock : callable
        Seconds that never run backwards.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._renewed = clock()

    def renew(self) -> None:
        """Begin the time anew."""
        self._renewed = self._clock()

    def left(self) -> float:
        """Return the seconds until it ends, 0 when it has."""
        return max(0.0, self._renewed + self.seconds - self._clock())

    async def ended(self) -> None:
        """Wait until it has ended."""
        while left := self.left():  # noqa: ASYNC110 - a renewal must cost a request nothing, not even an event
            await asyncio.sleep(left)
