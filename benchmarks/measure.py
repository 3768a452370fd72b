"""Clocks: CPU time and memory of a process and all its children, and what is said of many samples."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psutil


def family(pid: int) -> list[int]:
    """Return `pid` and the processes below it, parents first."""
    try:
        children = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [pid, *(child.pid for child in children)]


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of the living processes of a tree, to the microsecond.

    The kernel's per-process CPU clock is read (its number is made from the pid): ``/proc/*/stat`` rounds to 10 ms,
    which is more than many answers take.
    """
    total = 0.0
    for member in family(pid):
        try:
            total += time.clock_gettime((~member << 3) | 2)
        except OSError:
            continue  # it ended meanwhile
    return total


def rss_mb(pid: int) -> float:
    """Return the resident memory of a tree in MB; pages shared by several of its processes count for each."""
    total = 0
    for member in family(pid):
        try:
            total += psutil.Process(member).memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the sample below which `share` (0 to 1) of all lie, interpolated."""
    ordered = sorted(samples)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def median(samples: Sequence[float]) -> float:
    """Return the middle sample."""
    return percentile(samples, 0.5)


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return the power with which cost grows with size (1 is linear, 0 is flat): least squares on logarithms."""
    import numpy as np

    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])
