"""Copying a version out of the store, each file checked on the way."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from runicorn_jupyter.errors import Conflict
from runicorn_jupyter.models import ArtifactItem
from runicorn_jupyter.store.artifacts import copying, reading


def fetch(
    root: Path, item: ArtifactItem, number: int, target: Path, progress: Callable[[int], None] = lambda _bytes: None
) -> int:
    """Copy every file of a version below the folder `target`, over what is there; return how many.

    The copies are the reader's own: whatever is done to them, the store stays as it is.

    Raises
    ------
    VersionNotFound
        A file of the version is missing.
    Conflict
        A file has another content than the one that was saved; what is in `target` so far stays.
    OSError
        The target cannot be written.
    """
    files = reading.manifest(root, item, number).files
    target.mkdir(parents=True, exist_ok=True)
    for file in files:
        opened = reading.open_file(root, item, number, file.path)
        place = target / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{os.urandom(6).hex()}.tmp")
        try:
            digest, _ = copying.copy(opened.fd, str(temporary), opened.size, progress, mode=0o666)
            if file.digest.removeprefix("sha256:") not in {digest, ""}:
                raise Conflict(f"{item.name}:v{number} is damaged: {file.path} has another content than was saved.")
            temporary.replace(place)
        finally:
            os.close(opened.fd)
            temporary.unlink(missing_ok=True)
    return len(files)
