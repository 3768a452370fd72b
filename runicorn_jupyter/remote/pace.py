"""How long things may take before they are done again: one place for every figure of link care."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_BOOT = getattr(time, "CLOCK_BOOTTIME", None)


def _boot_clock() -> float:
    """Return seconds that go on while the machine sleeps, which the loop's own clock does not count."""
    return time.clock_gettime(_BOOT) if _BOOT is not None else time.time()


@dataclass(frozen=True, slots=True)
class Pace:
    """The figures of link care.

    Parameters
    ----------
    lease : float
        Seconds without a request after which a far viewer ends by itself.
    clock : callable
        Seconds that go on while this machine sleeps.
    first, longest : float
        Seconds before the second try to connect again, and the most between any two.
    """

    lease: float = 120.0
    clock: Callable[[], float] = _boot_clock
    first: float = 0.5
    longest: float = 60.0
    restarts: int = 3
    """How often a viewer that ended is started again..."""
    within: float = 600.0
    """...in so many seconds."""
    tick: float = 5.0
    """How often the clock is looked at: who finds more than this missing was asleep."""

    def beat(self, lease: float) -> float:
        """Return the seconds between two heartbeats."""
        return lease / 4

    def patience(self, lease: float) -> float:
        """Return how long an answer may take."""
        return min(15.0, max(2.0, lease / 4))

    def waits(self, lease: float) -> Iterator[float]:
        """Yield the seconds before each try: doubled each time, spread, close together while the lease may still run.

        A cut that is shorter than the lease must find the same process again, so the tries must not skip its end.
        """
        wait, passed = self.first, 0.0
        while True:
            most = min(self.longest, max(self.first, lease / 12)) if passed < lease else self.longest
            spread = min(wait, most) * random.uniform(0.5, 1.0)  # noqa: S311 - to spread load, not a secret
            yield spread
            passed += spread
            wait = min(wait * 2, self.longest)
