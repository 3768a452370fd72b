"""The log of a run: as a stream (R10, D29), in pages at a byte offset, searched, and as the file it is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal, cast

from runicorn_jupyter.errors import RunicornError, RunNotFound
from runicorn_jupyter.server.gate import Gate, GateSocket
from runicorn_jupyter.server.params import Params
from runicorn_jupyter.server.ranges import FileGate
from runicorn_jupyter.workspace import Search

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import LogTail, MediaFile

_FIRST = 10_000
_BATCH = 256
_IDLE_LIMIT = 3600.0
# Seconds without a new line, and how long to wait before the next look until then.
_DELAYS = ((10.0, 0.2), (60.0, 0.5), (300.0, 1.0))
_LONGEST_DELAY = 2.0


_BYTES = 2**53
_LINES = 2000
_HITS = 1000
_CONTEXT = 20
_FLAGS = ("false", "true", "0", "1")


class LogPageHandler(Gate):
    """Lines at a byte offset, so that a reader can scroll a log of any size in windows."""

    async def get(self, run_id: str) -> None:
        """Send one page: the line that holds byte `at` and those behind it, or with `direction` backward before it."""
        at, direction = self.params.integer("at", 0, _BYTES), _direction(self.params)
        count = self.params.integer("count", 1, _LINES, 200)
        page = await self.ask(lambda hall: hall.files.log_page(run_id, at, count, direction))
        await self.reply({"run_id": run_id, **asdict(page)})


class LogSearchHandler(Gate):
    """A search that is answered a quarter of a second at a time; the newest hits come first."""

    async def get(self, run_id: str) -> None:
        """Send the hits of one slice and the `cursor` to go on from, null at the end."""
        params = self.params
        wanted = Search(params.text("q") or "", _flag(params, "regex"), not _flag(params, "case"))
        cursor, direction = params.integer("cursor", 0, _BYTES), _direction(params)
        limit, context = params.integer("limit", 1, _HITS, 100), params.integer("context", 0, _CONTEXT, 0)
        found = await self.ask(
            lambda hall: hall.files.search_log(
                run_id, wanted, cursor=cursor, direction=direction, limit=limit, context=context
            )
        )
        await self.reply({"run_id": run_id, **asdict(found)})


class RawLogHandler(FileGate):
    """The log as the file it is, by range."""

    async def open_file(self, *names: str) -> MediaFile:
        """Open it."""
        return await self.ask(lambda hall: hall.files.open_log(names[0]))

    def describe(self, file: MediaFile) -> None:
        """Offer it as a download: a browser shall not guess what it holds."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_attachment_header(file.name)


class LogsHandler(GateSocket):
    """R10: text frames of one line each; our own words begin with a word in brackets."""

    async def follow(self, *args: str) -> None:
        """Send the end of the log, then follow it until an hour passes without a new line."""
        log = await self.ask(lambda hall: hall.log(args[0]))
        try:
            lines, more = await self.service.in_thread(lambda: log.tail(_FIRST))
            if more:
                await self.write_message(f"[info] Showing last {_FIRST} lines. Full log file: logs.txt")
            await self._send(lines)
            if await self._wait_for_file(log):
                await self._tail(log)
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
        for _ in range(int(_IDLE_LIMIT / _LONGEST_DELAY)):
            await asyncio.sleep(_LONGEST_DELAY)
            if await self.service.in_thread(lambda: log.exists):
                await self.write_message("[info] Logs are now available, streaming...")
                return True
        return False

    async def _tail(self, log: LogTail) -> None:
        now = asyncio.get_running_loop().time
        heard = now()
        while now() - heard < _IDLE_LIMIT:
            lines = await self.service.in_thread(log.read)
            if lines:
                await self._send(lines)
                heard = now()
            await asyncio.sleep(delay_after(now() - heard))

    async def _send(self, lines: Sequence[str]) -> None:
        """Send lines, blank ones left out; wait for a slow reader every 256 lines instead of buffering all."""
        sent = None
        for number, line in enumerate((line for line in lines if line.strip()), 1):
            sent = self.write_message(line)
            if number % _BATCH == 0:
                await sent
        if sent is not None:
            await sent


def delay_after(idle: float) -> float:
    """Return the seconds to wait before looking again after `idle` seconds without a line (contract §6.5)."""
    return next((delay for limit, delay in _DELAYS if idle < limit), _LONGEST_DELAY)


def _direction(params: Params) -> Literal["backward", "forward"]:
    return cast('Literal["backward", "forward"]', params.choice("direction", ("backward", "forward"), "backward"))


def _flag(params: Params, name: str) -> bool:
    return params.choice(name, _FLAGS, "false") in {"true", "1"}
