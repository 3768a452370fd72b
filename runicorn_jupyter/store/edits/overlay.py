"""Edits as readers see them: what people gave to runs that others wrote, laid over what the run's files say."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from runicorn_jupyter.paths import JSON_LIMIT, OWN_FOLDER, open_folder, open_regular
from runicorn_jupyter.store.runs.facts import RunFacts
from runicorn_jupyter.store.runs.smallfiles import parse
from runicorn_jupyter.store.runs.values import as_text, as_texts

FOLDER = f"{OWN_FOLDER}/edits"
_ENDING = ".json"
_SETTLED = 0.2
"""Seconds: a folder whose time is younger may change again within the same clock tick, so it is listed again."""


class Overlay:
    """The edits of one root; a run without one costs a look into a set."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._mtime_ns = -1
        self._names: frozenset[str] = frozenset()
        self._stamps: dict[str, tuple[int, int]] = {}

    def over(self, facts: RunFacts) -> RunFacts:
        """Return `facts` with the alias, tags and notes that people gave to the run, each where there is one."""
        if f"{facts.id}{_ENDING}" not in self._listed():
            return facts
        edit = read_edit(self._root, facts.id)
        return replace(
            facts,
            path=as_text(edit["path"]) if "path" in edit and facts.place.path is None else facts.path,
            alias=as_text(edit["alias"]) if "alias" in edit else facts.alias,
            tags=as_texts(edit["tags"]) if "tags" in edit else facts.tags,
            notes=as_text(edit["notes"]) or "" if "notes" in edit else facts.notes,
        )

    def changed(self) -> set[str]:
        """Return the ids of runs whose edits changed since the last call, whoever changed them; at first all."""
        found: dict[str, tuple[int, int]] = {}
        for name in self._listed():
            try:
                seen = os.stat(f"{self._root}/{FOLDER}/{name}", follow_symlinks=False)  # noqa: PTH116 - no Path here
            except OSError:
                continue
            found[name] = (seen.st_mtime_ns, seen.st_ino)
        before, self._stamps = self._stamps, found
        names = {name for name in before.keys() | found.keys() if before.get(name) != found.get(name)}
        return {name.removesuffix(_ENDING) for name in names}

    def _listed(self) -> frozenset[str]:
        folder = f"{self._root}/{FOLDER}"
        try:
            mtime_ns = os.stat(folder).st_mtime_ns  # noqa: PTH116 - a Path costs more than the call
            if mtime_ns != self._mtime_ns:
                self._names = frozenset(name for name in os.listdir(folder) if name.endswith(_ENDING))  # noqa: PTH208
                self._mtime_ns = mtime_ns if time.time() - mtime_ns / 1e9 > _SETTLED else -1
        except OSError:
            self._names, self._mtime_ns = frozenset(), -1
        return self._names


def read_edit(root: Path, run_id: str) -> Mapping[str, Any]:
    """Return what people gave to the run, an empty mapping when nothing or when the file is unusable."""
    try:
        fd = open_regular(root, f"{FOLDER}/{run_id}{_ENDING}")
    except OSError:
        return {}
    try:
        with os.fdopen(fd, "rb") as file:
            found = parse(file.read(JSON_LIMIT))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def edit_file(run_id: str) -> str:
    """Return the name of the file that keeps the edits of a run."""
    return f"{run_id}{_ENDING}"


def drop_edit(root: Path, run_id: str) -> None:
    """Forget what people gave to a run; nothing happens when they gave it nothing."""
    with suppress(OSError):
        fd = open_folder(root, FOLDER)
        try:
            os.unlink(edit_file(run_id), dir_fd=fd)
        finally:
            os.close(fd)
