"""Which runs an archive holds, in either layout and in whatever folder it was packed from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from runicorn_jupyter.errors import BadArchive
from runicorn_jupyter.models import OnProgress, Progress
from runicorn_jupyter.store.bin.deletion import MARKER
from runicorn_jupyter.store.edits.overlay import FOLDER as EDITS
from runicorn_jupyter.store.transfer.caps import Caps
from runicorn_jupyter.store.transfer.entries import Archive, Entry
from runicorn_jupyter.store.transfer.tars import TarArchive
from runicorn_jupyter.store.transfer.zips import ZipArchive

_KEPT = re.compile(
    r"archive/(blobs/[0-9a-f]{2}/[0-9a-f]{64}|manifests/[^/]+/[0-9a-f]{2}/[0-9a-f]+\.json|outputs/.+)"
    rf"|{re.escape(EDITS)}/[^/]+\.json"
)
_ZIP, _GZIP, _TAR = b"PK", b"\x1f\x8b", b"ustar"


@dataclass(slots=True)
class HeldRun:
    """A run in an archive: where it lies there (without the prefix), its files and bytes."""

    place: str
    files: int = 0
    size: int = 0

    @property
    def id(self) -> str:
        """Its folder's name."""
        return self.place.rpartition("/")[2]


@dataclass(slots=True)
class Contents:
    """What an archive holds.

    ``prefix`` is the folder around everything, with its slash. ``kept`` are files of the archive of content (0.6+) and
    what people said of runs, ``passed_over`` counts files that are of no run, ``deleted`` runs that are in the
    packer's recycle bin.
    """

    prefix: str = ""
    runs: dict[str, HeldRun] = field(default_factory=dict)
    kept: int = 0
    size: int = 0
    passed_over: int = 0
    deleted: int = 0

    def run_of(self, name: str) -> str | None:
        """Return the place of the run that the entry `name` (with the prefix) belongs to."""
        if not name.startswith(self.prefix):
            return None
        parts = name[len(self.prefix) :].split("/")
        for end in range(len(parts), 0, -1):
            place = "/".join(parts[:end])
            if place in self.runs:
                return place
        return None

    def kept_name(self, name: str) -> str | None:
        """Return the name below the root when the entry is kept content, else None."""
        inner = name[len(self.prefix) :] if name.startswith(self.prefix) else ""
        return inner if _KEPT.fullmatch(inner) else None


def open_archive(path: Path, caps: Caps) -> Archive:
    """Open a zip, ``.tar.gz`` or ``.tar`` by what it begins with, whatever it is called.

    Raises
    ------
    BadArchive
        It is none of them, or is damaged.
    TooLarge
        It lists too many entries.
    """
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(_ZIP):
        return ZipArchive(path, caps)
    if head.startswith(_GZIP) or head[257:262] == _TAR:
        return TarArchive(path, caps)
    raise BadArchive("This is no zip and no tar.gz; give an archive that `runicorn export` made.")


def look_through(archive: Archive, size: int, progress: OnProgress | None) -> Contents:
    """Return what `archive` holds, every entry checked; nothing is unpacked.

    Parameters
    ----------
    archive : Archive
        An open one.
    size : int
        The most bytes it can be, for the progress.
    progress : callable, optional
        Told of every thousandth entry.

    Raises
    ------
    BadArchive, TooLarge
        See `Archive.walk`; an archive without a run is a bad one too.
    """
    files: list[Entry] = []
    done = 0
    for entry, _ in archive.walk():
        done += entry.size
        if not entry.folder:
            files.append(entry)
        if progress is not None and len(files) % 1000 == 1:
            progress(Progress("checking", done, size))
    names = [entry.name for entry in files]
    tops = {name.partition("/")[0] for name in names}
    for prefix in ("", f"{tops.pop()}/" if len(tops) == 1 else ""):
        places = set(_places(names, prefix))
        if places:
            return _summed(files, prefix, places)
    raise BadArchive("The archive holds no run; nothing was imported.")


def _places(names: Iterable[str], prefix: str) -> Iterable[str]:
    """Return the run directories among `names`, hidden ones left out."""
    for name in names:
        if not name.startswith(prefix):
            continue
        parts = name[len(prefix) :].split("/")
        if any(part.startswith(".") for part in parts[:-1][:4]):
            continue
        if parts[0] == "runs":
            if parts[-1] == "meta.json" and len(parts) > 2:
                yield "/".join(parts[:-1])
        elif len(parts) > 4 and parts[2] == "runs":
            yield "/".join(parts[:4])


def _summed(files: Iterable[Entry], prefix: str, places: Collection[str]) -> Contents:
    found = Contents(prefix, {place: HeldRun(place) for place in sorted(_outermost(places))})
    gone = set()
    for entry in files:
        place = found.run_of(entry.name)
        if place is not None:
            run = found.runs[place]
            run.files, run.size = run.files + 1, run.size + entry.size
            if entry.name == f"{prefix}{place}/{MARKER}":
                gone.add(place)
        elif found.kept_name(entry.name):
            found.kept += 1
            found.size += entry.size
        else:
            found.passed_over += 1
    for place in gone:
        found.passed_over += found.runs.pop(place).files
        found.deleted += 1
    found.size += sum(run.size for run in found.runs.values())
    return found


def _outermost(places: Collection[str]) -> Iterable[str]:
    """Return `places` without those inside another: a run may log a file that is called meta.json."""
    for place in places:
        parts = place.split("/")
        if not any("/".join(parts[:end]) in places for end in range(1, len(parts))):
            yield place
