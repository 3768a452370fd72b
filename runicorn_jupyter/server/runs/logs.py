"""The log of a run: as a stream (R10, D29), in pages at a byte offset, searched, and as the file it is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal, TypedDict

from runicorn_jupyter.errors import RunicornError, RunNotFound
from runicorn_jupyter.server.answer.ranges import FileGate, answers_a_file
from runicorn_jupyter.server.answer.wire import frames
from runicorn_jupyter.server.gate import Gate, GateSocket
from runicorn_jupyter.server.request import query
from runicorn_jupyter.server.request.fields import RUN_ERRORS, answers, made_by
from runicorn_jupyter.server.runs.logshare import IDLE_LIMIT, LONGEST_DELAY
from runicorn_jupyter.workspace import LogHit, LogLine, Search

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import LogTail, MediaFile

_FIRST = 10_000
_BATCH = 256
_BYTES = 2**53
_LINES = 2000
_HITS = 1000
_CONTEXT = 20
Direction = Literal["backward", "forward"]
_DIRECTIONS: tuple[Direction, Direction] = ("backward", "forward")


def _which() -> str | None:
    return query.text("Which of the run's logs: `logs.txt`, or `logs.HOST-RANK.txt` of a process on another host")


def _search(
    *,
    q: str = query.text("What to look for", default=""),
    regex: bool = query.flag("It is a regular expression"),
    case: bool = query.flag("Capitals matter"),
) -> Search:
    return Search(q, regex, not case)


class LogPageBody(TypedDict):
    """Lines of a log from byte `start` to byte `end` of `size`."""

    run_id: str
    file: str
    files: list[str]
    lines: list[LogLine]
    start: int
    end: int
    size: int


class LogHitsBody(TypedDict):
    """Hits of one slice of a search; `cursor` is where to go on, null at the end."""

    run_id: str
    hits: list[LogHit]
    cursor: int | None
    searched: int
    size: int


class LogPageHandler(Gate):
    """Lines at a byte offset, so that a reader can scroll a log of any size in windows."""

    @answers(LogPageBody, raises=RUN_ERRORS)
    async def get(
        self,
        run_id: str,
        *,
        at: int | None = query.integer(0, _BYTES, "A byte of the log; its end or begin without it"),
        direction: Direction = query.choice(_DIRECTIONS, "Which lines to send, seen from there", default="backward"),
        count: int = query.integer(1, _LINES, "How many lines", default=200),
        file: str | None = _which(),
    ) -> None:
        """Send one page: the line that holds byte `at` and those behind it, or with `direction` backward before it.

        ``files`` are the names of all logs of the run.
        """
        page = await self.ask(lambda hall: hall.files.log_page(run_id, at, count, direction, file=file))
        files = await self.ask(lambda hall: hall.files.logs(run_id))
        await self.reply({"run_id": run_id, "file": file or "logs.txt", "files": files, **asdict(page)})


class LogSearchHandler(Gate):
    """A search that is answered a quarter of a second at a time; the newest hits come first."""

    @answers(LogHitsBody, raises=RUN_ERRORS)
    async def get(
        self,
        run_id: str,
        *,
        wanted: Search = made_by(_search),
        cursor: int | None = query.integer(0, _BYTES, "Where the slice before ended"),
        direction: Direction = query.choice(_DIRECTIONS, "Which way to search", default="backward"),
        limit: int = query.integer(1, _HITS, "How many hits", default=100),
        context: int = query.integer(0, _CONTEXT, "How many lines around each hit", default=0),
        file: str | None = _which(),
    ) -> None:
        """Send the hits of one slice and the `cursor` to go on from, null at the end."""
        found = await self.ask(
            lambda hall: hall.files.search_log(
                run_id, wanted, cursor=cursor, direction=direction, limit=limit, context=context, file=file
            )
        )
        await self.reply({"run_id": run_id, **asdict(found)})


class RawLogHandler(FileGate):
    """The log as the file it is, by range."""

    @answers_a_file
    async def get(self, *names: str, file: str | None = _which()) -> None:
        """Send it, or the range of it that was asked for."""
        await super().get(*names, *filter(None, [file]))

    async def head(self, *names: str, file: str | None = _which()) -> None:
        """Say what `get` would send whole."""
        await super().head(*names, *filter(None, [file]))

    async def open_file(self, *names: str) -> MediaFile:
        """Open it."""
        return await self.ask(lambda hall: hall.files.open_log(*names))

    def describe(self, file: MediaFile) -> None:
        """Offer it as a download: a browser shall not guess what it holds."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_attachment_header(file.name)


class LogsHandler(GateSocket):
    """R10: text frames of one line each; our own words begin with a word in brackets."""

    async def follow(self, run_id: str, *, file: str | None = _which()) -> None:
        """Send the end of the log, then follow it until an hour passes without a new line."""
        log = await self.ask(lambda hall: hall.log(run_id, file))
        try:
            lines, more = await self.service.in_thread(lambda: log.tail(_FIRST))
            if more:
                await self.write_message(f"[info] Showing last {_FIRST} lines. Full log file: {file or 'logs.txt'}")
            await self._send(lines)
            if await self._wait_for_file(log):
                await self._tail((run_id, file), log)
            await self.write_message("[info] Connection timeout after 1 hour of inactivity")
        finally:
            log.close()

    async def failed(self, error: RunicornError) -> None:
        """Say why, in the documented words for a run that is not there."""
        await self.write_message("[error] run not found" if isinstance(error, RunNotFound) else f"[error] {error}")

    async def _wait_for_file(self, log: LogTail) -> bool:
        """Return whether there is a log at last; an hour is waited for it."""
        if await self.service.in_thread(lambda: log.exists):
            return True
        await self.write_message("[info] No logs available yet. Waiting for logs to be created...")
        for _ in range(int(IDLE_LIMIT / LONGEST_DELAY)):
            await asyncio.sleep(LONGEST_DELAY)
            if await self.service.in_thread(lambda: log.exists):
                await self.write_message("[info] Logs are now available, streaming...")
                return True
        return False

    async def _tail(self, key: tuple[str, str | None], log: LogTail) -> None:
        lines, news = await self.service.logs.join(key, log)
        try:
            await self._send(lines)
            with contextlib.suppress(TimeoutError):
                while True:
                    await self.write_frames(await news.take())
        finally:
            self.service.logs.leave(key, news)

    async def _send(self, lines: Sequence[str]) -> None:
        """Send lines, waiting for a slow reader every 256 of them instead of buffering all."""
        for start in range(0, len(lines), _BATCH):
            data = frames(lines[start : start + _BATCH])
            if data:
                await self.write_frames(data)
