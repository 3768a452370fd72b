"""One HTTP connection to a far viewer that stays open: it tells at once when the viewer ends, and renews its lease."""

from __future__ import annotations

import asyncio
import json
import re

from runicorn_jupyter.remote.channels import Way
from runicorn_jupyter.remote.errors import ConnectionTimeout, ViewerFailed

_REQUEST = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d{1,6})\r\n", re.IGNORECASE)
_VERSION = re.compile(r"[0-9A-Za-z.+!-]{1,64}")


class Pulse:
    """A connection for health questions only; make it by `Pulse.open`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.version: str | None = None
        """What the viewer said last of its version."""
        self._reader = reader
        self._writer = writer
        self._open_questions = 0
        self._news = asyncio.Event()
        self._ended = asyncio.ensure_future(self._listen())

    @classmethod
    async def open(cls, way: Way, patience: float) -> Pulse:
        """Return a new one.

        Raises
        ------
        RemoteError
            As `Way.open` does.
        """
        return cls(*await asyncio.open_connection(sock=await way.open(patience)))

    async def rest(self, seconds: float) -> bool:
        """Wait so long, and tell whether the viewer is still there; return at once when it is not."""
        await asyncio.wait({self._ended}, timeout=seconds)
        return not self._ended.done()

    async def beat(self, patience: float) -> None:
        """Ask whether the viewer is well, which renews its lease, and wait for a word of it.

        A line may be so full that answers come late: the one to an earlier question is a sign of life as well.

        Raises
        ------
        ViewerFailed
            It ended, or answered with something else.
        ConnectionTimeout
            It said nothing within `patience` seconds.
        """
        self._news.clear()
        self._open_questions += 1
        self._writer.write(_REQUEST)
        news = asyncio.ensure_future(self._news.wait())
        try:
            done, _ = await asyncio.wait({self._ended, news}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
        if self._ended in done:
            raise self._ended.result()
        if not done:
            raise ConnectionTimeout("The viewer did not answer in time.")

    def close(self) -> None:
        """Close it."""
        self._ended.cancel()
        self._writer.close()

    async def _listen(self) -> ViewerFailed:
        """Hear answers until the viewer ends or says something else; return which it was."""
        try:
            while True:
                head = await self._reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                if not self._open_questions or not head.startswith(b"HTTP/1.1 200 ") or length is None:
                    return ViewerFailed("The viewer answers with something else than its health.")
                self.version = _version(await self._reader.readexactly(int(length[1])))
                self._open_questions -= 1
                self._news.set()
        except (OSError, EOFError, asyncio.LimitOverrunError):
            return ViewerFailed("The viewer ended.")


def _version(body: bytes) -> str | None:
    try:
        version = json.loads(body)["version"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return version if isinstance(version, str) and _VERSION.fullmatch(version) else None
