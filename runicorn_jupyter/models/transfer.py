"""What moving runs in and out of a root comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Resolution = Literal["skip", "rename", "replace"]
"""What becomes of a run of an archive whose id the root has already."""

RESOLUTIONS: tuple[Resolution, ...] = ("skip", "rename", "replace")


ARCHIVE_KINDS = ("zip", "tar.gz")
"""The forms of an archive of runs."""

DATA_FORMATS = ("json", "csv", "excel", "parquet", "tensorboard")
"""The files that every point of a run can be written to."""

REPORT_FORMATS = ("markdown", "html")
"""The forms of a report about a run."""


class Progress(NamedTuple):
    """How far a long work is: bytes, `total` 0 while that is not known, and what is being done."""

    what: str
    done: int
    total: int


OnProgress = Callable[[Progress], None]
"""Told now and then, from the thread that works; what it raises ends the work and undoes it."""


@dataclass(frozen=True, slots=True)
class ArchivedRun:
    """One run of an archive, and what becomes of it in this root.

    ``place`` is where it goes, relative to the root. ``outcome`` is ``import``, ``skip``, ``rename`` or ``replace`` in
    a preview, and ``imported``, ``skipped``, ``renamed`` or ``replaced`` after it. ``conflict`` says what of this id is
    there already, ``new_id`` the id it got when renamed.
    """

    id: str
    place: str
    files: int
    size: int
    outcome: str
    conflict: str | None = None
    new_id: str | None = None

    def item(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "id": self.id,
            "place": self.place,
            "files": self.files,
            "size_bytes": self.size,
            "outcome": self.outcome,
            "conflict": self.conflict,
            "new_id": self.new_id,
        }


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an archive holds, or what its import did: its runs, kept files beside them, and what was passed over."""

    runs: tuple[ArchivedRun, ...]
    kept_files: int
    passed_over: int
    deleted_runs: int = 0

    @property
    def taken(self) -> tuple[ArchivedRun, ...]:
        """The runs that are (or would be) new in the root."""
        return tuple(run for run in self.runs if run.outcome not in {"skip", "skipped"})

    @property
    def conflicts(self) -> tuple[ArchivedRun, ...]:
        """The runs whose id was there already."""
        return tuple(run for run in self.runs if run.conflict is not None)

    def item(self) -> dict[str, Any]:
        """Return the wire form; upstream's names for it come first."""
        conflicts = sorted(run.id for run in self.conflicts)
        return {
            "runs": [run.item() for run in self.runs],
            "total_runs": len(self.runs),
            "total_files": sum(run.files for run in self.runs) + self.kept_files,
            "total_bytes": sum(run.size for run in self.runs),
            "conflict_count": len(conflicts),
            "conflict_run_ids": conflicts,
            "kept_files": self.kept_files,
            "passed_over": self.passed_over,
            "deleted_runs": self.deleted_runs,
        }
