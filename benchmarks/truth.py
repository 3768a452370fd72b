"""The numbers that everybody gets, and so the answers that everybody owes.

Only the standard library: the fillers run it inside the peers' environments.
"""

from __future__ import annotations

import functools
import math
import time
from dataclasses import dataclass

METRICS = ("loss", "acc", "lr", "grad_norm")
SORTED_BY = "acc"
FILTERED_BY, BELOW = "loss", 0.985
"""The page that every list row asks for: runs whose last loss is below this, best accuracy first."""

PROJECTS = 20
SPIKE_STEP, SPIKE = 777_777, 50.0
"""One point of grad_norm in a long run; a chart that loses it lies."""

_PRIME = 1_000_003
_EPOCH = 1_735_689_600.0


@dataclass(frozen=True)
class Run:
    """Run number `k` of a data set, as every tool is told of it."""

    k: int

    @property
    def id(self) -> str:
        """The name of its directory."""
        return f"{time.strftime('%Y%m%d_%H%M%S', time.gmtime(self.created))}_{self.k * 40503 % 0x1000000:06x}"

    @property
    def project(self) -> str:
        """One of twenty."""
        return f"project{self.k % PROJECTS:02d}"

    @property
    def name(self) -> str:
        """One of five in each project."""
        return f"experiment{self.k // PROJECTS % 5}"

    @property
    def created(self) -> float:
        """Unix seconds."""
        return _EPOCH + self.k * 37

    @property
    def status(self) -> str:
        """Every tenth run failed."""
        return "finished" if self.k % 10 else "failed"


def values(k: int, step: int) -> dict[str, float]:
    """Return what run `k` logs at `step` (1, 2, …), in ten digits, so that text and binary tools hold the same."""
    noise = ((step * 104_729 + k) % 10_007) / 997.0
    return {
        "loss": _ten(1 / (1 + step * 1e-3) + ((step * 7919 + k * 31) % 1000) * 1e-5),
        "acc": _ten((1 + k * 7919 % _PRIME) / (_PRIME + 1) * step / (step + 4)),
        "lr": _ten(1e-3 * (0.5 + 0.5 * math.cos(step * 1e-4))),
        "grad_norm": SPIKE if step == SPIKE_STEP else _ten(noise),
    }


def wide(k: int, step: int, metrics: int) -> dict[str, float]:
    """Return what a run with very many metrics logs at `step`."""
    return {f"layer{at:04d}/norm": _ten((at + 1) / (step + k % 7 + 1)) for at in range(metrics)}


def best_page(runs: int, steps: int, limit: int = 50, below: float = BELOW) -> tuple[list[int], int]:
    """Return the run numbers on the first page that list rows ask for, and how many match in all."""
    found = sorted((-acc, k) for k, (acc, loss) in enumerate(_last(runs, steps)) if loss < below)
    return [k for _, k in found[:limit]], len(found)


@functools.cache
def _last(runs: int, steps: int) -> list[tuple[float, float]]:
    last = (values(k, steps) for k in range(runs))
    return [(value[SORTED_BY], value[FILTERED_BY]) for value in last]


def same(seen: object, meant: float) -> bool:
    """Tell whether a number that came back is the number that was written; single precision passes."""
    return isinstance(seen, int | float) and math.isclose(seen, meant, rel_tol=1e-5)


def _ten(value: float) -> float:
    return float(f"{value:.10g}")
