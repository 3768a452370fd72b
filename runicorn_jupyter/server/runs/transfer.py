"""Runs out of a root over HTTP (K4, X9, X25, X36): archives, tables and reports, sent while they are made."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, TypedDict

from runicorn_jupyter.display.report import WIDTH, report
from runicorn_jupyter.errors import BadRequest, NotInstalled, TooLarge
from runicorn_jupyter.models import ARCHIVE_KINDS, DATA_FORMATS, REPORT_FORMATS, RunFilter, RunItem
from runicorn_jupyter.server.answer.streams import StreamGate
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body, query
from runicorn_jupyter.server.request.fields import RUN_ERRORS, answers

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import Workspace

_IN_MEMORY = 8 * 1024**2
_PIECE = 256 * 1024
_ERRORS = (*RUN_ERRORS, TooLarge, NotInstalled)
_ARCHIVE_TYPES = {"zip": "application/zip", "tar.gz": "application/gzip"}
_REPORT_TYPES = {"markdown": ("md", "text/markdown; charset=utf-8"), "html": ("html", "text/html; charset=utf-8")}
_FORMS = (*DATA_FORMATS, *REPORT_FORMATS, *ARCHIVE_KINDS)
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TABLES = ("application/json", "text/csv", _EXCEL, "application/vnd.apache.parquet", "application/octet-stream")
_TYPES = (*_TABLES, "text/markdown", "text/html", *_ARCHIVE_TYPES.values())
_UNSAFE = re.compile(r"[^\w.-]+")


class PathRuns(TypedDict):
    """The runs at a path."""

    path: str
    exact: bool
    total_runs: int
    runs: list[RunItem]


class Work(TypedDict):
    """How far one is; `total` is 0 while that is not known."""

    what: str
    done: int
    total: int


class AtWork(TypedDict):
    """What is being exported and imported."""

    transfers: list[Work]


class TransfersHandler(Gate):
    """The progress of long exports and imports, whoever asked for them."""

    @answers(AtWork)
    async def get(self) -> None:
        """Say how far each export and import is: bytes of archives, rows of tables."""
        found = await self.ask(lambda hall: hall.transfer.at_work(), patient=False)
        await self.reply({"transfers": [state._asdict() for state in found]})


class ExportGate(StreamGate):
    """Base of the handlers here: what each form is sent as."""

    policy = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'"

    async def send_form(self, run_ids: Sequence[str], form: str, *, media: bool = False) -> None:
        """Send runs as an archive, a table or a report."""
        if form in ARCHIVE_KINDS:
            await self.send_archive(run_ids, form)
        elif form in REPORT_FORMATS:
            await self.send_report(run_ids, form)
        else:
            await self.send_data(run_ids, form, media=media)

    async def send_archive(self, run_ids: Sequence[str], kind: str, *, content: bool = True) -> None:
        """Send an archive of runs."""
        pieces = await self.ask(lambda hall: hall.transfer.pieces(run_ids, kind, content=content))
        stamp = datetime.now(UTC).astimezone().strftime("%Y%m%d_%H%M%S")
        name = f"runicorn_export_{len(run_ids)}runs_{stamp}.{kind}"
        await self.send_pieces(pieces, name, _ARCHIVE_TYPES[kind])

    async def send_data(self, run_ids: Sequence[str], form: str, *, media: bool = False) -> None:
        """Send every point of runs as a file of another program."""
        file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by `_pieces`
        try:
            made = await self.ask(lambda hall: hall.transfer.export_data(run_ids, form, file, media=media))
        except BaseException:
            file.close()
            raise
        await self.send_pieces(_pieces(file), made.name, made.media_type)

    async def send_report(self, run_ids: Sequence[str], form: str) -> None:
        """Send a report about one run."""
        if len(run_ids) != 1:
            raise BadRequest("A report is about one run.")
        run_id = run_ids[0]

        def made(hall: Workspace) -> str:
            return report(hall.transfer.record(run_id), hall.curves([run_id], width=WIDTH), form)

        text = await self.ask(made)
        suffix, content_type = _REPORT_TYPES[form]
        self.set_header("Content-Type", content_type)
        self.set_attachment_header(f"{_UNSAFE.sub('_', run_id)[:100]}_report.{suffix}")
        self.finish(text)


class RunsExportHandler(ExportGate):
    """X36; `kind` chooses the form of the archive, `content` leaves data sets and outputs out."""

    @answers(*_ARCHIVE_TYPES.values(), raises=_ERRORS)
    async def post(
        self,
        *,
        run_ids: list[str] = body.texts("Which runs"),
        kind: str = body.choice(ARCHIVE_KINDS, "The form of the archive", default="zip"),
        content: bool = body.flag("With the data sets and outputs that the runs keep in the archive", default=True),
    ) -> None:
        """Send an archive of runs that any root can import."""
        await self.send_archive(run_ids, kind, content=content)


class ExportHandler(ExportGate):
    """K4; `run_ids` instead of `run_id` makes one table of several runs."""

    @answers(*_TYPES, raises=_ERRORS)
    async def post(
        self,
        *,
        run_id: str | None = body.text("Which run", default=None),
        run_ids: list[str] | None = body.texts("Which runs", default=None),
        form: str = body.choice(_FORMS, "What to send", default="json", name="format"),
        media: bool = body.flag("With the content of images and files (json)", name="include_media"),
    ) -> None:
        """Send a run as JSON, CSV, Excel, Parquet, TensorBoard events, a report or an archive."""
        named = run_ids or ([run_id] if run_id else [])
        if not named:
            raise BadRequest("run_id is required and must be a text.")
        await self.send_form(named, form, media=media)


class FormHandler(ExportGate):
    """X9 for CSV, and the like for the other tables, so that a link can be made of it."""

    @answers(*_TABLES, raises=_ERRORS)
    async def get(self, run_id: str, form: str) -> None:
        """Send every point of a run as a file."""
        await self.send_form([run_id], form)


class ReportHandler(ExportGate):
    """X9."""

    @answers("text/markdown", "text/html", raises=_ERRORS)
    async def get(
        self,
        run_id: str,
        *,
        form: str = query.choice(REPORT_FORMATS, "What to write", default="markdown", name="format"),
    ) -> None:
        """Send a report about a run."""
        await self.send_report([run_id], form)


class PathExportHandler(ExportGate):
    """X25; `tar.gz` beside the documented forms."""

    @answers(PathRuns, *_ARCHIVE_TYPES.values(), raises=_ERRORS)
    async def get(
        self,
        *,
        path: str = query.text("The path; without it all runs", default=""),
        exact: bool = query.flag("Only runs right at the path"),
        form: str = query.choice(("json", *ARCHIVE_KINDS), "What to send", default="json", name="format"),
    ) -> None:
        """Send the runs at a path and below, as a list or as an archive."""

        def found(hall: Workspace) -> list[dict[str, Any]]:
            page = hall.runs(RunFilter(query=hall.tree.query(path, exact=exact)))
            return [run.item() for run in page.runs]

        runs = await self.ask(found)
        if form == "json":
            await self.reply({"path": path, "exact": exact, "total_runs": len(runs), "runs": runs})
            return
        if not runs:
            raise BadRequest("There is no run at this path.")
        await self.send_archive([str(run["id"]) for run in runs], form)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece
