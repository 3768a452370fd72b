"""Taking the runs of an archive into a root: looked through, unpacked aside, then each put in place by one rename.

Whatever goes wrong before the last rename leaves the root as it was (security F19–F26).
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections import defaultdict
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runicorn_jupyter.errors import DiskFull, Forbidden
from runicorn_jupyter.models import ArchivedRun, ImportReport, OnProgress, Resolution
from runicorn_jupyter.store.bin.deletion import BIN, MARKER
from runicorn_jupyter.store.edits.overlay import FOLDER as EDITS
from runicorn_jupyter.store.edits.overlay import edit_file
from runicorn_jupyter.store.runs.layout import Walker
from runicorn_jupyter.store.transfer.caps import Caps
from runicorn_jupyter.store.transfer.contents import Contents, look_through, open_archive
from runicorn_jupyter.store.transfer.placing import Placing, give_id
from runicorn_jupyter.store.transfer.staging import Staging
from runicorn_jupyter.store.transfer.unpacking import unpack

if TYPE_CHECKING:
    from collections.abc import Iterator

_STAMPED = re.compile(r"(\d{8}_\d{6})_[0-9a-f]{6}")
_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_SPARE = 16 * 1024**2


class Known:
    """Where the root has which ids, as the disk says now."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.places: dict[str, list[str]] = defaultdict(list)
        walker = Walker(root)
        walker.poll()
        for place in walker.places():
            self.places[place.directory.rpartition("/")[2]].append(place.directory)
        self.binned: set[str] = set()
        with suppress(OSError):
            self.binned = set(os.listdir(root / BIN))  # noqa: PTH208 - names are all that is asked

    def conflict(self, run_id: str, place: str) -> str | None:
        """Return the sentence about what has this id or this place already, None when nothing has."""
        for known in self.places.get(run_id, ()):
            if (self.root / known / MARKER).exists():
                return f"a run of this id is in the recycle bin, from {known}"
            return f"a run of this id is at {known}"
        if run_id in self.binned:
            return "a run of this id is in the recycle bin"
        return f"something is at {place} already" if os.path.lexists(self.root / place) else None

    def in_the_way(self, run: ArchivedRun) -> list[str]:
        """Return what has to leave before `run` replaces it: its living namesakes, and whatever is at its place."""
        living = {place for place in self.places.get(run.id, ()) if not (self.root / place / MARKER).exists()}
        return sorted(living | ({run.place} if os.path.lexists(self.root / run.place) else set()))

    def fresh(self, run_id: str) -> str:
        """Return an id that the root does not have, as like `run_id` as can be."""
        match = _STAMPED.fullmatch(run_id)
        while True:
            made = f"{match[1] if match else run_id[:200]}_{secrets.token_hex(3)}"
            if made not in self.places and made not in self.binned:
                self.places[made].append("")
                return made


def preview(root: Path, path: Path, resolution: Resolution, caps: Caps, progress: OnProgress | None) -> ImportReport:
    """Return what an import of the archive at `path` would do; nothing is written."""
    archive = open_archive(path, caps)
    try:
        contents = look_through(archive, path.stat().st_size, progress)
    finally:
        archive.close()
    return _plan(Known(root), contents, resolution)


def take_in(
    root: Path,
    path: Path,
    resolution: Resolution,
    caps: Caps,
    progress: OnProgress | None,
    told: Callable[[set[str]], None],
) -> ImportReport:
    """Import the archive at `path`.

    Parameters
    ----------
    root, path : Path
        The storage root and the archive.
    resolution : {"skip", "rename", "replace"}
        What becomes of a run whose id is there already.
    caps : Caps
        How much the archive may hold.
    progress : callable, optional
        Told how far it is; what it raises ends the import.
    told : callable
        Given the places of the root that changed.

    Raises
    ------
    BadArchive, TooLarge
        The archive is refused as a whole.
    Conflict
        A run that would be replaced is running, or somebody put a run of that id there meanwhile.
    DiskFull, Forbidden
        The disk does not take it. In all these cases the root is as it was.
    """
    archive = open_archive(path, caps)
    try:
        contents = look_through(archive, path.stat().st_size, progress)
        with plainly(), Staging(root) as staging:
            _check_room(root, contents.size)
            known = Known(root)
            plan = _plan(known, contents, resolution)
            wanted = {run.place if run.new_id is None else _original(run) for run in plan.taken}
            stage = staging.path / "root"
            unpack(archive, contents, wanted, stage, progress)
            return _put(known, stage, plan, told)
    finally:
        archive.close()


