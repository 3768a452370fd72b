"""Door B without Jupyter: the same routes in a bare tornado Application, for the one user who started it.

A ServerApp would serve kernels and contents too; here is nothing but our API and our page.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tornado import netutil

from runicorn_jupyter.paths import Root, find_root
from runicorn_jupyter.server.access.hosts import is_loopback
from runicorn_jupyter.server.access.identity import ViewerIdentity
from runicorn_jupyter.server.access.lease import Lease
from runicorn_jupyter.server.access.limits import PRESETS as RATE_PRESETS
from runicorn_jupyter.server.access.limits import RateLimits, parse
from runicorn_jupyter.server.access.limits import checked as checked_rate_limits
from runicorn_jupyter.server.access.login import LoginCodeHandler
from runicorn_jupyter.server.access.owner import OwnerIdentity
from runicorn_jupyter.server.access.peer import working_reader
from runicorn_jupyter.server.access.runtime import RunningViewer, announce, running_viewers
from runicorn_jupyter.server.access.unixsocket import UnixSocket
from runicorn_jupyter.server.application import Application, Server, serve
from runicorn_jupyter.server.options import ViewerOptions, described
from runicorn_jupyter.server.page import NOTHING_ELSE
from runicorn_jupyter.server.remote.ports import LocalPorts
from runicorn_jupyter.server.routes import mount
from runicorn_jupyter.server.rules import rules
from runicorn_jupyter.server.service import Service
from runicorn_jupyter.workspace import Workspace

__all__ = [
    "RATE_PRESETS",
    "SocketViewer",
    "Viewer",
    "ViewerOptions",
    "allow_many_clients",
    "checked_rate_limits",
    "described",
    "running_viewers",
]

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 23300


class _Started(ABC):
    """What ``async with`` starts and stops."""

    @abstractmethod
    async def start(self) -> Self: ...

    @abstractmethod
    async def stop(self) -> bool: ...

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


class Viewer(_Started):
    """A standalone server over one storage root; ``async with`` or `start` and `stop`.

    Parameters
    ----------
    root : Path
        The storage root, absolute.
    host : str
        The address to bind; anything but loopback needs `tls` or a decision of the caller.
    port : int
        0 takes a free one; see `port` after `start`.
    reason : str
        Why it is this root.
    names : sequence of str
        Host names, besides loopback, that the viewer answers to.
    allow_origins : sequence of str
        Origins whose pages may call the API (D9), compared as whole strings.
    require_token : bool
        Ask even the same user's own programs for the token.
    tls : ssl.SSLContext, optional
        Serve HTTPS with it.
    rate_limits : sequence of str
        ``documented`` for the table of the reference documents, or like ``standard=600`` (requests a minute).
    """

    def __init__(
        self,
        root: Path,
        *,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        reason: str = "argument",
        names: Sequence[str] = (),
        allow_origins: Sequence[str] = (),
        require_token: bool = False,
        tls: ssl.SSLContext | None = None,
        rate_limits: Sequence[str] = (),
    ) -> None:
        self.host = host
        self.port = port
        self._names = frozenset(name.lower() for name in names)
        self._origins = frozenset(allow_origins)
        self._tls = tls
        self._reader = None if require_token else working_reader()
        self._label = root.name or "root"
        self.service = _service_of(
            Root(root, reason), allow_origins=self._origins, limits=RateLimits(parse(rate_limits))
        )
        self._server: Server | None = None
        self._announcement: Path | None = None
        self.identity: ViewerIdentity

    @property
    def knows_owners(self) -> bool:
        """Whether the same user's programs pass without the token."""
        return self._reader is not None

    @property
    def url(self) -> str:
        """The address to open, with the port that was bound."""
        scheme = "http" if self._tls is None else "https"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"

    def login_url(self) -> str:
        """Return an address that logs a browser in once."""
        return f"{self.url}/?login={self.identity.new_code()}"

    async def start(self) -> Self:
        """Bind, announce the token to programs of this user, and begin to answer.

        Raises
        ------
        OSError
            The address cannot be bound.
        Forbidden
            There is no safe place for the token.
        """
        sockets = self._bind()
        try:
            self.port = sockets[0].getsockname()[1]
            self.identity = ViewerIdentity(self._reader, f"runicorn-viewer-{self.port}", self._origins)
            self._announcement = announce(
                RunningViewer(self.url, self.identity.token, os.getpid(), self._label), self.port
            )
        except BaseException:
            for one in sockets:
                one.close()
            raise
        self.service.ports = LocalPorts(self.service, self.identity)
        self._server = serve(self._application(), sockets, self._tls)
        self.service.warm_up()
        return self

    async def stop(self) -> bool:
        """Close every stream, the workspace and the sockets; tell whether all ended in time (about 4 s)."""
        if self._announcement is not None:
            self._announcement.unlink(missing_ok=True)
            self._announcement = None
        return await _end(self.service, self._server)

    def _bind(self) -> list[socket.socket]:
        """Bind the host; the default one on IPv6 loopback too, when that port is free there."""
        first = netutil.bind_sockets(self.port, self.host)
        if self.host == DEFAULT_HOST and socket.has_ipv6:
            with contextlib.suppress(OSError):
                first += netutil.bind_sockets(first[0].getsockname()[1], "::1")
        return first

    def _application(self) -> Application:
        names = self._names | {self.host.lower()}
        every = [*rules(""), ("/login/code", LoginCodeHandler, {}), *NOTHING_ELSE]
        return Application(every, self.service, self.identity, names=names, reachable=not is_loopback(self.host))


