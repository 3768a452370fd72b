"""Lists of runs: what is asked for, a page of it, its facets, and what changed since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict

from runicorn_jupyter.models.runs import RunRecord


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs a list is about; an empty filter is all of them. Conditions join with *and*."""

    project: str | None = None
    name: str | None = None
    status: str | None = None
    """One of the status or state words, or several joined by commas."""
    text: str | None = None
    """A case-insensitive substring of id, project, name, alias or a tag."""
    ids: tuple[str, ...] | None = None
    query: str | None = None
    """A condition in the query language (docs/query.md), such as ``lr < 1e-2 and acc.max > 0.9``."""


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of a list, and whether it tells the whole truth yet.

    ``complete`` is false while the first walk over the root is under way; ``pending`` runs are then still unread.
    When ``total_is_capped``, there are at least ``total`` runs. ``cursor`` is where the next page begins, None at the
    end and in a list without limit.
    """

    runs: tuple[RunRecord, ...]
    total: int
    version: int
    complete: bool = True
    pending: int = 0
    total_is_capped: bool = False
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ItemPage:
    """The same page with each run as the JSON text of its list item, to be sent as it is."""

    items: tuple[bytes, ...]
    total: int
    version: int
    complete: bool = True
    pending: int = 0
    total_is_capped: bool = False
    cursor: str | None = None

    @property
    def mark(self) -> str:
        """A text that stays the same while the whole list does."""
        return list_mark(self.version, self.complete, self.pending)

    def body(self) -> bytes:
        """Return the JSON list."""
        return b"".join(self.pieces())

    def pieces(self, size: int = 1000) -> Iterator[bytes]:
        """Yield the JSON list in pieces of `size` items, for a list too long to be held twice."""
        for start in range(0, max(len(self.items), 1), size):
            yield (b"," if start else b"[") + b",".join(self.items[start : start + size])
        yield b"]"


@dataclass(frozen=True, slots=True)
class Facet:
    """Which values the runs of a list have under one key, and how many runs have each.

    ``values`` are the most frequent ones; ``rest`` runs have one of ``more`` further values, and ``missing`` runs have
    none. When there are too many different numbers for that, none of them is in ``values``, their runs are in ``rest``
    too, and ``low`` and ``high`` say how far they reach.
    A run counts once for each of its tags; else the counts add up to the runs of the list.
    """

    key: str
    values: tuple[tuple[str | float, int], ...]
    more: int = 0
    rest: int = 0
    missing: int = 0
    low: float | None = None
    high: float | None = None

    def wire(self) -> FacetBody:
        """Return the JSON form."""
        return {
            "key": self.key,
            "values": [{"value": value, "count": count} for value, count in self.values],
            "more": self.more,
            "rest": self.rest,
            "missing": self.missing,
            "min": self.low,
            "max": self.high,
        }


class FacetValue(TypedDict):
    """One value and how many runs have it."""

    value: str | float
    count: int


class FacetBody(TypedDict):
    """A facet as it goes over the wire."""

    key: str
    values: list[FacetValue]
    more: int
    rest: int
    missing: int
    min: float | None
    max: float | None


class FacetsBody(TypedDict):
    """The facets of a list as they go over the wire."""

    facets: list[FacetBody]
    total: int
    total_is_capped: bool


@dataclass(frozen=True, slots=True)
class Facets:
    """The facets of a list, and how long and how whole that list is (see ``RunPage``)."""

    facets: tuple[Facet, ...]
    total: int
    version: int
    complete: bool = True
    pending: int = 0
    total_is_capped: bool = False

    @property
    def mark(self) -> str:
        """A text that stays the same while the whole list does."""
        return list_mark(self.version, self.complete, self.pending)


def list_mark(version: int, complete: bool, pending: int) -> str:
    """Return a text that stays the same while every list of a root does, and what is said of its wholeness."""
    return f"{version:x}.{pending:x}{'' if complete else '+'}"


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after a version of the index: ids to read again, ids that are gone.

    ``all`` says that the version asked for is not known: what is not listed under ``changed`` is gone, too.
    ``complete`` and ``pending`` are those of a page of runs.
    """

    version: int
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    all: bool = False
    complete: bool = True
    pending: int = 0
