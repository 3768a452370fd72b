"""What a root says of itself and of a run's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One logged image, or file of another `kind`; `path` is relative to the run directory and always inside it."""

    key: str
    path: str
    step: int | None
    caption: str | None
    time: float | None
    kind: str = "image"


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the store can be trusted right now."""

    storage: str
    version: str
    complete: bool
    pending: int
    runs: int
    curve_cache: Mapping[str, int]
    notes: tuple[str, ...] = ()
