"""The small JSON files of one run: held in memory, written whole when they changed."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runicorn_jupyter.paths import JSON_LIMIT, open_regular, write_atomically
from runicorn_jupyter.tracking.faults import Faults, storage_sentence
from runicorn_jupyter.tracking.points import PLAIN, Note, plain, text_of

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
        self._lock = threading.RLock()
        self._writing = threading.RLock()

    def __getitem__(self, name: str) -> dict[str, Any]:
        return self._bodies.get(name, {})

    def update(self, name: str, fields: Mapping[str, Any]) -> None:
        """Merge `fields` into the document `name`, to be written by the next `write`."""
        with self._lock:
            self._bodies[name] = {**self._bodies.get(name, {}), **fields}
            self._changed.add(name)

    def drop(self, name: str, key: str) -> None:
        """Remove one key of a document."""
        with self._lock:
            self._bodies.get(name, {}).pop(key, None)
            self._changed.add(name)

    def load(self, name: str) -> dict[str, Any]:
        """Take over the document of an earlier session, if it is there and readable, and return it."""
        try:
            with os.fdopen(open_regular(self.run_dir, f"{name}.json"), "rb") as file:
                found = json.loads(file.read(JSON_LIMIT))
        except (OSError, ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            self._bodies[name] = found
        return self[name]

    def write(self) -> bool:
        """Write all documents that changed; True when none is left but those no JSON can hold, until they change."""
        with self._writing:
            for name in sorted(self._changed):
                # Not under the lock that `update` takes: a disk that hangs here must not hold the training.
                try:
                    with self._lock:
                        self._changed.discard(name)
                        body = encode(self._bodies[name])
                except (ValueError, TypeError, RecursionError) as error:
                    self._faults.note(
                        "document", f"{name}.json cannot be written: {type(error).__name__} in what it holds.", error
                    )
                    continue
                try:
                    write_atomically(self.run_dir / f"{name}.json", body)
                except OSError as error:
                    self._changed.add(name)
                    self._faults.note("document", storage_sentence(error), error)
                    return False
        return True

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Return all documents, for the spool of a run whose directory cannot be written."""
        with self._lock:
            return {name: dict(body) for name, body in self._bodies.items()}

    def forked(self) -> None:
        """Begin anew in a forked child: the documents are the parent's to write."""
        self._lock = threading.RLock()
        self._writing = threading.RLock()
        self._changed.clear()


def encode(document: Mapping[str, Any]) -> bytes:
    """Return `document` as upstream writes it: indented by 2, not escaped, NaN and infinities as bare words."""
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "replace")


def fit(value: Any, note: Note, depth: int = 0) -> Any:
    """Return `value` as JSON can hold it; other objects become their text, what is nested too deep is cut.

    Unlike a logged point, a document may hold lists and nested mappings, and numbers that JSON has no word for stay
    readable in strict parsers: a NaN of the config becomes the text ``nan``.
    """
    if type(value) is float:
        return value if math.isfinite(value) else str(value)
    if type(value) in PLAIN:
        return plain(value, note)
    if depth >= _DEEPEST:
        return text_of(type(value).__name__)
    if isinstance(value, Mapping):
        return {text_of(key): fit(item, note, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [fit(item, note, depth + 1) for item in value]
    return plain(value, note)
