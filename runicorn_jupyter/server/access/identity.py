"""Who calls a standalone viewer (security G3, G4): the token, the browser's cookie, or the owner of the connection."""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
import time
import weakref
from typing import TYPE_CHECKING, Literal, cast

from jupyter_server.auth.identity import IdentityProvider, User

from runicorn_jupyter.errors import Forbidden, IdentityRequired
from runicorn_jupyter.server.access.hosts import is_loopback, is_loopback_host
from runicorn_jupyter.server.access.peer import Address, Reader, by_netlink, same_user

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler
    from tornado import web
    from tornado.iostream import IOStream

Way = Literal["token", "cookie", "owner", "origin", "login", "navigation"]
TOKEN_BYTES = 32
_CODE_SECONDS = 3600.0
_BEARER = re.compile(r"(?:token|bearer)\s+(\S+)\s*", re.IGNORECASE)
_BROWSER_MARKS = ("Origin", "Referer", "Cookie")
_PROXY_MARKS = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")
"""A proxy of the same user makes connections of the same user: whoever is behind it has to show the token."""


class Caller(User):
    """The owner of the viewer, and how we know."""

    way: Way = "token"


class ViewerIdentity(IdentityProvider):
    """Identity of a standalone viewer; there is one user, whoever holds the token.

    Parameters
    ----------
    reader : callable or None
        How to find the owner of a connection; None lets nobody in without the token.
    cookie : str
        Name of the login cookie, with the port, since cookies of one host are shared by all its ports.
    allow_origins : frozenset of str
        Origins whose pages count as the owner's own clients, when the connection is the owner's.
    """

    def __init__(self, reader: Reader | None, cookie: str, allow_origins: frozenset[str] = frozenset()) -> None:
        super().__init__(token=secrets.token_hex(TOKEN_BYTES))
        self.cookie = cookie
        self._reader = reader
        self._allow_origins = allow_origins
        self._codes: dict[str, float] = {}
        self._owned: weakref.WeakKeyDictionary[IOStream, bool] = weakref.WeakKeyDictionary()

    def beside(self, cookie: str) -> ViewerIdentity:
        """Return the identity for another port of the same viewer: the same token, a cookie of its own."""
        other = ViewerIdentity(self._reader, cookie, self._allow_origins)
        other.token = self.token
        return other

    def new_code(self) -> str:
        """Return a code for one login URL, good once and for an hour."""
        now = time.monotonic()
        self._codes = {code: until for code, until in self._codes.items() if until > now}
        code = secrets.token_urlsafe(TOKEN_BYTES)
        self._codes[code] = now + _CODE_SECONDS
        return code

    async def get_user(self, handler: web.RequestHandler) -> User | None:
        """Return the owner, or None with ``handler.refusal`` set when we know why not."""
        page = cast("JupyterHandler", handler)
        way = self._explicit(page)
        if way is None and await self._is_owner(page):
            way = self._implicit(page)
        if way is None:
            return None
        # What no web page can send needs no XSRF check; only the cookie can be sent by somebody else's page.
        page._token_authenticated = way in {"token", "owner", "origin"}  # type: ignore[attr-defined]  # noqa: SLF001
        caller = Caller("owner")
        caller.way = way
        return caller

    def _explicit(self, handler: JupyterHandler) -> Way | None:
        given = _BEARER.fullmatch(handler.request.headers.get("Authorization", ""))
        if given and hmac.compare_digest(given[1].encode(), self.token.encode()):
            return "token"
        if getattr(handler, "navigable", False) and self._redeem(handler):
            return "login"
        if handler.get_signed_cookie(self.cookie):
            return "cookie"
        return None

    def _implicit(self, handler: JupyterHandler) -> Way | None:
        """Return how the owner's own connection may pass without a token, else say why not."""
        headers = handler.request.headers
        if any(mark in headers for mark in _PROXY_MARKS):
            handler.refusal = IdentityRequired("This request came through a proxy, so it needs the token.")  # type: ignore[attr-defined]
            return None
        origin = headers.get("Origin")
        if origin is not None and origin in self._allow_origins:
            return "origin"
        site = headers.get("Sec-Fetch-Site", "none")
        if getattr(handler, "navigable", False) and site == "none" and headers.get("Sec-Fetch-Mode") == "navigate":
            return "navigation"
        if site == "none" and not any(mark in headers for mark in _BROWSER_MARKS):
            return "owner"
        handler.refusal = _browser_refusal(origin)  # type: ignore[attr-defined]
        return None

    async def _is_owner(self, handler: JupyterHandler) -> bool:
        """Tell whether the other end is a process of our own user on this machine; asked once per connection."""
        if self._reader is None or not is_loopback_host(handler.request.host):
            return False
        stream = cast("IOStream | None", getattr(handler.request.connection, "stream", None))
        if stream is None or stream.socket is None:
            return False
        if stream not in self._owned:
            here, there = _ends(stream)
            if not is_loopback(there.host):
                owned = False
            elif self._reader is by_netlink:
                owned = _surely(self._reader, there, here)
            else:
                owned = await asyncio.to_thread(_surely, self._reader, there, here)
            self._owned[stream] = owned
        return self._owned[stream]

    def _redeem(self, handler: JupyterHandler) -> bool:
        codes = handler.request.query_arguments.get("login", [])
        until = self._codes.pop(codes[0].decode("ascii", "replace"), 0.0) if len(codes) == 1 else 0.0
        return until > time.monotonic()


def _surely(reader: Reader, client: Address, server: Address) -> bool:
    try:
        return same_user(reader(client, server))
    except (OSError, ValueError):
        return False


def _ends(stream: IOStream) -> tuple[Address, Address]:
    here, there = stream.socket.getsockname(), stream.socket.getpeername()
    return Address(*here[:2]), Address(*there[:2])


def _browser_refusal(origin: str | None) -> Forbidden:
    if origin:
        return Forbidden(
            f"Pages of {origin[:200]} may not call this viewer; if they should, start it with --allow-origin and "
            "exactly that origin."
        )
    return Forbidden(
        "This request came from a browser that is not logged in: open the address that `runicorn viewer --url` prints."
    )
