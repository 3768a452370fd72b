"""The small JSON files of one run: held in memory, written whole when they changed."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any

from runicorn_jupyter.paths import JSON_LIMIT, write_atomically
from runicorn_jupyter.tracking.portable import open_file
from runicorn_jupyter.tracking.process.ownership import locked
from runicorn_jupyter.tracking.writing.faults import Faults, storage_sentence
from runicorn_jupyter.tracking.writing.members import members
from runicorn_jupyter.tracking.writing.points import PLAIN, Note, plain, text_of

_DEEPEST = 32


class Documents:
    """meta.json, status.json, summary.json, assets.json of one run directory.

    Parameters
    ----------
    run_dir : Path
        May not exist yet; then nothing is written, and all stays marked as changed.
    faults : Faults
        Where a failing write is counted.
    """

    def __init__(self, run_dir: Path, faults: Faults) -> None:
        self.run_dir = run_dir
        self._faults = faults
        self._bodies: dict[str, dict[str, Any]] = {}
        self._changed: set[str] = set()
        self._unsynced: set[str] = set()
        self._mine: dict[str, Any] = {}
        """What this process put into the summary since it was last written; the rest may be another's."""
        self._summary_stamp: tuple[int, int] | None = None
        self._lock = threading.RLock()
        self._writing = threading.RLock()

    def __getitem__(self, name: str) -> dict[str, Any]:
        return self._bodies.get(name, {})

    @property
    def changed(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._changed)

    def update(self, name: str, fields: Mapping[str, Any]) -> None:
        """Merge `fields` into the document `name`, to be written by the next `write`."""
        with self._lock:
            self._bodies[name] = {**self._bodies.get(name, {}), **fields}
            self._changed.add(name)
            if name == "summary":
                self._mine.update(fields)

    def held(self) -> AbstractContextManager[object]:
        """Let no other thread change a document meanwhile, for a change that depends on what is there."""
        return self._lock

    def drop(self, name: str, key: str) -> None:
        """Remove one key of a document."""
        with self._lock:
            self._bodies.get(name, {}).pop(key, None)
            self._changed.add(name)

    def load(self, name: str) -> dict[str, Any]:
        """Take over the document of an earlier session, if it is there and readable, and return it."""
        found = self._on_disk(name)
        if found is not None:
            self._bodies[name] = found
        return self[name]

    def write(self, *, sync: bool = True) -> bool:
        """Write all documents that changed; True when none is left but those no JSON can hold, until they change.

        Parameters
        ----------
        sync : bool
            Wait for the disk; without it `sync` does so later.
        """
        with self._writing:
            for name in sorted(self._changed):
                with locked(self.run_dir) if name == "summary" else nullcontext():
                    if name == "summary":
                        self._merge_summary()
                    if not self._write_one(name, sync=sync):
                        return False
        return True

    def sync(self) -> None:
        """Ask the disk to keep the documents that were written without waiting for it."""
        while self._unsynced:
            name = self._unsynced.pop()
            for path in (self.run_dir / f"{name}.json", self.run_dir):
                # A file system that cannot sync a directory keeps it by itself.
                with suppress(OSError):
                    fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
                    try:
                        os.fsync(fd)
                    finally:
                        os.close(fd)

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Return all documents, for the spool of a run whose directory cannot be written."""
        with self._lock:
            return {name: dict(body) for name, body in self._bodies.items()}

    def forked(self) -> None:
        """Begin anew in a forked child: the documents are the parent's to write."""
        self._lock = threading.RLock()
        self._writing = threading.RLock()
        self._changed.clear()
        self._mine.clear()

    def _write_one(self, name: str, *, sync: bool) -> bool:
        # Not under the lock that `update` takes: a disk that hangs here must not hold the training.
        try:
            with self._lock:
                self._changed.discard(name)
                mine = dict(self._mine) if name == "summary" else {}
                body = encode(self._bodies[name])
        except (ValueError, TypeError, RecursionError) as error:
            self._faults.note(
                "document", f"{name}.json cannot be written: {type(error).__name__} in what it holds.", error
            )
            return True
        path = self.run_dir / f"{name}.json"
        try:
            write_atomically(path, body, sync=sync)
            if name == "summary":
                self._summary_stamp = _stamp(path)
        except OSError as error:
            self._changed.add(name)
            self._faults.note("document", storage_sentence(error), error)
            return False
        if not sync:
            self._unsynced.add(name)
        with self._lock:
            for key, value in mine.items():
                if self._mine.get(key) is value:
                    del self._mine[key]
        return True

    def _merge_summary(self) -> None:
        """Take in what another process of this run wrote since; what this one says anew outranks it."""
        try:
            stamp = _stamp(self.run_dir / "summary.json")
        except OSError:
            return
        if stamp != self._summary_stamp:
            there = self._on_disk("summary") or {}
            with self._lock:
                self._bodies["summary"] = {**self._bodies.get("summary", {}), **there, **self._mine}

    def _on_disk(self, name: str) -> dict[str, Any] | None:
        try:
            with os.fdopen(open_file(self.run_dir, f"{name}.json"), "rb") as file:
                found = json.loads(file.read(JSON_LIMIT))
        except (OSError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


def encode(document: Mapping[str, Any]) -> bytes:
    """Return `document` as upstream writes it: indented by 2, not escaped, NaN and infinities as bare words."""
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "replace")


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def fit(value: Any, note: Note, above: tuple[int, ...] = ()) -> Any:
    """Return `value` as JSON can hold it; other objects become their text.

    Unlike a logged point, a document may hold lists and what has `members`, and numbers that JSON has no word for stay
    readable in strict parsers: a NaN of the config becomes the text ``nan``. What holds itself, or is nested too deep,
    is cut there.

    Parameters
    ----------
    value : object
        Anything.
    note : callable
        Told of every value that had to become text.
    above : tuple of int
        The identities of what `value` stands in.
    """
    if type(value) is float:
        return value if math.isfinite(value) else str(value)
    if type(value) in PLAIN:
        return plain(value, note)
    if len(above) >= _DEEPEST or id(value) in above:
        return text_of(type(value).__name__)
    inside = (*above, id(value))
    if isinstance(value, list | tuple | set | frozenset):
        return [fit(item, note, inside) for item in value]
    held = members(value)
    return plain(value, note) if held is None else {text_of(key): fit(held[key], note, inside) for key in held}
