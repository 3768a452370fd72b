"""Door B without Jupyter: the same routes in a bare tornado Application, for the one user who started it.

A ServerApp would serve kernels and contents too; here is nothing but our API and our page.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jupyter_server.auth import AllowAllAuthorizer
from tornado import httputil, netutil, web
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream

from runicorn_jupyter.paths import Root, find_root
from runicorn_jupyter.server.access.hosts import is_allowed, is_loopback
from runicorn_jupyter.server.access.identity import ViewerIdentity
from runicorn_jupyter.server.access.limits import PRESETS as RATE_PRESETS
from runicorn_jupyter.server.access.limits import RateLimits, parse
from runicorn_jupyter.server.access.limits import checked as checked_rate_limits
from runicorn_jupyter.server.access.login import LoginCodeHandler
from runicorn_jupyter.server.access.peer import working_reader
from runicorn_jupyter.server.access.runtime import RunningViewer, announce, running_viewers
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.options import ViewerOptions, described
from runicorn_jupyter.server.page import page_routes
from runicorn_jupyter.server.routes import mount
from runicorn_jupyter.server.service import SETTING, Service
from runicorn_jupyter.server.spec.documents import document_routes
from runicorn_jupyter.workspace import Workspace

__all__ = [
    "RATE_PRESETS",
    "Viewer",
    "ViewerOptions",
    "allow_many_clients",
    "checked_rate_limits",
    "described",
    "running_viewers",
]

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 23300
_BODY_LIMIT = 16 * 1024 * 1024


class Viewer:
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
        # A root that came from the user's config follows it; one that was named here stays.
        follows = reason in {"user config", "default"}
        self.service = Service(
            lambda: find_root() if follows else Root(root, reason),
            lambda found: Workspace(found.path, reason=found.reason, holder="viewer").start(),
            allow_origins=self._origins,
            limits=RateLimits(parse(rate_limits)),
        )
        self._server: HTTPServer | None = None
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
        self._server = _Server(self._application(), ssl_options=self._tls, max_body_size=_BODY_LIMIT)
        self._server.add_sockets(sockets)
        self.service.warm_up()
        return self

    async def stop(self) -> bool:
        """Close every stream, the workspace and the sockets; tell whether all ended in time (about 4 s)."""
        if self._announcement is not None:
            self._announcement.unlink(missing_ok=True)
            self._announcement = None
        if self._server is not None:
            self._server.stop()
        ended = await self.service.close()
        if self._server is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._server.close_all_connections(), 1)
            self._server = None
        return ended

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _bind(self) -> list[socket.socket]:
        """Bind the host; the default one on IPv6 loopback too, when that port is free there."""
        first = netutil.bind_sockets(self.port, self.host)
        if self.host == DEFAULT_HOST and socket.has_ipv6:
            with contextlib.suppress(OSError):
                first += netutil.bind_sockets(first[0].getsockname()[1], "::1")
        return first

    def _application(self) -> web.Application:
        names = self._names | {self.host.lower()}
        settings: dict[str, Any] = {
            SETTING: self.service,
            "base_url": "/",
            "cookie_secret": secrets.token_bytes(32),
            "xsrf_cookies": True,
            "xsrf_cookie_kwargs": {"samesite": "Strict", "path": "/"},
            "identity_provider": self.identity,
            "authorizer": AllowAllAuthorizer(identity_provider=self.identity),
            "allow_unauthenticated_access": False,
            # `HostFilter` asks before any route; this is jupyter_server's own second look.
            "local_hostnames": ["localhost", *names],
            "allow_remote_access": not is_loopback(self.host),
            "serverapp": None,
            "headers": {},
            "log_function": lambda _: None,
        }
        rules = [*mount("/api"), ("/login/code", LoginCodeHandler, {}), *document_routes(""), *page_routes()]
        return _Application(rules, names, settings)


def allow_many_clients() -> None:
    """Let this process hold as many connections as the system allows it; many systems begin with 1,024."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # not on Windows, which has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


class _Application(web.Application):
    """Asks for the Host before any routing, so that nothing at all answers to a foreign name (W13)."""

    def __init__(self, rules: list[Any], names: frozenset[str], settings: dict[str, Any]) -> None:
        super().__init__(rules, **settings)
        self._names = names

    def find_handler(self, request: httputil.HTTPServerRequest, **kwargs: Any) -> Any:
        if not is_allowed(request.host, self._names):
            return self.get_handler_delegate(request, _ForeignHost)
        return super().find_handler(request, **kwargs)


class _ForeignHost(Gate):
    def check_host(self) -> bool:
        return False


class _Server(HTTPServer):
    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        # Nagle and delayed ACK together would cost 40 ms on answers of two writes.
        stream.set_nodelay(True)
        super().handle_stream(stream, address)