def _put(known: Known, stage: Path, plan: ImportReport, told: Callable[[set[str]], None]) -> ImportReport:
    placing = Placing(known.root)
    done = []
    try:
        for run in plan.runs:
            source = stage / _original(run)
            if run.outcome == "rename":
                assert run.new_id is not None
                give_id(source, run.new_id)
            if run.outcome == "replace":
                for place in known.in_the_way(run):
                    placing.set_aside(place)
            if run.outcome != "skip":
                placing.put(source, run.place)
            done.append(replace(run, outcome=_DONE[run.outcome]))
        for file, place in _kept(stage, plan):
            placing.keep(file, place)
    except BaseException:
        placing.undo()
        raise
    told(placing.touched)
    return replace(plan, runs=tuple(done))


_DONE = {"import": "imported", "skip": "skipped", "rename": "renamed", "replace": "replaced"}
_KINDS = ("blobs", "manifests", "outputs")


def _kept(stage: Path, plan: ImportReport) -> Iterator[tuple[Path, str]]:
    """Yield the unpacked files that are no run's own, and where each goes."""
    for kind in _KINDS:
        for file in sorted((stage / "archive" / kind).rglob("*")):
            if file.is_file():
                yield file, file.relative_to(stage).as_posix()
    for run in plan.taken:
        edit = stage / EDITS / edit_file(run.id)
        if edit.is_file():
            yield edit, f"{EDITS}/{edit_file(run.new_id or run.id)}"


def _plan(known: Known, contents: Contents, resolution: Resolution) -> ImportReport:
    """Return what becomes of each run; two of one id in the archive count as a conflict as well."""
    runs: list[ArchivedRun] = []
    for held in contents.runs.values():
        conflict = known.conflict(held.id, held.place)
        outcome: str = "import" if conflict is None else resolution
        if outcome == "replace" and any(run.id == held.id for run in runs):
            outcome, conflict = "skip", f"{conflict}; the archive has it twice"
        run = ArchivedRun(held.id, held.place, held.files, held.size, outcome, conflict)
        if outcome == "rename":
            new_id = known.fresh(held.id)
            run = replace(run, place=f"{held.place.rpartition('/')[0]}/{new_id}", new_id=new_id)
        elif outcome == "import":
            known.places[held.id].append(held.place)
        runs.append(run)
    return ImportReport(tuple(runs), contents.kept, contents.passed_over, contents.deleted)


def _original(run: ArchivedRun) -> str:
    return run.place if run.new_id is None else f"{run.place.rpartition('/')[0]}/{run.id}"


def _check_room(root: Path, size: int) -> None:
    free = shutil.disk_usage(root).free
    if size + _SPARE > free:
        raise DiskFull(
            f"The runs need {size / 1024**2:.0f} MiB; the disk of the storage root has {free / 1024**2:.0f} MiB left."
        )


@contextmanager
def plainly() -> Iterator[None]:
    """Say what the disk refused in a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull("The disk of the storage root is full; nothing was imported.") from error
        if error.errno in _REFUSED:
            raise Forbidden("This account may not write into the storage root; nothing was imported.") from error
        if error.errno in {errno.ENOTDIR, errno.ELOOP}:
            raise Forbidden("A link or a file of the storage root stands in the way; nothing was imported.") from error
        raise
