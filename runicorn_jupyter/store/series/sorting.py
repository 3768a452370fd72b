"""Points that were not logged in the order in which they are drawn: sorted once, and then only what is new."""

from __future__ import annotations

import threading
from typing import Literal, NamedTuple

import numpy as np

from runicorn_jupyter.store.series.batch import Floats, Integers
from runicorn_jupyter.store.series.envelope import ordered
from runicorn_jupyter.store.series.groups import CELL, Groups, chained, grouped, part_of

_REST = 32_768
"""Points that are sorted anew with every new one; more of them are moved to the head."""


class Halves(NamedTuple):
    """One array in two pieces: a long one that stays, and a short one that is made anew while a run grows."""

    head: Floats
    rest: Floats

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.head) + len(self.rest)

    def cut(self, start: int, stop: int) -> Floats:
        """Return the values from `start` to before `stop`."""
        middle = len(self.head)
        if stop <= middle:
            return self.head[start:stop]
        if start >= middle:
            return self.rest[start - middle : stop - middle]
        return np.concatenate((self.head[start:], self.rest[: stop - middle]))

    def take(self, points: Integers) -> Floats:
        """Return the values at `points`."""
        middle = len(self.head)
        found = np.empty(len(points))
        late = points >= middle
        found[late], found[~late] = self.rest[points[late] - middle], self.head[points[~late]]
        return found

    def place(self, values: Floats, side: Literal["left", "right"] = "left") -> Integers:
        """Return where `values` belong in rising values."""
        at = np.searchsorted(self.head, values, side)
        late = at == len(self.head)
        at[late] += np.searchsorted(self.rest, values[late], side)
        return at


class SortedPoints:
    """The sorted points of one metric of a growing run; what was handed out stays as it is.

    A run that was resumed repeats some steps and then goes on beyond them: only what it repeats is sorted again.
    """

    def __init__(self, *, distinct: bool) -> None:
        nothing = np.empty(0)
        self.taken = 0
        self.lock = threading.Lock()
        self._distinct = distinct
        self._room = Halves(nothing, nothing)  # x and y of the head, with room behind it
        self._filled = 0
        self._head = 0
        self._rest = Halves(nothing, nothing)  # x and y of the rest
        self._groups = grouped(nothing, 0)

    @property
    def nbytes(self) -> int:
        """About the bytes of memory they take."""
        return 2 * (self._room.head.nbytes + self._rest.head.nbytes) + 40 * len(self._groups.starts)

    def view(self) -> tuple[Halves, Halves, Groups]:
        """Return x, y and the summaries of y."""
        (x, y), (rest_x, rest_y), head = self._room, self._rest, self._head
        return Halves(x[:head], rest_x), Halves(y[:head], rest_y), self._groups

    def take(self, x: Floats, y: Floats) -> None:
        """Add points that were logged after all those taken so far."""
        self.taken += len(x)
        known = x[np.isfinite(x)]
        if not len(known):
            return
        head = self._head
        keep = int(np.searchsorted(self._room.head[:head], known.min(), side="left"))
        pieces = zip(self._room, self._rest, (x, y), strict=True)
        self._rest = Halves(
            *ordered(
                *(np.concatenate((old[keep:head], rest, new)) for old, rest, new in pieces), distinct=self._distinct
            )
        )
        self._head = keep
        if len(self._rest.head) > _REST:
            self._move()
        self._summarise(min(keep, head))

    def _move(self) -> None:
        """Append the rest to the head; where older views look at what is behind it, in another place."""
        head, needed = self._head, self._head + len(self._rest.head)
        if self._filled > head or needed > len(self._room.head):
            room = Halves(np.empty(needed + needed // 4), np.empty(needed + needed // 4))
            for fresh, old in zip(room, self._room, strict=True):
                fresh[:head] = old[:head]
            self._room = room
        for array, rest in zip(self._room, self._rest, strict=True):
            array[head:needed] = rest
        self._head = self._filled = needed
        self._rest = Halves(np.empty(0), np.empty(0))

    def _summarise(self, unchanged: int) -> None:
        _, y, _ = self.view()
        begin = min(unchanged, y.size) // CELL * CELL
        whole = int(np.searchsorted(self._groups.starts, begin))
        self._groups = chained([part_of(self._groups, slice(0, whole)), grouped(y.cut(begin, y.size), begin)])
