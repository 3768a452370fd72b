"""Archives into a root over HTTP (X12, X36): written to the root's disk as they come, looked through, taken in."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypedDict, cast

from tornado.web import stream_request_body

from runicorn_jupyter.errors import (
    BadArchive,
    BadRequest,
    Conflict,
    DiskFull,
    RunicornError,
    Stopping,
    TooLarge,
    UnsupportedMediaType,
)
from runicorn_jupyter.models import RESOLUTIONS, ImportReport, Progress, Resolution
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import query
from runicorn_jupyter.server.request.fields import answers
from runicorn_jupyter.server.request.multipart import Form

UPLOAD_LIMIT = 16 * 1024**3
"""Bytes of an archive that is sent here; a larger one is imported on the command line."""

_RAW = frozenset(
    {"application/zip", "application/x-zip-compressed", "application/gzip", "application/x-gzip"}
    | {"application/x-tar", "application/x-compressed-tar", "application/octet-stream"}
)
_FORM = "multipart/form-data"
_ERRORS = (BadArchive, TooLarge, Conflict, DiskFull)


class TransferredRun(TypedDict):
    """One run of an archive."""

    id: str
    place: str
    files: int
    size_bytes: int
    outcome: str
    conflict: str | None
    new_id: str | None


class Preview(TypedDict):
    """What an import would do."""

    ok: bool
    filename: str
    runs: list[TransferredRun]
    total_runs: int
    total_files: int
    total_bytes: int
    conflict_count: int
    conflict_run_ids: list[str]
    kept_files: int
    passed_over: int
    deleted_runs: int


class Imported(Preview):
    """What an import did."""

    imported_files: int
    new_run_dirs: list[str]
    new_run_ids: list[str]
    skipped_run_ids: list[str]
    skipped_count: int
    storage: str


class Folder(Protocol):
    """A folder of the import that is gone after `close`."""

    path: Path

    def close(self) -> None:
        """Remove it."""


class Upload:
    """An archive on its way: thread-safe, for a client may leave while a piece is being written.

    Parameters
    ----------
    folder : Folder
        Where it is written; ours from now on.
    content_type : str
        Of the request: a form with one file, or the archive itself.
    """

    def __init__(self, folder: Folder, content_type: str) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self.path = folder.path / "upload"
        self._file = self.path.open("xb")
        try:
            is_form = content_type.lower().startswith(_FORM)
            self._form = Form(content_type, self._file.write) if is_form else None
        except BadRequest:
            self.close()
            raise

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        with self._lock:
            if not self._file.closed:
                (self._file.write if self._form is None else self._form.feed)(data)

    @property
    def name(self) -> str:
        """What the client calls it."""
        return "" if self._form is None else self._form.name

    def fields(self) -> dict[str, str]:
        """End it; return the fields that came with it.

        Raises
        ------
        BadRequest
            There is no file in the form, or it was cut off.
        """
        with self._lock:
            self._file.close()
        if self._form is None:
            return {}
        if not (self._form.file and self._form.complete):
            raise BadRequest("The form holds no file, or was cut off; send the archive in a part called file.")
        return self._form.fields

    def close(self) -> None:
        """Remove it."""
        with self._lock:
            self._file.close()
            self._folder.close()


@stream_request_body
class UploadGate(Gate):
    """Base of the two verbs: takes the body as it comes, however large, and removes it whatever happens."""

    _upload: Upload | None = None
    _problem: Exception | None = None
    _gone = False
    _working = False

    async def prepare(self, **_: Any) -> None:
        """Pass the gate before a single byte is written."""
        await super().prepare()
        if self.request.method != "POST":
            return
        content_type = self.request.headers.get("Content-Type", "")
        kind = content_type.partition(";")[0].strip().lower()
        if kind not in {*_RAW, _FORM}:
            raise UnsupportedMediaType(f"Send the archive as {_FORM}, or as it is, as application/zip or gzip.")
        length = self.request.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > UPLOAD_LIMIT:
            raise TooLarge("The archive is larger than 16 GiB; use `runicorn import` on the machine of the root.")
        cast("Any", self.request.connection).set_max_body_size(UPLOAD_LIMIT)
        self._upload = await self.ask(lambda hall: Upload(hall.transfer.staging(), content_type), patient=False)

    async def data_received(self, chunk: bytes) -> None:
        """Write what came; what is wrong with it is told when all of it came."""
        if self._upload is None or self._problem is not None:
            return
        try:
            await self.service.in_thread(partial(self._upload.feed, chunk))
        except (RunicornError, OSError) as error:
            self._problem = error

    def on_connection_close(self) -> None:
        """Drop what came when the client leaves."""
        self._gone = True
        if self._upload is not None and not self._working:
            self._upload.close()
        super().on_connection_close()

    def on_finish(self) -> None:
        """Remove the upload."""
        if self._upload is not None:
            self._upload.close()
        super().on_finish()

    async def taken(self, conflict: Resolution, *, preview: bool) -> ImportReport:
        """Return what the archive holds, or what its import did."""
        upload = self._upload
        assert upload is not None
        self._working = True
        try:
            if self._problem is not None:
                raise self._told(self._problem)
            fields = await self.service.in_thread(upload.fields)
            wanted = cast("Resolution", fields.get("conflict", conflict))
            return await self.ask(
                lambda hall: (hall.transfer.preview if preview else hall.transfer.import_archive)(
                    upload.path, wanted, progress=self._go_on
                )
            )
        finally:
            upload.close()

    def filename(self) -> str:
        """Return what the client calls the archive."""
        return "" if self._upload is None else self._upload.name

    def _go_on(self, _: Progress) -> None:
        if self._gone:
            raise Stopping("The client left; nothing was imported.")

    def _told(self, problem: Exception) -> Exception:
        if isinstance(problem, OSError):
            return DiskFull("The archive could not be written to the disk of the root; nothing was imported.")
        return problem


class PreviewHandler(UploadGate):
    """X36."""

    @answers(Preview, upload="file", raises=_ERRORS)
    async def post(
        self, *, conflict: Resolution = query.choice(RESOLUTIONS, "What becomes of known ids", default="skip")
    ) -> None:
        """Say what an import of this archive would do; nothing is kept of it."""
        report = await self.taken(conflict, preview=True)
        await self.reply({"ok": True, "filename": self.filename(), **report.item()})


class ImportHandler(UploadGate):
    """X12, X36."""

    @answers(Imported, upload="file", raises=_ERRORS)
    async def post(
        self, *, conflict: Resolution = query.choice(RESOLUTIONS, "What becomes of known ids", default="skip")
    ) -> None:
        """Import an archive of runs, ours or upstream's; when it fails, the root is as it was."""
        report = await self.taken(conflict, preview=False)
        root = str(await self.ask(lambda hall: hall.root))
        skipped = sorted(run.id for run in report.runs if run.outcome == "skipped")
        await self.reply(
            {
                "ok": True,
                "filename": self.filename(),
                **report.item(),
                "imported_files": sum(run.files for run in report.taken),
                "new_run_dirs": [f"{root}/{run.place}" for run in report.taken],
                "new_run_ids": [run.new_id or run.id for run in report.taken],
                "skipped_run_ids": skipped,
                "skipped_count": len(skipped),
                "storage": root,
            }
        )
