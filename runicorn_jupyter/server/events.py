"""The change feed: which runs to read again, pushed as it happens."""

from __future__ import annotations

import asyncio

from runicorn_jupyter.models import Changes
from runicorn_jupyter.server.gate import GateSocket
from runicorn_jupyter.server.wire import encode

_VERSION_LIMIT = 2**53


class EventsHandler(GateSocket):
    """Frames ``{"version", "changed", "gone"}``; many changes during a slow write arrive as one frame."""

    async def follow(self, *_: str) -> None:
        """Send what changed after `since` (without it, nothing yet), then each change."""
        since = self.params.integer("since", 0, _VERSION_LIMIT)
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        # The workspace calls from its own thread, maybe once more while this loop is ending.
        stop = await self.ask(lambda hall: hall.subscribe(lambda _: None if loop.is_closed() else _wake(loop, changed)))
        try:
            if since is None:
                since = await self.ask(lambda hall: hall.runs(limit=0).version)
                await self._send(Changes(since))
            else:
                since = await self._send_since(since)
            while True:
                await changed.wait()
                changed.clear()
                since = await self._send_since(since, silent=True)
        finally:
            stop()

    async def _send_since(self, since: int, *, silent: bool = False) -> int:
        news = await self.ask(lambda hall: hall.changes(since))
        if not silent or news.changed or news.gone:
            await self._send(news)
        return news.version

    async def _send(self, news: Changes) -> None:
        body = {"version": news.version, "changed": news.changed, "gone": news.gone}
        await self.write_message(encode(body).decode())


def _wake(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    loop.call_soon_threadsafe(event.set)
