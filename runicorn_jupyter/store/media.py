"""Images and other files of a run, found through its events and opened without following a link out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from runicorn_jupyter.errors import MediaNotFound
from runicorn_jupyter.models import ImageRecord
from runicorn_jupyter.paths import open_regular, plain_component
from runicorn_jupyter.store.logs.lognames import LOG
from runicorn_jupyter.store.runs.values import as_number, as_text, as_whole

if TYPE_CHECKING:
    from runicorn_jupyter.store.series.columns import EventTable

MEDIA = "media"


class MediaFile(NamedTuple):
    """An open file of a run: descriptor (the caller closes it), size in bytes, time of writing, plain name."""

    fd: int
    size: int
    modified: float
    name: str


def media(table: EventTable) -> list[ImageRecord]:
    """Return what the run logged besides numbers, in order; an entry whose path leaves the run is left out."""
    found = []
    for event in table.images:
        path = as_text(event.get("path"))
        if path is None or not all(plain_component(part) for part in path.split("/")):
            continue
        found.append(
            ImageRecord(
                key=as_text(event.get("key")) or path.rsplit("/", 1)[-1],
                path=path,
                step=as_whole(event.get("step")),
                caption=as_text(event.get("caption")),
                time=as_number(event.get("ts")),
                kind=as_text(event.get("type")) or "image",
            )
        )
    return found


def open_media(run_dir: Path, path: str, within: Path | None = None) -> MediaFile:
    """Open the file at `path`, relative to the run directory and below its media folder.

    Parameters
    ----------
    run_dir : Path
        The run.
    path : str
        As its event names it.
    within : Path, optional
        The root: a link is followed when it ends inside it.

    Raises
    ------
    MediaNotFound
        It is not there, is no regular file, or `path` is not below ``media/``.
    """
    if not path.startswith(f"{MEDIA}/"):
        raise MediaNotFound("Files of a run are served from its media folder only.")
    return _open(run_dir, path, within, "This run has no such file.")


def open_log(run_dir: Path, within: Path | None = None, name: str = LOG) -> MediaFile:
    """Open a text log of a run as the file it is.

    Raises
    ------
    MediaNotFound
        There is none, or it is no regular file.
    """
    return _open(run_dir, name, within, "This run has no log.")


def _open(run_dir: Path, path: str, within: Path | None, missing: str) -> MediaFile:
    try:
        fd = open_regular(run_dir, path, within=within)
    except OSError:
        raise MediaNotFound(missing) from None
    found = os.fstat(fd)
    return MediaFile(fd, found.st_size, found.st_mtime, path.rsplit("/", 1)[-1])
