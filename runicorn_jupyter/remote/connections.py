"""Open connections to hosts, found again by any of their names; one for each login."""

from __future__ import annotations

import asyncio
import math
import secrets
import socket
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncssh

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import Detected, RemoteConnection
from runicorn_jupyter.remote.address import Address, address
from runicorn_jupyter.remote.connect import PATIENCE_S, connect
from runicorn_jupyter.remote.credentials import Credentials
from runicorn_jupyter.remote.environments import detected
from runicorn_jupyter.remote.errors import AuthenticationFailed, ConnectionNotFound, ConnectionTimeout, RemoteError
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.script import ask

_CLOSE_S = 2.0
_LAST_DATA = slice(52, 56)
"""Where Linux's tcp_info has the milliseconds since data came last (tcpi_last_data_recv, linux/tcp.h)."""


@dataclass(slots=True, eq=False)
class Connection:
    """One open login and what was learnt of its host."""

    where: Address
    ssh: asyncssh.SSHClientConnection = field(repr=False)
    login: Credentials | None = field(repr=False)
    """What it was opened with, to open it again when it breaks; forgotten when it is closed (G11)."""
    jumps: Sequence[Address] = ()

    conn_id: str = field(default_factory=lambda: f"conn_{secrets.token_hex(4)}")
    created: float = field(default_factory=time.time)
    found: Detected | None = None
    way: Sequence[asyncssh.SSHClientConnection] = field(default=(), repr=False)
    """Connections to the hosts that it goes through, the nearest first."""

    @property
    def alive(self) -> bool:
        """Whether the connection stands, as far as keepalives tell."""
        return not self.ssh.is_closed()

    def opened_with(self, credentials: Credentials) -> bool:
        """Tell whether these are the credentials that it was opened with."""
        return self.login is not None and self.login.digest() == credentials.digest()

    def shown(self) -> RemoteConnection:
        """Return it as doors show it."""
        return RemoteConnection(
            self.where.key, self.conn_id, self.where.host, self.where.port, self.where.user, self.created, self.alive
        )

    async def detect(self, *, again: bool = False) -> Detected:
        """Return what the host has, from the first look unless `again`.

        Raises
        ------
        RemoteError
            The host cannot be looked at.
        """
        if self.found is None or again:
            self.found = detected(await ask(self.ssh, "environments"))
        return self.found

    async def round_trip(self, patience: float = PATIENCE_S) -> float:
        """Return the seconds that opening a channel takes: one packet there and one back.

        Raises
        ------
        ConnectionTimeout
            The host is silent.
        """
        began = time.monotonic()
        work = asyncio.ensure_future(self.ssh.create_process("exec true", encoding=None))
        done, _ = await asyncio.wait({work}, timeout=patience)
        if not done:
            work.cancel()
            raise ConnectionTimeout("The host did not answer in time.")
        try:
            work.result().close()
        except (OSError, asyncssh.Error):
            raise RemoteError("The connection to the host broke.") from None
        return time.monotonic() - began

    def silence(self) -> float:
        """Return the seconds since the host sent its last byte; infinite where the system does not tell."""
        if sys.platform != "linux" or self.way:
            return math.inf
        try:
            facts = self.ssh.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 60)
        except (OSError, AttributeError):
            return math.inf
        return int.from_bytes(facts[_LAST_DATA], sys.byteorder) / 1000

    async def close(self) -> None:
        """Close it and forget its secrets; a host that does not answer is left after two seconds."""
        self.login = None
        self.ssh.close()
        done, _ = await asyncio.wait({asyncio.ensure_future(self.ssh.wait_closed())}, timeout=_CLOSE_S)
        if not done:
            self.ssh.abort()
        self.leave_way()

    def leave_way(self) -> None:
        """Close the connections to the hosts on the way: nothing closes them with the one that went through them."""
        for jump in reversed(self.way):
            jump.close()


