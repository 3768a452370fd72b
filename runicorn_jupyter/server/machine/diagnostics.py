"""What this server logged, to be read without a shell on its machine (X31)."""

from __future__ import annotations

import asyncio
from typing import Any, TypedDict

from runicorn_jupyter.errors import NotFound
from runicorn_jupyter.server.gate import Gate, GateSocket
from runicorn_jupyter.server.machine.diary import LINES
from runicorn_jupyter.server.request import query
from runicorn_jupyter.server.request.fields import answers

SOURCE = "session"
_PAUSE = 0.5


class LogSource(TypedDict):
    """A log of the server; ours lies in memory and has no path."""

    id: str
    kind: str
    path: str | None
    available: bool


class LogSources(TypedDict):
    """The logs that can be read."""

    remoteMode: bool
    appSessionId: str | None
    defaultSource: str
    sources: list[LogSource]


class SourcesHandler(Gate):
    """X31."""

    @answers(LogSources)
    async def get(self) -> None:
        """List the logs of this server."""
        source: dict[str, Any] = {"id": SOURCE, "kind": SOURCE, "path": None, "available": True}
        told = {"remoteMode": False, "appSessionId": None, "defaultSource": SOURCE}
        await self.reply({**told, "sources": [source]})


class ServerLogHandler(Gate):
    """X31."""

    @answers("text/plain", raises=(NotFound,))
    async def get(
        self,
        *,
        source: str = query.required("Which log"),
        lines: int = query.integer(1, LINES, "How many of its last lines", default=500),
        download: bool = query.flag("All lines, as a file"),
    ) -> None:
        """Return the last lines of a log."""
        _check(source)
        text = "\n".join(self.service.diary.tail(LINES if download else lines))
        if download:
            self.set_attachment_header("runicorn-server.log")
        await self.reply_bytes(text.encode, "text/plain; charset=utf-8")


class ServerLogSocket(GateSocket):
    """X31: the last lines of the server's log, then each new one."""

    async def follow(self, *_: str) -> None:
        """Send lines until the client leaves."""
        seen = 0
        while True:
            lines, seen = self.service.diary.since(seen)
            for line in lines:
                await self.write_message(line)
            await asyncio.sleep(_PAUSE)


def _check(source: str) -> None:
    if source != SOURCE:
        raise NotFound(f"There is no log source {source[:100]!r}; there is {SOURCE}.")
