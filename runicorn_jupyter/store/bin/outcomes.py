"""What the recycle bin answers: its entries, and what a request about several runs came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class DeletedRun:
    """One entry of the recycle bin.

    ``run_dir`` is where its files are now, ``place`` where a restore puts them, relative to the root. ``deleted_at`` is
    None when the marker does not say. ``problem`` says what stands in the way of a restore, if anything.
    """

    id: str
    project: str
    name: str
    run_dir: str
    place: str
    created_at: float | None = None
    deleted_at: float | None = None
    reason: str = "unknown"
    original_status: str = "unknown"
    problem: str = ""

    def item(self) -> dict[str, Any]:
        """Return the documented entry (contract R4) and our own fields after it."""
        return {
            "id": self.id,
            "project": self.project,
            "name": self.name,
            "created_time": self.created_at,
            "deleted_at": self.deleted_at,
            "delete_reason": self.reason,
            "original_status": self.original_status,
            "run_dir": self.run_dir,
            "place": self.place,
            "problem": self.problem,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request about several runs came to: how many it was `done` to, and per id why not (None when it was)."""

    done: int
    errors: Mapping[str, str | None] = field(default_factory=dict)

    def results(self) -> dict[str, dict[str, Any]]:
        """Return ``{id: {"success": bool, "error"?: str}}`` as the contract has it (R3, R5)."""
        return {
            run_id: {"success": True} if error is None else {"success": False, "error": error}
            for run_id, error in self.errors.items()
        }


@dataclass(frozen=True, slots=True)
class Removal(Outcome):
    """What a removal for good came to, and the bytes it freed (or would free) per id."""

    freed: Mapping[str, int] = field(default_factory=dict)
