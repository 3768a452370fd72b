"""Putting unpacked runs into a root, each by one rename, and taking all of it back when one does not go."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from runicorn_jupyter.errors import Conflict
from runicorn_jupyter.models import LIVE_STATES
from runicorn_jupyter.paths import write_atomically
from runicorn_jupyter.store.bin import deletion
from runicorn_jupyter.store.bin.deletion import MARKER, folder
from runicorn_jupyter.store.edits.overlay import FOLDER as EDITS
from runicorn_jupyter.store.edits.overlay import edit_file
from runicorn_jupyter.store.runs.facts import read_facts
from runicorn_jupyter.store.runs.layout import place_of
from runicorn_jupyter.store.runs.liveness import judge

_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR}
REASON = "replaced_by_import"


class Placing:
    """What one import has put into the root so far; used as a context that undoes it when left by an exception.

    Parameters
    ----------
    root : Path
        The storage root.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._undo: list[Callable[[], object]] = []
        self.touched: set[str] = set()

    def undo(self) -> None:
        """Take back everything, the latest first."""
        while self._undo:
            with suppress(OSError):
                self._undo.pop()()

    def put(self, source: Path, place: str) -> None:
        """Move the run at `source` to `place`, relative to the root.

        Raises
        ------
        Conflict
            Something came to be there meanwhile.
        OSError
            The disk does not allow it, or a link stands in the way.
        """
        parent, _, name = place.rpartition("/")
        self._make(parent)
        with folder(self._root, parent) as at:
            if _is_there(name, at):
                raise Conflict(deletion.taken(place))
            try:
                os.rename(source, name, dst_dir_fd=at)
            except OSError as error:
                if error.errno in _TAKEN:
                    raise Conflict(deletion.taken(place)) from None
                if error.errno != errno.EXDEV:  # a project may lie on a disk of its own
                    raise
                hidden = f".import-{secrets.token_hex(8)}"
                shutil.copytree(source, self._root / parent / hidden)
                os.rename(hidden, name, src_dir_fd=at, dst_dir_fd=at)
        self.touched.add(place)
        self._undo.append(lambda: (self._root / place).rename(source))

    def keep(self, source: Path, place: str) -> bool:
        """Put a file of kept content to `place` unless there is one; return whether it was put."""
        parent, _, name = place.rpartition("/")
        self._make(parent)
        with folder(self._root, parent) as at:
            if _is_there(name, at):
                return False
            os.rename(source, name, dst_dir_fd=at)
        self._undo.append(lambda: (self._root / place).rename(source))
        return True

    def set_aside(self, place: str) -> None:
        """Put the run at `place` into the recycle bin under an id of its own, so that its place is free.

        Raises
        ------
        Conflict
            It is running.
        OSError
            The disk does not allow it.
        """
        facts = read_facts(self._root, place_of(place))
        if facts is not None and not facts.deleted and judge(facts.vitals, time.time()).state in LIVE_STATES:
            raise Conflict(f"The run at {place} is running; it is not replaced.")
        aside = f"{place}-replaced-{secrets.token_hex(3)}"
        (self._root / place).rename(self._root / aside)
        self._undo.append(lambda: (self._root / aside).rename(self._root / place))
        self.touched.update((place, aside))
        old, new = (self._root / EDITS / edit_file(one.rpartition("/")[2]) for one in (place, aside))
        if old.is_file():
            old.rename(new)
            self._undo.append(lambda: new.rename(old))
        if facts is None or not facts.deleted:
            status = facts.vitals.status if facts else "unknown"
            deletion.mark(self._root, aside, reason=REASON, status=status, path=None)
            self._undo.append((self._root / aside / MARKER).unlink)

    def _make(self, parent: str) -> None:
        """Make the folders down to `parent`; those that are new go again with the rest."""
        parts = parent.split("/")
        missing = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        fresh = [one for one in missing if not os.path.lexists(self._root / one)]
        with folder(self._root, parent, make=True):
            self._undo += [(self._root / one).rmdir for one in fresh]


def give_id(run: Path, run_id: str) -> None:
    """Write another id into meta.json of an unpacked run, if it has one that can be read; its time of writing stays."""
    meta = run / "meta.json"
    with suppress(OSError, ValueError, RecursionError):
        found, around = meta.stat(), run.stat()
        document = json.loads(meta.read_bytes())
        if isinstance(document, dict) and "id" in document:
            told = json.dumps({**document, "id": run_id}, indent=2, ensure_ascii=False)
            write_atomically(meta, told.encode("utf-8", "surrogatepass"))
            os.utime(meta, ns=(found.st_mtime_ns, found.st_mtime_ns))
            os.utime(run, ns=(around.st_mtime_ns, around.st_mtime_ns))


def _is_there(name: str, at: int) -> bool:
    try:
        os.stat(name, dir_fd=at, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
