"""Channels to viewers on other hosts, kept open between requests: opening one costs a round trip."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from functools import partial

from tornado.iostream import IOStream

KEPT = 6
"""Idle channels of a session: as many as a browser asks at once, and less than an sshd's MaxSessions of ten."""

_PATIENCE_S = 30.0

_BUFFER = 1024 * 1024
_PIECE = 256 * 1024


class Channel(IOStream):
    """A stream to a viewer on another host, over the socket that `Remotes.open_channel` gave.

    Parameters
    ----------
    end : socket.socket
        Our end; closed with the stream.
    longest : int
        Bytes of the longest piece that is ever read at once.
    """

    def __init__(self, end: socket.socket, longest: int = 0) -> None:
        super().__init__(end, max_buffer_size=_BUFFER + longest, read_chunk_size=_PIECE)
        self.received = 0
        """Bytes that ever came."""

    @property
    def clean(self) -> bool:
        """Whether nothing came that nobody asked for, so that the next answer is that of the next question."""
        if self.closed() or self._read_buffer_size:
            return False
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def read_from_fd(self, buf: bytearray | memoryview) -> int | None:
        """Read, and count."""
        got = super().read_from_fd(buf)
        self.received += got or 0
        return got

    def write_to_fd(self, data: memoryview) -> int:
        """Write; to somebody who listens no more, nowhere: an early answer to an upload is still to be read."""
        try:
            return super().write_to_fd(data)
        except (BrokenPipeError, ConnectionResetError):
            return len(data)


Open = Callable[[], Awaitable[socket.socket]]


class Channels:
    """The channels of all sessions, the idle ones and those in use; only for one event loop."""

    def __init__(self) -> None:
        self._idle: dict[str, list[Channel]] = {}
        self._used: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def get(self, session: str, open_channel: Open, *, fresh: bool = False) -> Channel:
        """Return a channel to a session, an idle one that still stands or, if that or `fresh`, a new one.

        Where the host allows no more channels, one that is in use is waited for. Hand it back by `give` or `drop`.

        Raises
        ------
        RunicornError
            What `open_channel` raises.
        """
        while True:
            channel = None if fresh else self._take(session)
            self._used[session] += 1  # one that is being opened counts: others may have to wait for it
            try:
                return channel or Channel(await open_channel())
            except BaseException as error:
                self._free(session)
                # A session that runs and yet opens no channel has as many as sshd's MaxSessions lets it have.
                if getattr(error, "state", None) != "running" or not self._used[session]:
                    self._wake(session, every=True)
                    raise
                await self._room(session, error)
                fresh = False

    def give(self, session: str, channel: Channel) -> None:
        """Hand a channel back after a whole answer: the next request may have it."""
        idle = self._idle.setdefault(session, [])
        if len(idle) >= KEPT or not channel.clean:
            self.drop(session, channel)
            return
        idle.append(channel)
        channel.set_close_callback(partial(self._forget, session, channel))
        self._free(session)
        self._wake(session)

    def drop(self, session: str, channel: Channel) -> None:
        """Hand a channel back that is of no more use."""
        channel.close()
        self._free(session)
        self._wake(session)

    def close(self) -> None:
        """Close the idle ones."""
        held, self._idle = self._idle, {}
        for idle in held.values():
            for channel in idle:
                channel.set_close_callback(None)
                channel.close()

    def _take(self, session: str) -> Channel | None:
        """Return an idle channel that still stands, the last used first."""
        idle = self._idle.get(session, [])
        while idle:
            channel = idle.pop()
            channel.set_close_callback(None)
            if channel.clean:
                return channel
            channel.close()
        self._idle.pop(session, None)
        return None

    async def _room(self, session: str, error: BaseException) -> None:
        """Wait until a channel was handed back; raise `error` when that takes too long."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(session, deque()).append(turn)
        try:
            await asyncio.wait_for(turn, _PATIENCE_S)
        except TimeoutError:
            raise error from None

    def _free(self, session: str) -> None:
        self._used[session] -= 1
        if not self._used[session]:
            del self._used[session]

    def _wake(self, session: str, *, every: bool = False) -> None:
        waiting = self._waiting.get(session)
        while waiting:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                if not every:
                    break
        if not waiting:
            self._waiting.pop(session, None)

    def _forget(self, session: str, channel: Channel) -> None:
        idle = self._idle.get(session, [])
        if channel in idle:
            idle.remove(channel)
        if not idle:
            self._idle.pop(session, None)
