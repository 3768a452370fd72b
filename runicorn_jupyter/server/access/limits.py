"""How many requests a client may send a minute (D8): a sliding window, told in headers, refused with 429."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from runicorn_jupyter.errors import BadRequest

WINDOW = 60.0
"""Seconds that a limit is about."""

_CLIENTS = 1000
_HIGHEST = 1_000_000

DEFAULT: Mapping[str, int] = MappingProxyType({"standard": 6000, "v2": 6000, "delete": 10, "connect": 5})
"""So high that a page can poll, but for what is dear: deleting many runs, and guessing SSH passwords."""

DOCUMENTED: Mapping[str, int] = MappingProxyType({"standard": 60, "v2": 100, "delete": 10, "connect": 5})
"""The table of the reference documents, to the letter."""

PRESETS: Mapping[str, Mapping[str, int]] = MappingProxyType({"default": DEFAULT, "documented": DOCUMENTED})


class Standing(NamedTuple):
    """Where a client stands after a request; `reset` is the seconds until the window frees a place."""

    limit: int
    remaining: int
    reset: int
    allowed: bool

    def headers(self) -> dict[str, str]:
        """Return the documented headers."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


class RateLimits:
    """Counts requests by kind and client; bounded in memory, the longest unseen clients are forgotten (thread-safe).

    Parameters
    ----------
    limits : mapping of str to int
        Requests a minute by kind: ``standard``, ``v2``, ``delete``, ``connect``. 0 means no limit.
    clock : callable
        Seconds that never run backwards.
    """

    def __init__(self, limits: Mapping[str, int] = DEFAULT, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = checked(limits)
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def take(self, kind: str, client: str) -> Standing:
        """Count one request of `client`; a refused one is not counted, so that waiting always helps."""
        return self._stand(kind, client, counts=True)

    def peek(self, kind: str, client: str) -> Standing:
        """Return where `client` stands without counting anything."""
        return self._stand(kind, client, counts=False)

    def _stand(self, kind: str, client: str, *, counts: bool) -> Standing:
        limit = self.limits[kind]
        if not limit:
            return Standing(0, 0, 0, allowed=True)
        now = self._clock()
        with self._lock:
            times = self._seen.setdefault((kind, client), deque())
            self._seen.move_to_end((kind, client))
            while times and times[0] <= now - WINDOW:
                times.popleft()
            allowed = len(times) < limit
            if allowed and counts:
                times.append(now)
            if len(self._seen) > _CLIENTS:
                self._seen.popitem(last=False)
            reset = math.ceil(times[0] + WINDOW - now) if times else 0
            return Standing(limit, limit - len(times), reset, allowed)


def parse(words: Iterable[str]) -> dict[str, int]:
    """Return the limits that a command line or configuration names: a preset, or ``kind=number``, later ones outrank.

    Raises
    ------
    BadRequest
        Neither.
    """
    limits: dict[str, int] = {}
    for word in words:
        kind, given, number = word.partition("=")
        if not given and kind in PRESETS:
            limits.update(PRESETS[kind])
        elif given and number.isascii() and number.isdigit():
            limits[kind] = int(number)
        else:
            raise BadRequest(f"A rate limit is {' or '.join(PRESETS)}, or like standard=600, not {word!r}.")
    return checked(limits)


def checked(limits: Mapping[str, int]) -> dict[str, int]:
    """Return `limits` over the defaults.

    Raises
    ------
    BadRequest
        An unknown kind, or a number that is none from 0 to 1,000,000.
    """
    for kind, limit in limits.items():
        if kind not in DEFAULT:
            raise BadRequest(f"There is no rate limit called {kind!r}; there are {', '.join(DEFAULT)}.")
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= _HIGHEST:
            raise BadRequest(f"The rate limit {kind} must be a whole number from 0 (none) to {_HIGHEST}.")
    return {**DEFAULT, **limits}
