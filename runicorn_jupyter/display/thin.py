"""Fewer points without losing a spike: the smallest and largest value of equally long stretches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def thin(x: Sequence[float], y: Sequence[float], points: int) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
    """Return at most `points` of a curve, in order, and whether they are all of them.

    Parameters
    ----------
    x, y : sequence of float
        Equal length; `y` may hold values that are not finite.
    points : int
        At least 4. First and last point stay; in between each stretch keeps the point of its smallest and of its
        largest finite value, and one gap where it holds no finite value at all.
    """
    import numpy as np

    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if len(xs) <= points:
        return xs, ys, True
    inner = len(xs) - 2
    size = -(-inner // max(1, (points - 2) // 2))
    padded = np.full(-(-inner // size) * size, np.nan)
    padded[:inner] = ys[1:-1]
    stretches = padded.reshape(-1, size)
    finite = np.isfinite(stretches)
    begins = 1 + size * np.arange(len(stretches))
    lowest = np.where(finite, stretches, np.inf).argmin(axis=1)
    highest = np.where(finite, stretches, -np.inf).argmax(axis=1)
    chosen = np.unique(np.concatenate(([0, len(xs) - 1], begins + lowest, begins + highest)))
    return xs[chosen], ys[chosen], False
