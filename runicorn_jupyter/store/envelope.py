"""A curve in as many points as a screen can show, without losing a spike."""

from __future__ import annotations

import numpy as np

from runicorn_jupyter.store.columns import Floats, Integers


def ordered(x: Floats, y: Floats, *, distinct: bool = True) -> tuple[Floats, Floats]:
    """Return the points sorted by `x`; points whose `x` is not finite have no place and are left out.

    Resumed runs and several processes log steps again or out of order; the usual case of rising `x` costs one pass.

    Parameters
    ----------
    x, y : arrays of equal length
    distinct : bool
        Of equal `x` keep only the point logged last, as is right for steps and wrong for coarse clocks.
    """
    known = np.isfinite(x)
    if not known.all():
        x, y = x[known], y[known]
    if len(x) < 2 or bool(np.all(x[1:] > x[:-1])):
        return x, y
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    if not distinct:
        return x, y
    last = np.append(x[1:] != x[:-1], True)
    return x[last], y[last]


def window(x: Floats, x0: float | None, x1: float | None) -> slice:
    """Return the slice of sorted `x` that covers [x0, x1], with one point beyond each edge so that lines reach it."""
    start = 0 if x0 is None else max(int(np.searchsorted(x, x0, side="left")) - 1, 0)
    stop = len(x) if x1 is None else min(int(np.searchsorted(x, x1, side="right")) + 1, len(x))
    return slice(start, max(stop, start))


def envelope(x: Floats, y: Floats, width: int) -> tuple[Floats, Floats, bool]:
    """Return at most 2 × `width` points and whether they are all there are.

    Beyond that count the points fall into `width` - 1 stretches of equal length; each gives its smallest and its
    largest value where they stand, or one gap when nothing in it is finite. The first and the last point are kept.
    """
    count, width = len(x), max(width, 2)
    if count <= 2 * width:
        return x, y, True
    picked = np.unique(np.concatenate(([0], extremes(y, width - 1), [count - 1])))
    return x[picked], y[picked], False


def extremes(y: Floats, stretches: int) -> Integers:
    """Return the positions of the minimum and the maximum of each of `stretches` equal parts of `y`, rising.

    Values that are not finite never win; a part without a finite value gives its first position.
    """
    length = -(-len(y) // stretches)
    padded = np.full(length * stretches, np.nan)
    padded[: len(y)] = y
    parts = padded.reshape(stretches, length)
    finite = np.isfinite(parts)
    low = np.where(finite, parts, np.inf).argmin(axis=1)
    high = np.where(finite, parts, -np.inf).argmax(axis=1)
    base = np.arange(stretches) * length
    positions = np.concatenate((base + low, base + high))
    return np.unique(positions[positions < len(y)])
