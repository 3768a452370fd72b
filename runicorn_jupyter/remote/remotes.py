"""Other hosts, as a workspace has them: every verb here runs on one event loop of its own, callable from anywhere."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from getpass import getuser
from typing import Any

from runicorn_jupyter.models import (
    Detected,
    Environment,
    FarFolder,
    FarLog,
    FarPath,
    HostFacts,
    RemoteConnection,
    RemoteRoots,
    RemoteSession,
    SessionChecks,
    SshHost,
)
from runicorn_jupyter.models.sessionforms import Installing
from runicorn_jupyter.remote import folders, sshconfig
from runicorn_jupyter.remote.address import DEFAULT_PORT, Address, address
from runicorn_jupyter.remote.connect import PATIENCE_S
from runicorn_jupyter.remote.connections import Connections, facts
from runicorn_jupyter.remote.credentials import Credentials
from runicorn_jupyter.remote.environments import named
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.install import Installer, OnStep
from runicorn_jupyter.remote.installs import Installs
from runicorn_jupyter.remote.pace import Pace
from runicorn_jupyter.remote.script import ask
from runicorn_jupyter.remote.sessions import Sessions
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
    pace : Pace, optional
        The figures of link care: the lease of far viewers, the clock, how long to wait between tries.
    """

    def __init__(self, keys: HostKeys | None = None, pace: Pace | None = None) -> None:
        self.keys = keys or HostKeys()
        self._loop = LoopThread()
        self._connections = Connections(self.keys)
        self._sessions = Sessions(self._connections, pace or Pace())
        self._installs = Installs()
        self._installer = Installer()

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
            self._sessions.hurry(where.key)
            found = await facts(connection)
            return connection.shown(), found.host if found is not None else None

        return self._loop.submit(work())

    def ssh_hosts(self) -> list[SshHost]:
        """Return the hosts that the user's ``~/.ssh/config`` names; no connection is made."""
        return sshconfig.hosts()

    def connections(self) -> Future[list[RemoteConnection]]:
        """List the connections: those that stand, and those that broke and are being opened again for a viewer."""

        async def work() -> list[RemoteConnection]:
            standing = [connection.shown() for connection in self._connections.list()]
            keys = {shown.key for shown in standing}
            return standing + [shown for shown in self._sessions.waiting() if shown.key not in keys]

        return self._loop.submit(work())

    def connection(self, connection_id: str) -> Future[RemoteConnection]:
        """Return the connection that stands under one of its names."""

        async def work() -> RemoteConnection:
            return self._connections.find(connection_id).shown()

        return self._loop.submit(work())

    def disconnect(self, connection_id: str, *, cleanup: bool = True) -> Future[RemoteConnection]:
        """Close a connection, and return which it was; its viewers end too with `cleanup`, else by their lease."""

        async def work() -> RemoteConnection:
            connection = self._sessions.connection(connection_id)
            await self._sessions.leave(connection.where.key, cleanup=cleanup)
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

    def install_viewer(self, connection_id: str, *, progress: OnStep) -> Future[Environment]:
        """Put our viewer into a private environment of a host, or find it there; only after somebody said yes."""

        async def work() -> Environment:
            return await self._installer.install(self._connections.find(connection_id), progress)

        return self._loop.submit(work())

    def begin_install(self, connection_id: str) -> Future[Installing]:
        """Do that in the background, unless it goes on already; `installation` tells how far it is."""

        async def work() -> Installing:
            connection = self._connections.find(connection_id).shown()
            return self._installs.begin(connection, lambda told: self.install_viewer(connection.key, progress=told))

        return self._loop.submit(work())

    def installation(self, connection_id: str) -> Future[Installing | None]:
        """Return how far the latest installation over a login is, None when there was none."""

        async def work() -> Installing | None:
            found = self._installs.of(connection_id)
            return found or self._installs.of(self._connections.find(connection_id).where.key)  # a bare host, perhaps

        return self._loop.submit(work())

    def ping(self, connection_id: str) -> Future[float]:
        """Return the seconds that a packet takes to the host and back."""

        async def work() -> float:
            return await self._connections.find(connection_id).round_trip()

        return self._loop.submit(work())

    def start_viewer(
        self, connection_id: str, *, root: str | None = None, environment: str | None = None
    ) -> Future[tuple[RemoteSession, bool]]:
        """Start our viewer on a host, and return its session once it answers, and whether it ran already (D25).

        Parameters
        ----------
        connection_id : str
            The login.
        root : str, optional
            A folder there; the host's own root by default.
        environment : str, optional
            The name of a Python environment there; by default, and for ``system``, the first that has our viewer.

        Raises
        ------
        RemoteError, BadRequest
            By the future: one of remote/errors.py for each cause.
        """
        return self._loop.submit(self._sessions.start(connection_id, root, environment))

    def viewers(self) -> Future[list[RemoteSession]]:
        """List the viewers on other hosts, the oldest first, without those that a person stopped."""

        async def work() -> list[RemoteSession]:
            return self._sessions.shown()

        return self._loop.submit(work())

    def viewer(self, session_id: str) -> Future[RemoteSession]:
        """Return one of them, also one that was stopped just now."""

        async def work() -> RemoteSession:
            return self._sessions.get(session_id)

        return self._loop.submit(work())

    def viewer_of(self, connection_id: str) -> Future[RemoteSession]:
        """Return the newest one of a connection."""

        async def work() -> RemoteSession:
            return self._sessions.newest_of(connection_id)

        return self._loop.submit(work())

    def stop_viewer(self, session_id: str, *, cleanup: bool = False) -> Future[RemoteSession]:
        """End a viewer, in whatever state it is; with `cleanup` its folder there goes too."""
        return self._loop.submit(self._sessions.stop(session_id, cleanup=cleanup))

    def viewer_log(self, session_id: str, *, lines: int = 100, after: int | None = None) -> Future[FarLog]:
        """Return the last lines of a viewer's log, or those that came `after` a byte of it."""
        return self._loop.submit(self._sessions.log(session_id, lines, after))

    def check_viewer(self, session_id: str) -> Future[SessionChecks]:
        """Return what of a viewer is well right now."""
        return self._loop.submit(self._sessions.check(session_id))

    def open_channel(self, session_id: str) -> Future[socket.socket]:
        """Return a non-blocking socket whose other end is the HTTP server of a viewer; close it when done.

        It ends when the viewer or the connection to its host does; ask again then, and be told `ViewerAway` at once
        while there is none.
        """
        return self._loop.submit(self._sessions.open_channel(session_id))

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` from another thread after every change of any session; return how to end that."""
        return self._sessions.watch(callback)

    def close(self) -> None:
        """Let go of everything here, waiting at most five seconds; far viewers go on until their lease ends."""
        if self._loop.started:
            # A host that hangs must not keep the workspace behind us from closing.
            with suppress(TimeoutError):
                self._loop.submit(self._close()).result(_CLOSE_S)
            self._loop.stop()

    async def _close(self) -> None:
        await self._sessions.close()
        await self._connections.close_all()


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