class Connections:
    """All open connections of this process; only for coroutines of one event loop.

    Parameters
    ----------
    keys : HostKeys
        Which hosts are trusted.
    """

    def __init__(self, keys: HostKeys) -> None:
        self._keys = keys
        self._open: dict[str, Connection] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def connect(
        self,
        where: Address,
        credentials: Credentials,
        *,
        patience: float = PATIENCE_S,
        jumps: Sequence[Address] = (),
    ) -> Connection:
        """Return the open connection of this login, or open one.

        An open one is taken only by who names no secret, or the same as it was opened with: a wrong password is never
        answered by somebody else's login (S27).

        Raises
        ------
        RemoteError
            One of remote/errors.py for each cause.
        """
        credentials.check()
        ends = time.monotonic() + min(patience, PATIENCE_S)
        turn = self._turns[where.key]
        try:
            await asyncio.wait_for(turn.acquire(), ends - time.monotonic())
        except TimeoutError:
            raise ConnectionTimeout(f"{where.host} did not finish the login in time.") from None
        try:
            held = self._living(where.key)
            if held is not None and (not credentials.given or held.opened_with(credentials)):
                return held
            connection = await self._opened(where, credentials, ends, jumps)
            self._open[where.key] = connection
        finally:
            turn.release()
        if held is not None:
            await held.close()
        return connection

    async def again(self, broken: Connection) -> Connection:
        """Return a connection in the place of one that broke, under its ids: one that somebody opened, or a new one.

        Raises
        ------
        RemoteError
            One of remote/errors.py for each cause.
        """
        async with self._turns[broken.where.key]:
            broken.leave_way()
            held = self._living(broken.where.key)
            if held is not None:
                return held
            if broken.login is None:
                raise AuthenticationFailed("The connection was closed, and how to log in is forgotten: connect again.")
            fresh = await self._opened(broken.where, broken.login, time.monotonic() + PATIENCE_S, broken.jumps)
            fresh.conn_id, fresh.created, fresh.found = broken.conn_id, broken.created, broken.found
            self._open[broken.where.key] = fresh
            return fresh

    async def _opened(
        self, where: Address, credentials: Credentials, ends: float, jumps: Sequence[Address]
    ) -> Connection:
        """Open a connection, over all hosts on the way, before the clock says `ends`."""
        way: list[asyncssh.SSHClientConnection] = []
        try:
            for jump in jumps:
                left = max(0.0, ends - time.monotonic())
                through = way[-1] if way else None
                way.append(await connect(jump, credentials.for_jump(), self._keys, patience=left, through=through))
            left = max(0.0, ends - time.monotonic())
            ssh = await connect(where, credentials, self._keys, patience=left, through=way[-1] if way else None)
        except BaseException:
            for jumped in reversed(way):
                jumped.close()
            raise
        return Connection(where, ssh, credentials, tuple(jumps), way=tuple(way))

    def find(self, connection_id: str) -> Connection:
        """Return the connection of ``user@host:port``, of ``conn_…``, or of a host that only one connection has (D4).

        Raises
        ------
        BadRequest
            It can be no id of a connection.
        ConnectionNotFound
            There is none.
        """
        open_ = self.list()
        for connection in open_:
            if connection_id in {connection.where.key, connection.conn_id}:
                return connection
        of_host = [connection for connection in open_ if connection.where.host == connection_id]
        if len(of_host) == 1:
            return of_host[0]
        if of_host:
            raise BadRequest("connection_id names a host with several connections: give user@host:port.")
        _check_id(connection_id)
        raise ConnectionNotFound("There is no open connection with this connection_id: connect first.")

    def list(self) -> list[Connection]:
        """Return the connections that stand, the oldest first."""
        return [connection for key in list(self._open) if (connection := self._living(key))]

    async def close(self, connection: Connection) -> None:
        """Close one connection and forget it, and one that was opened in its place."""
        held = self._open.pop(connection.where.key, connection)
        await connection.close()
        if held is not connection:
            await held.close()

    async def close_all(self) -> None:
        """Close everything at once."""
        held, self._open = list(self._open.values()), {}
        await asyncio.gather(*(connection.close() for connection in held), return_exceptions=True)

    def _living(self, key: str) -> Connection | None:
        held = self._open.get(key)
        if held is not None and not held.alive:
            self._open.pop(key).leave_way()
            return None
        return held


def _check_id(connection_id: str) -> None:
    """Raise BadRequest for a text that no connection can have as its id."""
    if connection_id.startswith("conn_"):
        return
    user, _, rest = connection_id.rpartition("@")
    host, _, port = rest.rpartition(":")
    try:
        address(host or rest, int(port) if host and port.isascii() and port.isdigit() else 22, user or "anybody")
    except BadRequest:
        raise BadRequest("connection_id must be user@host:port, or the conn_… that connecting answered.") from None


async def facts(connection: Connection) -> Detected | None:
    """Return what the host has, None where it cannot be looked at: a connection is one all the same."""
    try:
        return await connection.detect()
    except RemoteError:
        return None
