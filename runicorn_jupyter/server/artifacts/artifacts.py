"""Artifacts over HTTP (R11–R17): lists, versions, files and their bytes, deletion."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from tornado.log import app_log

from runicorn_jupyter.models import Collected
from runicorn_jupyter.server.artifacts import words
from runicorn_jupyter.server.artifacts.words import ERRORS, kind_field, number
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body, query
from runicorn_jupyter.server.request.fields import answers
from runicorn_jupyter.server.runs.media import MediaHandler

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import MediaFile

_MOST = 1_000_000


class ArtifactsHandler(Gate):
    """R11; `limit` and `offset` cut the list."""

    @answers(list[words.Artifact])
    async def get(
        self,
        *,
        kind: str | None = query.text("Only artifacts of this type", name="type"),
        limit: int | None = query.integer(0, _MOST, "At most so many"),
        offset: int = query.integer(0, _MOST, "Pass over so many first", default=0),
    ) -> None:
        """List the artifacts, the latest changed first."""
        if kind is None and limit is None and not offset:
            text = await self.ask(lambda hall: hall.artifacts.list_json(), patient=False)
            self.set_header("Content-Type", "application/json")
            self.finish(text)
            return
        found = await self.ask(lambda hall: hall.artifacts.list(kind, limit, offset), patient=False)
        await self.reply([item.item() for item in found])


class ArtifactStatsHandler(Gate):
    """R16."""

    @answers(words.Stats)
    async def get(self) -> None:
        """Say what all artifacts come to, and what keeping equal files once saves."""
        stats = await self.ask(lambda hall: hall.artifacts.stats(), patient=False)
        await self.reply(stats.item())


class VersionsHandler(Gate):
    """R12: ascending, deleted ones too, marked."""

    @answers(list[words.VersionRow], raises=ERRORS)
    async def get(self, name: str, *, kind: str | None = kind_field()) -> None:
        """List the versions of an artifact."""
        rows = await self.ask(lambda hall: hall.artifacts.versions(name, kind), patient=False)
        await self.reply([row.item() for row in rows])


class VersionHandler(Gate):
    """R13, R17."""

    @answers(words.Detail, raises=ERRORS)
    async def get(self, name: str, version: str, *, kind: str | None = kind_field()) -> None:
        """Describe one version."""
        at = number(version)
        detail = await self.ask(lambda hall: hall.artifacts.version(name, at, kind), patient=False)
        await self.reply(detail.item())

    @answers(words.VersionDeleted, raises=ERRORS)
    async def delete(
        self,
        name: str,
        version: str,
        *,
        kind: str | None = kind_field(),
        permanent: bool = query.flag("Remove it for good, instead of so that it can be restored"),
    ) -> None:
        """Delete one version."""
        at = number(version)
        gone = await self.ask(lambda hall: hall.artifacts.delete(name, at, kind, permanent=permanent), patient=False)
        how = "Permanently" if permanent else "Soft"
        await self.reply({"success": True, "message": f"{how} deleted {gone.full_name} locally"})


class NamedVersionHandler(Gate):
    """K7: a version by number, ``v3`` or alias, as the documented client asks for it."""

    @answers(words.Detail, raises=ERRORS)
    async def get(self, name: str, version: str, *, kind: str | None = kind_field()) -> None:
        """Describe one version."""
        detail = await self.ask(lambda hall: hall.artifacts.version(name, version, kind), patient=False)
        await self.reply(detail.item())


class RestoreVersionHandler(Gate):
    """The way back from a soft deletion."""

    @answers(words.Detail, raises=ERRORS)
    async def post(self, name: str, version: str, *, kind: str | None = kind_field()) -> None:
        """Restore a deleted version."""
        at = number(version)
        detail = await self.ask(lambda hall: hall.artifacts.restore(name, at, kind), patient=False)
        await self.reply(detail.item())


class CollectHandler(Gate):
    """Contents that no version needs any more."""

    limited_as = "delete"

    @answers(Collected)
    async def post(self, *, dry_run: bool = body.flag("Only say what would be freed", default=True)) -> None:
        """Free them, or say how much that would free."""
        found = await self.ask(lambda hall: hall.artifacts.collect(dry_run=dry_run), patient=False)
        await self.reply(found.item())


class AliasHandler(Gate):
    """A name that moves from version to version in one step; ``latest`` moves by itself."""

    @answers(words.Artifact, raises=ERRORS)
    async def put(
        self,
        name: str,
        alias: str,
        *,
        version: int = body.integer(1, 2**31 - 1, "The version that the alias is to mean"),
        kind: str | None = kind_field(),
    ) -> None:
        """Let an alias mean a version."""
        item = await self.ask(lambda hall: hall.artifacts.set_alias(name, alias, version, kind), patient=False)
        await self.reply(item.item())

    @answers(words.Artifact, raises=ERRORS)
    async def delete(self, name: str, alias: str, *, kind: str | None = kind_field()) -> None:
        """Take an alias away."""
        item = await self.ask(lambda hall: hall.artifacts.set_alias(name, alias, None, kind), patient=False)
        await self.reply(item.item())


class VersionFilesHandler(Gate):
    """R14."""

    @answers(words.Files, raises=ERRORS)
    async def get(self, name: str, version: str, *, kind: str | None = kind_field()) -> None:
        """List the files and references of a version."""
        at = number(version)
        files = await self.ask(lambda hall: hall.artifacts.files(name, at, kind), patient=False)
        await self.reply(await self.service.in_thread(files.item))


class VersionFileHandler(MediaHandler):
    """The bytes of one file, by range; a browser shows pictures and sounds, all else is a download."""

    _kind: str | None = None

    @answers("application/octet-stream", raises=ERRORS)
    async def get(self, name: str, version: str, path: str, *, kind: str | None = kind_field()) -> None:  # type: ignore[override]  # the address has these three
        """Send a file of a version, or the range of it that was asked for."""
        self._kind = kind
        await super().get(name, version, path)

    async def head(self, name: str, version: str, path: str, *, kind: str | None = kind_field()) -> None:  # type: ignore[override]  # the address has these three
        """Say what `get` would send whole."""
        self._kind = kind
        await super().head(name, version, path)

    async def open_file(self, *names: str) -> MediaFile:
        """Open it below the version."""
        name, version, path = names
        at = number(version)
        return await self.ask(lambda hall: hall.artifacts.open_file(name, at, path, self._kind), patient=False)


class ArchiveHandler(Gate):
    """A whole version as a zip archive, made while it is sent."""

    @answers("application/zip", raises=ERRORS)
    async def get(self, name: str, version: str, *, kind: str | None = kind_field()) -> None:
        """Send all files of a version as one zip archive."""
        at = number(version)
        file, chunks = await self.ask(lambda hall: hall.artifacts.archive(name, at, kind), patient=False)
        self.set_header("Content-Type", "application/zip")
        self.set_attachment_header(file)
        try:
            while (chunk := await self.service.in_thread(partial(_next, chunks))) is not None:
                self.write(chunk)
                await self.flush()
        except Exception:
            if not self._headers_written:
                raise
            # What was sent so far must not look like a whole archive: the connection ends without its last chunk.
            app_log.exception("An archive could not be sent to its end.")
            self.detach().close()


def _next(chunks: Iterator[bytes]) -> bytes | None:
    return next(chunks, None)
