"""The tree of paths under which runs lie (contract X24, X25, X35): list, count, make, move, delete.

A 0.6+ run lies under its path, a 0.5 run under ``project/name``. Deleting puts runs into the one recycle bin; moving
is one rename per run, and neither ever covers what is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from runicorn_jupyter.errors import BadRequest, Conflict, RunicornError, RunNotFound
from runicorn_jupyter.models import LIVE_STATES, RunFilter, RunRecord
from runicorn_jupyter.paths import open_folder, safe_name, split_path
from runicorn_jupyter.store.bin import deletion
from runicorn_jupyter.store.bin.recycle import BATCH
from runicorn_jupyter.store.edits.edits import Edits, refused
from runicorn_jupyter.store.store import Store

PATH_LIMIT = 200
DEPTH = 16
_PATH = "coalesce(json_extract(record, '$.path'), project || '/' || name)"
_COUNTS = f"SELECT {_PATH}, status, count(*) FROM run WHERE deleted = 0 GROUP BY 1, 2"  # noqa: S608 - own names
_DIRECTORIES = "SELECT directory FROM run WHERE directory >= 'runs/' AND directory < 'runs0'"
_TAKEN = frozenset({"archive", "artifacts", "runs", "webui"})
_COUNTED = ("running", "finished", "failed")


class RunTree:
    """Answers about the paths of one store, and changes them."""

    @staticmethod
    def query(path: str | None, *, exact: bool) -> str | None:
        """Return the query that finds the runs at `path`, and below it unless `exact`.

        Without a path these are all runs, or, `exact`, those that lie at none.
        """
        if path is None or not path.strip("/"):
            return 'path == ""' if exact else None
        return query_of(path, exact=exact)

    @staticmethod
    def nested(paths: Iterable[str]) -> dict[str, Any]:
        """Return paths as nested objects: ``{"cv": {"yolo": {}}}``."""
        return tree_of(paths)

    def __init__(self, store: Store, edits: Edits) -> None:
        self._store = store
        self._edits = edits

    def counts(self) -> dict[str, dict[str, int]]:
        """Return for each path the runs at it and below: total, running, finished, failed.

        Empty folders are there with zeros. Runs that lie at no path count under ``""``, which is nobody's ancestor.
        """
        found: dict[str, dict[str, int]] = {}
        for path, status, count in self._store.index.select(_COUNTS):
            for place in _ancestors(path):
                one = found.setdefault(place, dict.fromkeys(("total", *_COUNTED), 0))
                one["total"] += count
                if status in _COUNTED:
                    one[status] += count
        for path in self._empty_folders():
            found.setdefault(path, dict.fromkeys(("total", *_COUNTED), 0))
        return dict(sorted(found.items()))

    def create(self, path: str) -> str:
        """Make an empty folder for runs to come and return its path.

        Raises
        ------
        BadRequest
            The path is empty, too long or not safe.
        Conflict
            There are runs or a folder already.
        """
        wanted = checked_path(path)
        if os.path.lexists(self._store.root / "runs" / wanted) or wanted in self.counts():
            raise Conflict(f"The path {wanted} exists already.")
        try:
            with deletion.folder(self._store.root, f"runs/{wanted}", make=True):
                return wanted
        except OSError as error:
            raise refused(error) from error

    def delete(self, path: str, *, exact: bool) -> tuple[int, list[str]]:
        """Put the runs at `path`, and below it unless `exact`, into the bin; return how many, and why not the others.

        Raises
        ------
        BadRequest
            The path is empty: that would be the whole root.
        """
        if not path.strip("/"):
            raise BadRequest("path is required.")
        runs = self._runs(path, exact=exact)
        done, errors = 0, list[str]()
        for begin in range(0, len(runs), BATCH):
            some = runs[begin : begin + BATCH]
            outcome = self._store.bin.delete(
                [run.id for run in some], reason="path_batch_delete", paths=[run.run_dir for run in some]
            )
            done += outcome.done
            errors += [f"{run_id}: {error}" for run_id, error in outcome.errors.items() if error is not None]
        if not exact:
            self._tidy(path.strip("/"))
        return done, errors

    def move(self, run_ids: Sequence[str], target: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """Move runs to the path `target`; return what was moved from where to where, and what failed and why.

        Raises
        ------
        BadRequest
            The target is not safe.
        """
        wanted = checked_path(target)
        moved, failed, touched = list[dict[str, str]](), list[dict[str, str]](), set[str]()
        for run_id in dict.fromkeys(run_ids):
            try:
                run = self._store.run(run_id)
                places = self._carry(run, wanted)
            except RunicornError as error:
                failed.append({"run_id": run_id, "error": str(error)})
                continue
            touched.update(places)
            moved.append({"run_id": run_id, "old_path": path_of(run), "new_path": wanted})
        if touched:
            self._store.refresher.reread(touched)
        return moved, failed

    def _runs(self, path: str, *, exact: bool) -> list[RunRecord]:
        return list(self._store.runs(RunFilter(query=query_of(path, exact=exact))).runs)

    def _carry(self, run: RunRecord, target: str) -> tuple[str, str]:
        """Rename the directory of a run; return where it was and where it is, relative to the root."""
        if run.state in LIVE_STATES:
            raise Conflict("run is running")
        directory = str(Path(run.run_dir).relative_to(self._store.root))
        if directory.startswith("runs/"):
            place = f"runs/{target}/{run.id}"
        else:
            project, name = split_path(target)
            if project in _TAKEN:
                raise BadRequest(f"A run of the 0.5 layout cannot lie below {project}: that folder has another use.")
            place = f"{project}/{name}/runs/{run.id}"
        try:
            deletion.bring_back(self._store.root, directory, place)
            if run.path is not None and not directory.startswith("runs/"):
                self._edits.set_path(run, target)
        except RunNotFound:
            raise RunNotFound(deletion.NOT_FOUND) from None
        except OSError as error:
            raise refused(error) from error
        return directory, place

    def _empty_folders(self) -> Iterator[str]:
        """Yield the folders below ROOT/runs that hold nothing; runs that the index knows are not looked into."""
        base, root = str(self._store.root / "runs"), str(self._store.root)
        runs = {directory for (directory,) in self._store.index.select(_DIRECTORIES)}
        for folder, folders, files in os.walk(base):
            place = folder.removeprefix(f"{root}/")
            inside = [name for name in folders if not name.startswith(".")]
            folders[:] = [name for name in inside if f"{place}/{name}" not in runs]
            if "meta.json" in files or "status.json" in files or place.count("/") > DEPTH:
                folders.clear()
            elif place != "runs" and not inside and not files:
                yield place.removeprefix("runs/")

    def _tidy(self, path: str) -> None:
        """Remove the folders that a deletion left empty, deepest first."""
        base = self._store.root / "runs" / path
        for folder, _, _ in os.walk(base, topdown=False):
            parent, _, name = str(Path(folder).relative_to(self._store.root)).rpartition("/")
            with suppress(OSError):
                fd = open_folder(self._store.root, parent)
                try:
                    os.rmdir(name, dir_fd=fd)
                finally:
                    os.close(fd)


def path_of(run: RunRecord) -> str:
    """Return the path of a run, ``project/name`` for one that has none."""
    return f"{run.project}/{run.name}" if run.path is None else run.path


def query_of(path: str, *, exact: bool) -> str:
    """Return the query that finds the runs at `path`, and below it unless `exact`."""
    wanted = path.strip("/")
    terms = [f"path == {_quoted(wanted)}"]
    project, _, name = wanted.partition("/")
    if name:
        terms.append(f"(path is null and project == {_quoted(project)} and name == {_quoted(name)})")
    if not exact:
        # Text is ordered by code points: "0" comes right after "/".
        terms.append(f"(path >= {_quoted(wanted + '/')} and path < {_quoted(wanted + '0')})")
        if wanted and not name:
            terms.append(f"(path is null and project == {_quoted(project)})")
    return " or ".join(terms)


def tree_of(paths: Iterable[str]) -> dict[str, Any]:
    """Return paths as nested objects: ``{"cv": {"yolo": {}}}``."""
    tree: dict[str, Any] = {}
    for path in paths:
        held = tree
        for part in path.split("/") if path else ():
            held = held.setdefault(part, {})
    return tree


def checked_path(path: str) -> str:
    """Return `path` without slashes at its ends, if runs may be put under it.

    Raises
    ------
    BadRequest
        It is empty, longer than 200 characters, too deep, or a part of it is no safe name.
    """
    wanted = path.strip().strip("/")
    if not wanted:
        raise BadRequest("path is required.")
    parts = wanted.split("/")
    if len(wanted) > PATH_LIMIT or len(parts) > DEPTH:
        raise BadRequest(f"A path has at most {PATH_LIMIT} characters and {DEPTH} parts.")
    return "/".join(safe_name(part, "path") for part in parts)


def _ancestors(path: str) -> Iterator[str]:
    parts = path.split("/")
    yield from ("/".join(parts[:length]) for length in range(1, len(parts) + 1))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
