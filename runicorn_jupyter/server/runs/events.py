"""The change feed: which runs to read again, pushed as it happens."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.models import Changes
from runicorn_jupyter.server.answer.wire import encode
from runicorn_jupyter.server.gate import GateSocket
from runicorn_jupyter.server.request import query

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import Workspace

_VERSION_LIMIT = 2**53
_LISTED = 5000
"""Ids in one frame; beyond them reading everything again is cheaper than being told what."""


class EventsHandler(GateSocket):
    """Frames of `_frame`; many changes during a slow write arrive as one."""

    async def follow(
        self, *, since: int | None = query.integer(0, _VERSION_LIMIT, "Version of the last frame that was seen")
    ) -> None:
        """Send what changed after `since` (without it, nothing yet), then each change."""
        loop = asyncio.get_running_loop()
        inbox = await self.ask(lambda hall: _Inbox(hall, loop))
        try:
            news: Changes = await self.ask(lambda hall: hall.changes(hall.version() if since is None else since))
            while True:
                # Waits until the frame has left for the socket: what changes meanwhile is one frame, not a queue.
                await self.write_message(encode(_frame(news)).decode())
                told = news
                while not _worth_telling(news, told):
                    found = await inbox.after(news.version)
                    if found is None:
                        found = await self.ask(partial(_changes, since=news.version))
                    news = found
        finally:
            inbox.close()


class _Inbox:
    """Brings news from the workspace's thread to the loop, one at a time.

    While somebody waits the thread that found a change also reads what it was: on the way to the socket are then two
    switches between threads, not four. While nobody waits it only takes note.
    """

    def __init__(self, hall: Workspace, loop: asyncio.AbstractEventLoop) -> None:
        self._hall = hall
        self._loop = loop
        self._lock = threading.Lock()
        self._waiting: tuple[int, asyncio.Future[Changes | None]] | None = None
        self._missed = False
        self.close = hall.subscribe(self._told)

    async def after(self, version: int) -> Changes | None:
        """Return what changed after `version` once something does; None when it has already: ask."""
        with self._lock:
            if self._missed:
                self._missed = False
                return None
            future: asyncio.Future[Changes | None] = self._loop.create_future()
            self._waiting = (version, future)
        return await future

    def _told(self, _version: int) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, None
            self._missed = waiting is None
        if waiting is not None and not self._loop.is_closed():
            try:
                found: Changes | None = self._hall.changes(waiting[0])
            except Exception:  # noqa: BLE001 - whoever waits asks again, and shows what is wrong
                found = None
            self._loop.call_soon_threadsafe(_deliver, waiting[1], found)


def _deliver(future: asyncio.Future[Changes | None], news: Changes | None) -> None:
    if not future.done():
        future.set_result(news)


def _changes(hall: Workspace, *, since: int) -> Changes:
    return hall.changes(since)


def _worth_telling(news: Changes, told: Changes) -> bool:
    if news is told:
        return False
    progress = (news.complete, news.pending) != (told.complete, told.pending)
    return progress or news.all or bool(news.changed or news.gone)


def _frame(news: Changes) -> dict[str, Any]:
    everything = news.all or len(news.changed) + len(news.gone) > _LISTED
    listed = len(news.changed) + len(news.gone) <= _LISTED
    return {
        "version": news.version,
        "changed": news.changed if listed else (),
        "gone": news.gone if listed else (),
        "complete": news.complete,
        "pending": news.pending,
        **({"all": True} if everything else {}),
    }
