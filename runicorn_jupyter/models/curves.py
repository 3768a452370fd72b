"""Curves and rows: the points of a metric, few enough to draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one metric of one run, ready to draw.

    ``x`` and ``y`` have equal length and ``x`` never falls. ``exact`` says that every point of the window is here;
    otherwise the points are the smallest and largest value of each of equally many points, so no spike is lost.
    ``total`` is the number of points in the window. A value that is not finite is ``nan`` in ``y``.
    """

    run: str
    metric: str
    x: Sequence[float]
    y: Sequence[float]
    total: int
    exact: bool

    def wire(self, *, kinds: bool = False) -> dict[str, Any]:
        """Return the JSON form; a value that is not finite becomes null, whole numbers are written as such.

        With `kinds`, ``kinds`` lists where a null of ``y`` stands for ``nan``, ``inf`` or ``-inf``.
        """
        finite = all(map(isfinite, self.y))
        form = {
            "run": self.run,
            "metric": self.metric,
            "x": _shortest(self.x),
            "y": _shortest(self.y) if finite else [value if isfinite(value) else None for value in self.y],
            "total": self.total,
            "exact": self.exact,
        }
        if kinds:
            form["kinds"] = {} if finite else _kinds(self.y)
        return form


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of a run that was logged with one ``stage``, on the axis that was asked for."""

    stage: str
    x0: float
    x1: float

    def wire(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"stage": self.stage, "x0": self.x0, "x1": self.x1}


@dataclass(frozen=True, slots=True)
class MetricRows:
    """The documented row form of a run's metrics (contract R7, R8): one dict a step, every row holds every column."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    total: int
    last_step: int | None
    clipped: tuple[str, ...] = ()


def _shortest(values: Sequence[float]) -> Sequence[float]:
    """Return the values as integers when all of them are whole: fewer bytes, the same numbers."""
    if values and float(values[0]).is_integer() and max(values) <= _EXACT and min(values) >= -_EXACT:
        whole = list(map(int, values))
        return whole if whole == values else values
    return values


def _kinds(values: Sequence[float]) -> dict[str, list[int]]:
    odd = [(at, str(value)) for at, value in enumerate(values) if not isfinite(value)]
    return {kind: [at for at, found in odd if found == kind] for kind in dict.fromkeys(kind for _, kind in odd)}
