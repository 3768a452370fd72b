"""The way to a unix socket of another host: an SSH channel there, an ordinary socket here, no TCP port in between."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import asyncssh

from runicorn_jupyter.remote.errors import ConnectionTimeout, RemoteError, ViewerFailed
from runicorn_jupyter.remote.script import NOISE, PYTHONS, command, program

_WINDOW = 8 * 1024 * 1024
"""How much may be on its way: at 50 ms the usual 2 MiB would cap a transfer at 20 MB/s."""
_PAUSES = (0.05, 0.2, 1.0)
_RELAYS = 8
"""How many relays one connection may run: sshd allows ten commands at once, and some are needed for questions."""
_SLOTS: WeakKeyDictionary[asyncssh.SSHClientConnection, asyncio.Semaphore] = WeakKeyDictionary()
_NOTHING = "Nothing listens at the viewer's socket on the host."
_T = TypeVar("_T")


async def open_channel(ssh: asyncssh.SSHClientConnection, path: str) -> socket.socket:
    """Return a non-blocking socket whose other end is the unix socket at `path` of the host.

    Raises
    ------
    RemoteError
        As `Way.open` does.
    """
    return await Way(ssh, path).open()


class Way:
    """How one unix socket of a host is reached: by sshd's own forwarding, else by our relay in an exec channel.

    Parameters
    ----------
    ssh : connection
        An open connection to the host.
    path : str
        Of the socket there.
    """

    def __init__(self, ssh: asyncssh.SSHClientConnection, path: str) -> None:
        self.heard = 0
        """How many times the host sent or took bytes: a line that is busy is not a dead one."""
        self._ssh = ssh
        self._path = path
        self._relayed: bool | None = None
        self._near: set[_Near] = set()

    async def open(self, patience: float = 15.0) -> socket.socket:
        """Return a non-blocking socket whose other end is the one on the host; close it when done.

        Raises
        ------
        ViewerFailed
            Nothing listens there.
        ConnectionTimeout
            The host did not answer within `patience` seconds.
        RemoteError
            The connection to the host broke.
        """
        ours, other = socket.socketpair()
        ours.setblocking(False)
        other.setblocking(False)
        near = _Near(self._bytes_came)
        await asyncio.get_running_loop().create_connection(lambda: near, sock=other)
        try:
            await self._joined(near, patience)
        except BaseException:
            near.abort()
            ours.close()
            raise
        self._near.add(near)
        near.ended = self._near.discard
        return ours

    def close(self) -> None:
        """End every socket that was opened."""
        for near in list(self._near):
            near.abort()

    def _bytes_came(self) -> None:
        self.heard += 1

    async def _joined(self, near: _Near, patience: float) -> None:
        try:
            if self._relayed is not True and await self._is_forwarded(near, patience):
                return
            # sshd says the same of a missing socket and of one that it may not open: our relay knows better.
            await self._repeated(patience, lambda: self._through_relay(near))
            self._relayed = True
        except RemoteError:
            raise
        except (OSError, asyncssh.Error) as error:
            if isinstance(error, asyncssh.ChannelOpenError) and not self._ssh.is_closed():
                raise ViewerFailed(_NOTHING) from None
            raise RemoteError("The connection to the host broke.") from None

    async def _is_forwarded(self, near: _Near, patience: float) -> bool:
        """Join by sshd's own forwarding; tell whether it does that, at least the first time."""
        try:
            await self._repeated(patience, lambda: self._forwarded(near))
        except asyncssh.ChannelOpenError:
            if self._relayed is None and not self._ssh.is_closed():
                return False
            raise
        self._relayed = False
        return True

    async def _repeated(self, patience: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Open a channel; a way that worked before is tried again for a moment.

        sshd gives up at once where a viewer has many new connections, or where one of its ten commands has not quite
        ended.
        """
        for pause in (*_PAUSES, None):
            try:
                await _within(patience, work())
            except asyncssh.ChannelOpenError:
                if pause is None or self._relayed is None or self._ssh.is_closed():
                    raise
                await asyncio.sleep(pause)
            else:
                return

    async def _forwarded(self, near: _Near) -> None:
        far = cast("Any", _Far(near))  # one class serves both kinds of channel
        await self._ssh.create_unix_connection(lambda: far, self._path, encoding=None, window=_WINDOW)

    async def _through_relay(self, near: _Near) -> None:
        slots = _SLOTS.setdefault(self._ssh, asyncio.Semaphore(_RELAYS))
        for python in PYTHONS:
            await slots.acquire()
            far = _Far(near, mark := f"\0rnj:{secrets.token_hex(8)}:".encode())
            far.ended.add_done_callback(lambda _: slots.release())
            try:
                await self._begin_relay(far, python, mark)
                joined = await far.joined
            except BaseException:
                far.end()
                raise
            if joined:
                return
            if near.closed or self._ssh.is_closed():
                break
        raise ViewerFailed(_NOTHING)

    async def _begin_relay(self, far: _Far, python: str, mark: bytes) -> None:
        request = json.dumps({"mark": mark.decode(), "path": self._path}).encode()
        text = program("relay", "relay()")
        await self._ssh.create_session(lambda: far, command(python), encoding=None, window=_WINDOW)
        far.write(b"%d\n%b%b\n" % (len(text), text, request))


class _Near(asyncio.Protocol):
    """The end of the socket pair on the loop of SSH; whoever is slow makes the other wait."""

    def __init__(self, heard: Callable[[], None]) -> None:
        self.heard = heard
        self.far: _Far | None = None
        self.closed = False
        self.ended: Callable[[_Near], None] = lambda _: None
        self._socket: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.far is not None:
            self.far.write(data)

    def eof_received(self) -> bool:
        if self.far is not None:
            self.far.write_eof()
        return True

    def pause_writing(self) -> None:
        if self.far is not None:
            self.far.pause(paused=True)

    def resume_writing(self) -> None:
        if self.far is not None:
            self.far.pause(paused=False)

    def connection_lost(self, _error: Exception | None) -> None:
        self.closed = True
        self.ended(self)
        if self.far is not None:
            self.far.close()

    def pause(self, *, paused: bool) -> None:
        if self._socket is not None and not self._socket.is_closing():
            (self._socket.pause_reading if paused else self._socket.resume_reading)()

    def write(self, data: bytes) -> None:
        self.heard()
        if self._socket is not None and not self._socket.is_closing():
            self._socket.write(data)

    def write_eof(self) -> None:
        if self._socket is not None and not self._socket.is_closing():
            self._socket.write_eof()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def abort(self) -> None:
        self.closed = True
        if self._socket is not None:
            self._socket.abort()


class _Far(asyncssh.SSHClientSession[bytes]):
    """The side of the channel; with a mark, what comes before it is noise of the login shell."""

    def __init__(self, near: _Near, mark: bytes = b"") -> None:
        self.joined: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._near = near
        self._mark = mark
        self._noise = b""
        self._channel: Any = None
        self._closed = False
        if not mark:
            self._join()

    def _join(self) -> None:
        self._near.far = self
        if not self.joined.done():
            self.joined.set_result(True)

    def connection_made(self, chan: Any) -> None:
        self._channel = chan
        if self._near.closed:  # it came too late
            self.close()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if datatype is not None:
            return
        if self._mark:
            self._noise += data
            if self._mark not in self._noise:
                if len(self._noise) > NOISE:
                    self.close()
                return
            data = self._noise.partition(self._mark)[2]
            self._mark = self._noise = b""
            self._join()
        if data:
            self._near.write(data)

    def eof_received(self) -> bool:
        if not self._mark:
            self._near.write_eof()
        return True

    def pause_writing(self) -> None:
        self._near.pause(paused=True)

    def resume_writing(self) -> None:
        self._near.heard()  # the host takes what it is sent
        self._near.pause(paused=False)

    def connection_lost(self, _error: Exception | None) -> None:
        self.end()
        if self._near.far is self:
            self._near.close()

    def end(self) -> None:
        self._closed = True
        for told in (self.joined, self.ended):
            if not told.done():
                told.set_result(None)

    def pause(self, *, paused: bool) -> None:
        if not self._closed:
            (self._channel.pause_reading if paused else self._channel.resume_reading)()

    def write(self, data: bytes) -> None:
        try:
            self._channel.write(data)
        except OSError:  # the host closed it while these bytes were on their way
            self._near.close()

    def write_eof(self) -> None:
        self._channel.write_eof()

    def close(self) -> None:
        if self._channel is not None:
            self._channel.close()


async def _within(patience: float, work: Coroutine[Any, Any, _T]) -> _T:
    """Return what `work` does, unless the host says nothing: what it opens later is closed at once, never left open."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    done, _ = await asyncio.wait({task}, timeout=patience)
    if not done:
        raise ConnectionTimeout("The host did not answer in time.")
    return task.result()