class SocketViewer(_Started):
    """The API alone, on one unix socket for this process's own user: how another machine's session gets at these runs.

    There is no page, no port, no token and no runtime file; `ended` is the end of the lease.

    Parameters
    ----------
    root : Root
        The storage root.
    path : Path
        Where the socket lies; see `UnixSocket`.
    lease : float, optional
        Seconds without a request after which `ended` returns.
    """

    def __init__(self, root: Root, path: Path, *, lease: float | None = None) -> None:
        # The gate that a session's requests came through has counted them; here they are all of one caller.
        self.service = _service_of(root, limits=RateLimits({"standard": 0, "v2": 0}))
        self._path = path
        self._lease = None if lease is None else Lease(lease)
        self._socket: UnixSocket | None = None
        self._server: Server | None = None

    async def start(self) -> Self:
        """Bind and begin to answer.

        Raises
        ------
        BadRequest, Forbidden, Conflict
            There can be no safe socket at the path; see `UnixSocket`.
        OSError
            The system refuses.
        """
        self._socket = UnixSocket(self._path)
        if self._lease is not None:
            self._lease.renew()
            self.service.heard = self._lease.renew
        identity = OwnerIdentity(self.service.heard)
        self._server = serve(
            Application([*mount("/api"), *NOTHING_ELSE], self.service, identity), [self._socket.socket]
        )
        self.service.warm_up()
        return self

    async def ended(self) -> None:
        """Wait until nobody has asked anything for the time of the lease; for ever without one."""
        await (asyncio.Event().wait() if self._lease is None else self._lease.ended())

    async def stop(self) -> bool:
        """Close every stream and the workspace, and remove the socket; tell whether all ended in time (about 4 s)."""
        if self._socket is not None:
            self._socket.remove()
        return await _end(self.service, self._server)


def allow_many_clients() -> None:
    """Let this process hold as many connections as the system allows it; many systems begin with 1,024."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # not on Windows, which has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


def _service_of(root: Root, **options: Any) -> Service:
    # A root that came from the user's config follows it; one that was named here stays.
    follows = root.reason in {"user config", "default"}
    return Service(
        lambda: find_root() if follows else root,
        lambda found: Workspace(found.path, reason=found.reason, holder="viewer").start(),
        **options,
    )


async def _end(service: Service, server: Server | None) -> bool:
    if server is not None:
        server.stop()
    ended = await service.close()
    if service.ports is not None:
        await service.ports.end()
    if server is not None:
        await server.end()
    return ended
