"""One reader of a log for all who follow it: the file is looked at once, however many clients there are."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from runicorn_jupyter.server.answer.wire import frames
from runicorn_jupyter.workspace import LogTail

IDLE_LIMIT = 3600.0
_BUFFER = 1024 * 1024
"""Bytes that wait for one slow client; what comes then is passed over for it, and told."""

# Seconds without a new line, and how long to wait before the next look until then.
_DELAYS = ((10.0, 0.2), (60.0, 0.5), (300.0, 1.0))
LONGEST_DELAY = 2.0
_TRIES = 20

_Key = tuple[str, str | None]


class _InThread(Protocol):
    async def __call__(self, work: Callable[[], Any]) -> Any: ...


class Listener:
    """What one client has still to be sent; bounded, so that a slow one costs nobody else anything."""

    def __init__(self, shared: _Shared) -> None:
        self.shared = shared
        self._batches: deque[bytes] = deque()
        self._waiting = 0
        self._missed = 0
        self._news = asyncio.Event()
        self._error: BaseException | None = None

    def put(self, data: bytes, lines: int) -> None:
        """Add frames of so many lines, or pass them over when too much waits already."""
        if self._waiting and self._waiting + len(data) > _BUFFER:
            self._missed += lines
        else:
            self._tell_missed()
            self._add(data)
        self._news.set()

    def fail(self, error: BaseException) -> None:
        """Let the client know that no more comes."""
        self._error = error
        self._news.set()

    async def take(self) -> bytes:
        """Return the frames of the next lines once there are some.

        Raises
        ------
        TimeoutError
            There were none for an hour.
        """
        while not self._batches:
            self._tell_missed()
            if self._error is not None:
                raise self._error
            if not self._batches:
                self._news.clear()
                await asyncio.wait_for(self._news.wait(), IDLE_LIMIT)
        data = self._batches.popleft()
        self._waiting -= len(data)
        return data

    def _tell_missed(self) -> None:
        if self._missed:
            self._add(frames([f"[info] {self._missed} lines were passed over: this client reads too slowly"]))
            self._missed = 0

    def _add(self, data: bytes) -> None:
        self._batches.append(data)
        self._waiting += len(data)


class _Shared:
    """A log and its listeners; `position` is how far all of them have been given it."""

    def __init__(self, log: LogTail, in_thread: _InThread) -> None:
        self.position = log.position
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._log = log
        self._in_thread = in_thread
        self._one_at_a_time = asyncio.Lock()
        self._wake = asyncio.Event()
        self._heard = asyncio.get_running_loop().time()

    @property
    def ended(self) -> bool:
        """Whether it brings no more lines to anybody."""
        return self._task is not None and (self._task.done() or not self._listeners)

    def listen(self) -> Listener:
        """Add a client that was given everything up to `position`."""
        listener = Listener(self)
        self._listeners.add(listener)
        self._heard = asyncio.get_running_loop().time()
        self._wake.set()
        if self._task is None:
            self._task = asyncio.ensure_future(self._follow())
        return listener

    def forget(self, listener: Listener) -> None:
        """Leave a client out, and end with the last one."""
        self._listeners.discard(listener)
        if self._task is not None and not self._listeners:
            self._task.cancel()

    async def look(self) -> None:
        """Read what is new, and give it to everybody."""
        async with self._one_at_a_time:
            data, lines = await self._in_thread(self._read)
            self.position = self._log.position
            if data:
                self._heard = asyncio.get_running_loop().time()
                for listener in self._listeners:
                    listener.put(data, lines)

    def _read(self) -> tuple[bytes, int]:
        lines = self._log.read()
        return frames(lines), len(lines)

    async def _follow(self) -> None:
        now = asyncio.get_running_loop().time
        try:
            while True:
                await self.look()
                self._wake.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), delay_after(now() - self._heard))
        except Exception as error:  # noqa: BLE001 - each client's stream says what is wrong
            for listener in self._listeners:
                listener.fail(error)


class SharedLogs:
    """The logs that are followed now.

    Parameters
    ----------
    in_thread : callable
        Awaits a function that reads, in a thread.
    """

    def __init__(self, in_thread: _InThread) -> None:
        self._in_thread = in_thread
        self._open: dict[_Key, _Shared] = {}

    async def join(self, key: _Key, log: LogTail) -> tuple[list[str], Listener]:
        """Return the lines since `log` was last read, and what brings those behind them until `leave`."""
        lines: list[str] = []
        for _ in range(_TRIES):
            shared = self._open.get(key)
            if shared is None or shared.ended:
                self._open[key] = shared = _Shared(log, self._in_thread)
            (inode, offset), (own_inode, own_offset) = shared.position, log.position
            if (inode, offset) == (own_inode, own_offset):
                return lines, shared.listen()
            if inode == own_inode and own_offset < offset:
                lines += await self._in_thread(partial(log.read, offset))
            else:
                await shared.look()
                if shared.position[0] != own_inode:
                    lines += await self._in_thread(log.read)
        # A file that is replaced all the time: this client goes on alone.
        return lines, _Shared(log, self._in_thread).listen()

    def leave(self, key: _Key, listener: Listener) -> None:
        """Stop bringing lines; the file is left alone when nobody is left."""
        shared = listener.shared
        shared.forget(listener)
        if shared.ended and self._open.get(key) is shared:
            del self._open[key]


def delay_after(idle: float) -> float:
    """Return the seconds to wait before looking again after `idle` seconds without a line (contract §6.5)."""
    return next((delay for limit, delay in _DELAYS if idle < limit), LONGEST_DELAY)
