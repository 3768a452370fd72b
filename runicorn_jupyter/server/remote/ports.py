"""The ports that a standalone viewer opens for sessions on other hosts, one each and on loopback only (D27, S23, S24).

A port has the page of its session at ``/`` and the session's API at ``/api``, for the owner of the viewer and nobody
else: the same gate, the same token, a cookie of its own. Inside Jupyter there are none.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Coroutine
from typing import NamedTuple

from tornado import netutil

from runicorn_jupyter.errors import PortTaken, Stopping
from runicorn_jupyter.server.access.identity import ViewerIdentity
from runicorn_jupyter.server.access.login import LoginCodeHandler
from runicorn_jupyter.server.application import Application, Server, serve
from runicorn_jupyter.server.page import NOTHING_ELSE, static_routes
from runicorn_jupyter.server.remote.proxy import proxy_routes
from runicorn_jupyter.server.remote.sessionpage import SessionPage
from runicorn_jupyter.server.service import Service

_FIRST, _LAST = 23_301, 23_399
_ANY = 0
_GOING_AWAY = 1001
_ENDED = "stopped"


class _Open(NamedTuple):
    port: int
    application: Application
    server: Server


class LocalPorts:
    """Opens and closes the ports; all of it on the event loop.

    Parameters
    ----------
    service : Service
        What the handlers work with.
    identity : ViewerIdentity
        Of the viewer; who may call it may call these ports.
    """

    def __init__(self, service: Service, identity: ViewerIdentity) -> None:
        self._service = service
        self._identity = identity
        self._open: dict[str, _Open] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unwatch: Callable[[], None] | None = None

    def port(self, session_id: str) -> int | None:
        """Return the port of a session, None when it has none."""
        found = self._open.get(session_id)
        return None if found is None else found.port

    def open(self, session_id: str, wanted: int | None = None) -> int:
        """Return the port of a session, opened now if it has none, or another than is `wanted`.

        Raises
        ------
        PortTaken
            The `wanted` port is somebody else's.
        """
        before = self._open.get(session_id)
        if before is not None and wanted in {None, before.port}:
            return before.port
        sockets = _bound(wanted)
        port: int = sockets[0].getsockname()[1]
        self.close(session_id)
        application = Application(_rules(session_id), self._service, self._identity.beside(f"runicorn-viewer-{port}"))
        self._open[session_id] = _Open(port, application, serve(application, sockets))
        if self._unwatch is None:
            self._unwatch = lambda: None
            self._begin(self._watch())
        return port

    def close(self, session_id: str) -> None:
        """Close the port of a session, if it has one; its connections end within a second."""
        found = self._open.pop(session_id, None)
        if found is not None:
            found.server.stop()
            # A server forgets a connection that has become a websocket.
            for one in list(self._service.sockets):
                if getattr(one, "application", None) is found.application:
                    one.close(_GOING_AWAY, "the session was closed")
            self._begin(found.server.end())

    async def end(self) -> None:
        """Close every port and wait until their connections have ended."""
        if self._unwatch is not None:
            self._unwatch()
        for session_id in list(self._open):
            self.close(session_id)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch(self) -> None:
        """Close the ports of sessions that ended without being told to here: their host refused us, say."""
        loop = asyncio.get_running_loop()

        def changed() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(lambda: self._begin(self._sweep()))

        try:
            far = await self._service.ask(lambda hall: hall.remotes, patient=False)
        except Stopping:
            return
        self._unwatch = far.watch(changed)
        await self._sweep()

    async def _sweep(self) -> None:
        try:
            sessions = await self._service.ask_far(lambda far: far.viewers())
        except Stopping:
            return
        alive = {session.id for session in sessions if session.state != _ENDED}
        for session_id in set(self._open) - alive:
            self.close(session_id)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class PortPageHandler(SessionPage):
    """``/`` of a port: the page of its session."""

    def initialize(self, session: str) -> None:
        """Take what the route says."""
        self._session = session

    async def get(self) -> None:
        """Show it."""
        await self.show_session(self._session, "", "/api")


def _rules(session_id: str) -> list[object]:
    return [
        *proxy_routes("", session_id),
        ("/", PortPageHandler, {"session": session_id}),
        ("/login/code", LoginCodeHandler, {}),
        *static_routes(""),
        *NOTHING_ELSE,
    ]


def _bound(wanted: int | None) -> list[socket.socket]:
    """Return sockets on one port of loopback: the `wanted` one, else the first that is free when it is bound."""
    if wanted is not None:
        try:
            return _both(wanted)
        except OSError as error:
            why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be opened: {error.strerror or error}"
            raise PortTaken(f"Port {wanted} {why}. Ask for another one, or for none in particular.") from error
    for port in range(_FIRST, _LAST + 1):
        with contextlib.suppress(OSError):
            return _both(port)
    return _both(_ANY)


def _both(port: int) -> list[socket.socket]:
    """Bind IPv4 and IPv6 loopback, or neither: ``localhost`` may be either, and must not be somebody else's."""
    sockets = netutil.bind_sockets(port, "127.0.0.1")
    try:
        if socket.has_ipv6:
            sockets += netutil.bind_sockets(sockets[0].getsockname()[1], "::1")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            for one in sockets:
                one.close()
            raise
    return sockets
