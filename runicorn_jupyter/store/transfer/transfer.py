"""Runs out of a root and into it: what a workspace offers of archives and of files for other programs."""

from __future__ import annotations

import itertools
import os
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from runicorn_jupyter.errors import BadRequest, Stopping
from runicorn_jupyter.models import RESOLUTIONS, ImportReport, OnProgress, Progress, Resolution, RunRecord
from runicorn_jupyter.paths import open_folder
from runicorn_jupyter.store.transfer.caps import TRUSTED, Caps
from runicorn_jupyter.store.transfer.data import FORMATS, export, file_name, format_of
from runicorn_jupyter.store.transfer.importing import plainly, preview, take_in
from runicorn_jupyter.store.transfer.packing import Packer
from runicorn_jupyter.store.transfer.staging import Staging
from runicorn_jupyter.store.transfer.writing import pack

if TYPE_CHECKING:
    from runicorn_jupyter.store.store import Store

__all__ = ["FORMATS", "TRUSTED", "Caps", "DataFile", "Staging", "Transfer"]


class DataFile(NamedTuple):
    """What a file of exported data is called, and its media type."""

    name: str
    media_type: str


class Transfer:
    """Moves runs between the root of `store` and archives.

    Parameters
    ----------
    store : Store
        The store of the root.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stopped = threading.Event()
        self._numbers = itertools.count(1)
        self._at_work: dict[int, Progress] = {}
        self._stagings: weakref.WeakSet[Staging] = weakref.WeakSet()

    def close(self) -> None:
        """Stop what is at work, which undoes itself, and drop what is still on its way."""
        self._stopped.set()
        for staging in list(self._stagings):
            staging.close()

    def at_work(self) -> list[Progress]:
        """Return how far each export and import is; bytes of archives, rows of tables."""
        return list(self._at_work.copy().values())

    def pieces(
        self,
        run_ids: Sequence[str],
        kind: str = "zip",
        *,
        content: bool = True,
        progress: OnProgress | None = None,
        left_out: list[int] | None = None,
    ) -> Iterator[bytes]:
        """Return an archive of runs, as it is made; ending the iterator early stops the work.

        Parameters
        ----------
        run_ids : sequence of str
            Which runs.
        kind : {"zip", "tar.gz"}
            The form of the archive.
        content : bool
            Add what the runs keep in the root's archive of data sets and outputs.
        progress : callable, optional
            Told of bytes that were read.
        left_out : list, optional
            Gets one number at the end: files that could not be packed.

        Raises
        ------
        BadRequest
            No run is named, or `kind` is unknown.
        RunNotFound, AmbiguousRun
            A run cannot be.
        """
        if not run_ids:
            raise BadRequest("run_ids must name at least one run.")
        root = self._store.root
        places = [Path(self._store.run(run_id).run_dir).relative_to(root).as_posix() for run_id in run_ids]
        for place in places:
            os.close(open_folder(root, place))
        return self._packed(Packer(root, places, content=content), kind, progress, left_out)

    def export_data(
        self,
        run_ids: Sequence[str],
        form: str,
        out: IO[bytes],
        *,
        media: bool = False,
        progress: OnProgress | None = None,
    ) -> DataFile:
        """Write every point of runs to `out`, some thousand rows at a time, and return what the file is.

        Parameters
        ----------
        run_ids : sequence of str
            Which runs; several make one long table.
        form : {"json", "csv", "excel", "parquet", "tensorboard"}
            What to write.
        out : file
            Open for writing bytes; what went wrong may leave half a file in it.
        media : bool
            Put the content of what the runs logged besides numbers into it (json).
        progress : callable, optional
            Told of rows.

        Raises
        ------
        BadRequest
            No run, an unknown form, or several runs in one TensorBoard file.
        RunNotFound, AmbiguousRun
            A run cannot be.
        NotInstalled, TooLarge
            Parquet without pyarrow; more than the form can hold.
        """
        if not run_ids:
            raise BadRequest("Name at least one run.")
        found = format_of(form)
        records = [self._store.run(run_id) for run_id in dict.fromkeys(run_ids)]
        with self._told("exporting", progress) as tell:
            export(self._store, records, form, out, media=media, progress=tell)
        return DataFile(file_name(run_ids, found.suffix), found.media_type)

    def record(self, run_id: str) -> RunRecord:
        """Return a run with the figures of all its points, for a report; RunNotFound and AmbiguousRun say why not."""
        from runicorn_jupyter.store.transfer.points import measured

        return measured(self._store, self._store.run(run_id))

    def preview(
        self,
        path: Path,
        conflict: Resolution = "skip",
        *,
        trusted: bool = False,
        progress: OnProgress | None = None,
    ) -> ImportReport:
        """Return what an import of the archive at `path` would do; nothing is written.

        Raises
        ------
        BadArchive, TooLarge
            It would be refused.
        """
        with self._told("checking", progress) as tell:
            return preview(self._store.root, path, _known(conflict), self.caps(trusted=trusted), tell)

    def import_archive(
        self,
        path: Path,
        conflict: Resolution = "skip",
        *,
        trusted: bool = False,
        progress: OnProgress | None = None,
    ) -> ImportReport:
        """Take the runs of the archive at `path` into the root; when it fails, the root is as it was.

        Parameters
        ----------
        path : Path
            A zip, ``.tar.gz`` or ``.tar``, ours or upstream's.
        conflict : {"skip", "rename", "replace"}
            What becomes of a run whose id is there already: left out, given a new id, or put in the place of the
            other one, which goes into the recycle bin.
        trusted : bool
            Lift the limits on size and ratio, for an archive of one's own.
        progress : callable, optional
            Told how far it is; what it raises ends the import.

        Raises
        ------
        BadArchive, TooLarge, Conflict, DiskFull, Forbidden
            Nothing was imported; the text says why.
        """
        reread, caps = self._store.refresher.reread, self.caps(trusted=trusted)
        with self._told("checking", progress) as tell:
            return take_in(self._store.root, path, _known(conflict), caps, tell, reread)

    @staticmethod
    def caps(*, trusted: bool) -> Caps:
        """Return how much an archive may hold."""
        return TRUSTED if trusted else Caps()

    def staging(self) -> Staging:
        """Return a new folder on the root's disk, for an archive that is still on its way."""
        with plainly():
            made = Staging(self._store.root)
        self._stagings.add(made)
        return made

    @contextmanager
    def _told(self, what: str, progress: OnProgress | None) -> Iterator[OnProgress]:
        """Give a callable that remembers how far a work is, hands it on, and ends the work when we close."""
        number = next(self._numbers)
        self._at_work[number] = Progress(what, 0, 0)

        def tell(state: Progress) -> None:
            if self._stopped.is_set():
                raise Stopping("The server is stopping; what was begun was taken back.")
            self._at_work[number] = state
            if progress is not None:
                progress(state)

        try:
            yield tell
        finally:
            del self._at_work[number]

    def _packed(
        self, packer: Packer, kind: str, progress: OnProgress | None, left_out: list[int] | None
    ) -> Iterator[bytes]:
        with self._told("packing", progress) as tell:
            yield from pack(packer.members(), kind, tell, packer.size())
        if left_out is not None:
            left_out.append(packer.left_out)


def _known(conflict: str) -> Resolution:
    for resolution in RESOLUTIONS:
        if resolution == conflict:
            return resolution
    raise BadRequest(f"conflict must be one of {', '.join(RESOLUTIONS)}, not {conflict!r}.")
