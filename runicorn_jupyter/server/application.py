"""A server of our own, outside Jupyter: the routes it is given, one identity, and no word to a foreign Host."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import ssl
from collections.abc import Iterable, Sequence
from typing import Any

from jupyter_server.auth import AllowAllAuthorizer
from jupyter_server.auth.identity import IdentityProvider
from tornado import httputil, web
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream

from runicorn_jupyter.errors import HeadersTooLarge
from runicorn_jupyter.server.access.hosts import is_allowed
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.service import SETTING, Service

_BODY_LIMIT = 16 * 1024 * 1024
_HEADER_LIMIT = 64 * 1024
_READ_OF_HEADERS = 2 * _HEADER_LIMIT
"""Tornado hangs up on longer ones without a word; up to here we can say what is wrong (W30)."""

_GOODBYE = 1.0


class Application(web.Application):
    """Asks for the Host before any routing, so that nothing at all answers to a foreign name (W13).

    Parameters
    ----------
    rules : list
        Tornado's rules; all handlers are gates.
    service : Service
        What the handlers work with.
    identity : IdentityProvider
        Who may call.
    names : frozenset of str
        Host names, besides loopback, that are answered to, in lower case.
    reachable : bool
        Whether others on the network can connect.
    """

    def __init__(
        self,
        rules: Iterable[Any],
        service: Service,
        identity: IdentityProvider,
        *,
        names: frozenset[str] = frozenset(),
        reachable: bool = False,
    ) -> None:
        settings: dict[str, Any] = {
            SETTING: service,
            "base_url": "/",
            "cookie_secret": secrets.token_bytes(32),
            "xsrf_cookies": True,
            "xsrf_cookie_kwargs": {"samesite": "Strict", "path": "/"},
            "identity_provider": identity,
            "authorizer": AllowAllAuthorizer(identity_provider=identity),
            "allow_unauthenticated_access": False,
            # `find_handler` asks before any route; this is jupyter_server's own second look.
            "local_hostnames": ["localhost", *names],
            "allow_remote_access": reachable,
            "serverapp": None,
            "headers": {},
            "log_function": lambda _: None,
        }
        super().__init__(list(rules), **settings)
        self._names = names

    def find_handler(self, request: httputil.HTTPServerRequest, **kwargs: Any) -> Any:
        """Let a foreign Host reach no route at all."""
        if not is_allowed(request.host, self._names):
            return self.get_handler_delegate(request, _ForeignHost)
        if sum(len(name) + len(value) + 4 for name, value in request.headers.get_all()) > _HEADER_LIMIT:
            return self.get_handler_delegate(request, _LongHeaders)
        return super().find_handler(request, **kwargs)


class Server(HTTPServer):
    """Answers on sockets until it is told to end."""

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        """Begin a connection."""
        # Nagle and delayed ACK together would cost 40 ms on answers of two writes.
        stream.set_nodelay(True)
        super().handle_stream(stream, address)

    async def end(self) -> None:
        """Accept nothing more and close every connection; a stubborn one is left after a second."""
        self.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.close_all_connections(), _GOODBYE)


def serve(application: Application, sockets: Sequence[socket.socket], tls: ssl.SSLContext | None = None) -> Server:
    """Begin to answer on bound `sockets`."""
    server = Server(application, ssl_options=tls, max_body_size=_BODY_LIMIT, max_header_size=_READ_OF_HEADERS)
    server.add_sockets(sockets)
    return server


class _ForeignHost(Gate):
    def check_host(self) -> bool:
        return False


class _LongHeaders(Gate):
    async def prepare(self, **_: Any) -> None:
        raise HeadersTooLarge("The headers are longer than 64 KiB: remove the cookies of this site, then ask again.")
