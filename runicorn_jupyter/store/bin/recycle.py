"""The recycle bin of a root: delete, list, restore, empty. Every route, the command line and Python come here.

A 0.5 run is deleted by a marker inside it, a 0.6+ run is moved to ``runs/.recycle`` as well (D35); one bin lists both.
What the index says is only where to look: each step asks the files, so a late index cannot delete or restore wrongly.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from runicorn_jupyter.errors import AmbiguousRun, BadRequest, Conflict, RunNotFound, UnsafeName
from runicorn_jupyter.models import LIVE_STATES
from runicorn_jupyter.paths import open_folder, plain_component
from runicorn_jupyter.store.bin import deletion, trash
from runicorn_jupyter.store.bin.binlist import entries
from runicorn_jupyter.store.bin.outcomes import DeletedRun, Outcome, Removal
from runicorn_jupyter.store.edits.overlay import drop_edit
from runicorn_jupyter.store.index.index import Index
from runicorn_jupyter.store.refresh.refresher import Refresher
from runicorn_jupyter.store.runs.facts import RunFacts, read_facts
from runicorn_jupyter.store.runs.layout import place_of
from runicorn_jupyter.store.runs.liveness import judge

BATCH = 100
"""Runs that one request may name (contract R3, R5)."""


class RecycleBin:
    """Deletes and restores runs of one root, and tells its index at once.

    Parameters
    ----------
    root : Path
        The storage root.
    index : Index
        Where runs are looked up.
    refresher : Refresher
        What takes the change into the index.
    """

    def __init__(self, root: Path, index: Index, refresher: Refresher) -> None:
        self._root = root
        self._index = index
        self._refresher = refresher

    def delete(
        self, run_ids: Sequence[str], *, reason: str, force: bool = False, paths: Collection[str] = ()
    ) -> Outcome:
        """Put runs into the bin; one that cannot be is told in its own sentence and does not hold up the others.

        Parameters
        ----------
        run_ids : sequence of str
            At most 100, looked up whatever they look like.
        reason : str
            Kept in the marker.
        force : bool
            Delete what is still running, too.
        paths : collection of str
            Directories, absolute or relative to the root: which one is meant where several runs have one id (D7).

        Raises
        ------
        BadRequest
            No list, too many, or an id that cannot be a folder's name.
        """
        ids = checked(run_ids, "delete")
        found = self._look_up(ids, "NOT deleted")
        wanted = self._relative(paths)
        touched: set[str] = set()

        def delete_one(run_id: str) -> None:
            directory = one_of(run_id, [place for place in found.get(run_id, ()) if _meant(wanted, run_id, place)])
            touched.add(directory)
            self._delete(directory, reason, force=force)

        return self._each(ids, delete_one, touched)

    def entries(self) -> tuple[DeletedRun, ...]:
        """Return what is in the bin, the latest deleted first; what has no known date comes last."""
        known = [directory for (directory,) in self._index.select("SELECT directory FROM run WHERE deleted")]
        return entries(self._root, known)

    def restore(self, run_ids: Sequence[str], *, paths: Collection[str] = ()) -> Outcome:
        """Put runs back where they were; parameters, errors and answer as for `delete`."""
        ids = checked(run_ids, "restore")
        living = self._look_up(ids, "NOT deleted")
        held = self.entries()
        wanted = self._relative(paths)
        touched: set[str] = set()

        def restore_one(run_id: str) -> None:
            mine = [entry for entry in held if entry.id == run_id]
            if not mine:
                raise RunNotFound(deletion.NOT_DELETED if living.get(run_id) else deletion.NOT_FOUND)
            directories = {self._directory(entry): entry for entry in mine}
            meant = [place for place in directories if _meant(wanted, run_id, place)]
            if not meant:  # named by the place it came from, which is all that its owner may remember
                meant = [place for place, entry in directories.items() if entry.place in wanted]
            directory = one_of(run_id, meant)
            entry = directories[directory]
            if entry.problem:
                raise Conflict(entry.problem)
            touched.update((directory, entry.place))
            if directory == entry.place:
                deletion.unmark(self._root, directory)
            else:
                deletion.bring_back(self._root, directory, entry.place)

        return self._each(ids, restore_one, touched)

    def empty(self) -> Outcome:
        """Remove everything in the bin for good; what an earlier emptying left half done is finished first."""
        resumed = 0
        with suppress(OSError):  # what stands in its way stands in the way of each run, and is told there
            resumed = trash.resume(self._root)
        errors: dict[str, str | None] = {}
        done, touched = 0, set()
        for entry in self.entries():
            directory = self._directory(entry)
            touched.add(directory)
            try:
                trash.discard(self._root, directory)
                errors.setdefault(entry.id, None)
                done += 1
            except RunNotFound:
                continue  # another process removed or restored it
            except OSError as error:
                errors[entry.id] = deletion.sentence(error)
        self._refresher.reread(touched)
        self._forget(run_id for run_id, error in errors.items() if error is None)
        return Outcome(done + resumed, errors)

    def remove(self, run_ids: Sequence[str], *, dry_run: bool, paths: Collection[str] = ()) -> Removal:
        """Remove runs for good, whether they are in the bin or not; one that is running is refused.

        Parameters
        ----------
        run_ids, paths
            As for `delete`.
        dry_run : bool
            Only say what would be done; nothing changes.
        """
        ids = checked(run_ids, "delete")
        living = self._look_up(ids, "NOT deleted")
        held = self.entries()
        wanted = self._relative(paths)
        touched: set[str] = set()
        freed: dict[str, int] = {}

        def remove_one(run_id: str) -> None:
            binned = [self._directory(entry) for entry in held if entry.id == run_id]
            places = [*living.get(run_id, ()), *binned]
            directory = one_of(run_id, [place for place in places if _meant(wanted, run_id, place)])
            if directory not in binned:
                self._living(directory, force=False)
            freed[run_id] = trash.weight(self._root, directory)
            if dry_run:
                return
            touched.add(directory)
            if directory not in binned:
                self._delete(directory, "user_deleted", force=False, move=False)
            trash.discard(self._root, directory)

        outcome = self._each(ids, remove_one, touched)
        gone = {run_id: size for run_id, size in freed.items() if outcome.errors[run_id] is None}
        if not dry_run:
            self._forget(gone)
        return Removal(outcome.done, outcome.errors, gone)

    def _forget(self, run_ids: Iterable[str]) -> None:
        """Drop what people said of runs that are gone for good, unless another run has the same id."""
        for run_id in run_ids:
            if not self._index.select("SELECT 1 FROM run WHERE id = ?", (run_id,)):
                drop_edit(self._root, run_id)

    def _delete(self, directory: str, reason: str, *, force: bool, move: bool = True) -> None:
        facts = self._living(directory, force=force)
        path = facts.path if move and facts.place.path is not None else None
        deletion.mark(self._root, directory, reason=reason, status=facts.vitals.status, path=path)

    def _living(self, directory: str, *, force: bool) -> RunFacts:
        """Return the facts of a run that may be deleted."""
        try:
            os.close(open_folder(self._root, directory))
        except (FileNotFoundError, NotADirectoryError):
            raise RunNotFound(deletion.NOT_FOUND) from None
        facts = read_facts(self._root, place_of(directory))
        if facts is None:
            raise RunNotFound(deletion.NOT_FOUND)
        if not force and judge(facts.vitals, time.time()).state in LIVE_STATES:
            raise Conflict("run is running")
        return facts

    def _each(self, ids: Sequence[str], act: Callable[[str], None], touched: set[str]) -> Outcome:
        errors: dict[str, str | None] = {}
        for run_id in ids:
            try:
                act(run_id)
                errors[run_id] = None
            except Exception as error:  # noqa: BLE001 - `sentence` raises again what it does not know
                errors[run_id] = deletion.sentence(error)
        self._refresher.reread({directory for directory in touched if not directory.startswith(deletion.BIN)})
        return Outcome(sum(error is None for error in errors.values()), errors)

    def _look_up(self, ids: Sequence[str], which: str) -> dict[str, list[str]]:
        """Return the directories of the runs with these ids, after a look at the disk where the index may be late."""
        marks = ", ".join("?" * len(ids))
        known = f"SELECT id, directory FROM run WHERE id IN ({marks})"  # noqa: S608 - only marks
        found = self._index.select(known, ids)
        self._refresher.reread({directory for _, directory in found})
        if {run_id for run_id, _ in found} != set(ids):
            self._refresher.catch_up()
        places: dict[str, list[str]] = {}
        for run_id, directory in self._index.select(f"{known} AND {which}", ids):
            places.setdefault(run_id, []).append(directory)
        return places

    def _directory(self, entry: DeletedRun) -> str:
        return entry.run_dir.removeprefix(f"{self._root}/")

    def _relative(self, paths: Collection[str]) -> set[str]:
        return {path.removeprefix(f"{self._root}/").strip("/") for path in paths}


def checked(run_ids: object, verb: str) -> list[str]:
    """Return the ids of a request, each once.

    Raises
    ------
    BadRequest
        In the documented words: no list, an empty one, over 100, or an id that cannot be a folder's name.
    """
    if not isinstance(run_ids, (list, tuple)) or not run_ids:
        raise BadRequest("run_ids is required and must be a list")
    if len(run_ids) > BATCH:
        raise BadRequest(f"Cannot {verb} more than {BATCH} runs at once")
    for run_id in run_ids:
        if not isinstance(run_id, str) or not _sendable(run_id) or not plain_component(run_id):
            raise UnsafeName(f"Invalid run_id format: {str(run_id)[:100]}")
    return list(dict.fromkeys(run_ids))


def one_of(run_id: str, places: Sequence[str]) -> str:
    """Return the only one of `places`.

    Raises
    ------
    RunNotFound
        There is none.
    AmbiguousRun
        There are several; the sentence lists them.
    """
    if not places:
        raise RunNotFound(deletion.NOT_FOUND)
    if len(places) > 1:
        listed = ", ".join(sorted(places))
        raise AmbiguousRun(f"{len(places)} runs have the id {run_id}: {listed}. Say which with paths")
    return places[0]


def _meant(wanted: Collection[str], run_id: str, directory: str) -> bool:
    """Tell whether `directory` is meant: no path is given for this id, or this one."""
    named = [path for path in wanted if path.rpartition("/")[2] == run_id]
    return not named or directory in named


def _sendable(text: str) -> bool:
    return text.isprintable() and not any("\ud800" <= character <= "\udfff" for character in text)
