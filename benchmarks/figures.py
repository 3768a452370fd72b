"""What a row says: figures of somebody's answer, and targets that ours are held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

OURS = "ours"
CPU, WALL, SIZE, MEMORY, SHARE = "CPU ms", "wall ms", "kB", "RSS MB", "% of a core"

Rule = Literal["at most", "times less", "times as much"]


@dataclass(frozen=True)
class Figure:
    """One measured thing.

    ``call`` names it within its row; ``measures`` maps a unit-bearing name (`CPU`, `WALL`, …) to the median over the
    repeats. ``problem`` is why there is no figure: a wrong or empty answer, or none.
    """

    row: str
    who: str
    call: str
    measures: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Target:
    """What the issue promises of one of our figures.

    ``at most``: the measure itself. ``times less``: the other's measure divided by ours is at least `limit`.
    ``times as much``: ours divided by the other's is at most `limit`. The other is the figure (`against`, `other_call`)
    of the same row.
    """

    call: str
    measure: str
    limit: float
    rule: Rule = "at most"
    against: str = OURS
    other_call: str = ""


@dataclass(frozen=True)
class Verdict:
    """A target, what was seen, and whether that is enough; `seen` is None when one side has no figure."""

    target: Target
    seen: float | None

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached, None when there is nothing to judge."""
        if self.seen is None:
            return None
        return self.seen >= self.target.limit if self.target.rule == "times less" else self.seen <= self.target.limit


def judge(target: Target, figures: list[Figure]) -> Verdict:
    """Return what `figures` of one row say of `target`."""
    ours = _find(figures, OURS, target.call, target.measure)
    if target.rule == "at most" or ours is None:
        return Verdict(target, ours)
    other = _find(figures, target.against, target.other_call or target.call, target.measure)
    if other is None or min(ours, other) <= 0:
        return Verdict(target, None)
    return Verdict(target, other / ours if target.rule == "times less" else ours / other)


def _find(figures: list[Figure], who: str, call: str, measure: str) -> float | None:
    for figure in figures:
        if figure.who == who and figure.call == call and not figure.problem:
            return figure.measures.get(measure)
    return None
