"""A row of the curve cache, and the one way in which such rows fail."""

from __future__ import annotations

from typing import NamedTuple


class ChunksGoneError(Exception):
    """The curve cache no longer holds what was in it: evicted, or thrown away because it was damaged."""


class Part(NamedTuple):
    """The points of one metric in one stretch.

    ``first`` and ``stride`` tell at which events of the stretch they stand, ``positions`` (uint16) when that is not
    regular. ``data`` holds the values of a part of at most 64 points, or start and stride (two float64) of values that
    rise evenly; other values are ``raw``: bytes to be stored, the number of a chunk when loaded.
    """

    stretch: int
    length: int
    first: int
    stride: int
    positions: bytes | None
    summary: bytes | None
    data: bytes | None
    raw: bytes | int | None
