"""Other hosts, as a workspace has them: every verb here runs on one event loop of its own, callable from anywhere."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from getpass import getuser
from typing import Any

from runicorn_jupyter.models import (
    Detected,
    Environment,
    FarFolder,
    FarPath,
    HostFacts,
    RemoteConnection,
    RemoteRoots,
    SshHost,
)
from runicorn_jupyter.remote import folders, sshconfig
from runicorn_jupyter.remote.address import DEFAULT_PORT, Address, address
from runicorn_jupyter.remote.connect import PATIENCE_S
from runicorn_jupyter.remote.connections import Connections, facts
from runicorn_jupyter.remote.credentials import Credentials
from runicorn_jupyter.remote.environments import named
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.script import ask
from runicorn_jupyter.remote.thread import LoopThread

_CLOSE_S = 5.0
_WALK_S = 60.0


class Remotes:
    """Connections to hosts, and what is asked of them.

    Every verb returns a `concurrent.futures.Future`: a server awaits it by `asyncio.wrap_future`, so that a silent host
    holds no thread; a kernel or the command line takes its `result()`.

    Parameters
    ----------
    keys : HostKeys, optional
        Which hosts are trusted; the user's known_hosts and ours by default.
    """

    def __init__(self, keys: HostKeys | None = None) -> None:
        self.keys = keys or HostKeys()
        self._loop = LoopThread()
        self._connections = Connections(self.keys)

    def connect(
        self,
        host: str,
        username: str,
        port: int | None = None,
        *,
        patience: float = PATIENCE_S,
        ssh_config: bool = False,
        **credentials: Any,
    ) -> Future[tuple[RemoteConnection, HostFacts | None]]:
        """Connect, or find the connection that is open; tell what the host says of itself, None where it says nothing.

        Parameters
        ----------
        host, username, port
            The login; port 22 unless it or the user's file says otherwise.
        ssh_config : bool
            Whether ``~/.ssh/config`` may complete it: address, port, user, key and hosts to go through.
        patience : float
            Seconds until it is given up; at most 15.
        **credentials
            The fields of remote/credentials.py.

        Raises
        ------
        BadRequest
            At once: a host, user or way to log in that cannot be.
        RemoteError
            By the future: one of remote/errors.py for each cause.
        """
        where, login, jumps = _route(host, username, port, credentials, ssh_config=ssh_config)
        login.check()

        async def work() -> tuple[RemoteConnection, HostFacts | None]:
            connection = await self._connections.connect(where, login, patience=patience, jumps=jumps)
            found = await facts(connection)
            return connection.shown(), found.host if found is not None else None

        return self._loop.submit(work())

    def ssh_hosts(self) -> list[SshHost]:
        """Return the hosts that the user's ``~/.ssh/config`` names; no connection is made."""
        return sshconfig.hosts()

    def connections(self) -> Future[list[RemoteConnection]]:
        """List the connections that stand."""

        async def work() -> list[RemoteConnection]:
            return [connection.shown() for connection in self._connections.list()]

        return self._loop.submit(work())

    def disconnect(self, connection_id: str) -> Future[RemoteConnection]:
        """Close a connection, and return which it was."""

        async def work() -> RemoteConnection:
            connection = self._connections.find(connection_id)
            await self._connections.close(connection)
            return connection.shown()

        return self._loop.submit(work())

    def detect(self, connection_id: str, *, again: bool = False) -> Future[Detected]:
        """Return what a host has; by our script on the open connection, nothing of the host is started."""

        async def work() -> Detected:
            return await self._connections.find(connection_id).detect(again=again)

        return self._loop.submit(work())

    def environment(self, connection_id: str, name: str) -> Future[tuple[Environment, HostFacts]]:
        """Return one environment of a host by its name, and the host's facts."""

        async def work() -> tuple[Environment, HostFacts]:
            found = await self._connections.find(connection_id).detect()
            return named(found, name), found.host

        return self._loop.submit(work())

    def roots(self, connection_id: str) -> Future[RemoteRoots]:
        """Propose folders of a host that hold runs."""

        async def work() -> RemoteRoots:
            return folders.roots(await ask(self._connections.find(connection_id).ssh, "roots", patience=_WALK_S))

        return self._loop.submit(work())

    def folder(self, connection_id: str, path: str) -> Future[FarFolder]:
        """List a folder of a host."""

        async def work() -> FarFolder:
            return folders.folder(await ask(self._connections.find(connection_id).ssh, "listing", path=path))

        return self._loop.submit(work())

    def exists(self, connection_id: str, path: str) -> Future[FarPath]:
        """Tell whether something is at a path of a host."""

        async def work() -> FarPath:
            return folders.path(await ask(self._connections.find(connection_id).ssh, "exists", path=path))

        return self._loop.submit(work())

    def ping(self, connection_id: str) -> Future[float]:
        """Return the seconds that a packet takes to the host and back."""

        async def work() -> float:
            return await self._connections.find(connection_id).round_trip()

        return self._loop.submit(work())

    def close(self) -> None:
        """Close every connection and the loop; waits at most five seconds."""
        if self._loop.started:
            # A host that hangs must not keep the workspace behind us from closing.
            with suppress(TimeoutError):
                self._loop.submit(self._connections.close_all()).result(_CLOSE_S)
            self._loop.stop()


def _route(
    host: str, username: str, port: int | None, credentials: dict[str, Any], *, ssh_config: bool
) -> tuple[Address, Credentials, list[Address]]:
    """Return where to log in, how, and through which hosts."""
    if not ssh_config:
        return address(host, port or DEFAULT_PORT, username), Credentials(**credentials), []
    said = sshconfig.host(host)
    user = username or said.username or getuser()
    where = address(said.host, port or said.port, user)
    if said.identity_file and not (credentials.get("private_key") or credentials.get("private_key_path")):
        credentials = {**credentials, "private_key_path": said.identity_file}
    return where, Credentials(**credentials), [_jump(name, user) for name in (said.jump or "").split(",") if name]


def _jump(name: str, user: str) -> Address:
    """Return a host to go through, ``[user@]host[:port]``, as the user's file completes it."""
    given, _, rest = name.strip().rpartition("@")
    host, _, port = rest.partition(":")
    said = sshconfig.host(host)
    return address(
        said.host, int(port) if port.isascii() and port.isdigit() else said.port, given or said.username or user
    )
