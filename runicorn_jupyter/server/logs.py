"""The log of a run as a stream (R10, D29): its last 10,000 lines, then each new one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from runicorn_jupyter.errors import RunicornError, RunNotFound
from runicorn_jupyter.server.gate import GateSocket

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import LogTail

_FIRST = 10_000
_BATCH = 256
_IDLE_LIMIT = 3600.0
# Seconds without a new line, and how long to wait before the next look until then.
_DELAYS = ((10.0, 0.2), (60.0, 0.5), (300.0, 1.0))
_LONGEST_DELAY = 2.0


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
