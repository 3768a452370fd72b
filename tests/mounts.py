"""The two mounts of the one API, driven alike: real sockets, real HTTP, no shortcuts into handlers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.web import Application
from tornado.websocket import WebSocketClientConnection, websocket_connect


@dataclass
class Mount:
    """One running server and what a test needs to talk to it.

    ``token`` is a header set that any caller may send; ``cookie`` makes the header set of a logged-in browser.
    """

    kind: str
    port: int
    prefix: str
    application: Application
    token: Mapping[str, str]
    cookie: Mapping[str, str] = field(default_factory=dict)
    stranger: Mapping[str, str] = field(default_factory=dict)
    """What a caller without identity sends: in the viewer a browser's mark, since bare calls are the owner's."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def fetch(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        body: bytes | None = None,
        whole: bool = False,
        unpack: bool = True,
    ) -> HTTPResponse:
        """Ask for an address of the API (of the server, when `whole`); with the token unless `headers` are given.

        The client takes gzip and unpacks it by itself, unless not to `unpack`.
        """
        client: AsyncHTTPClient = SimpleAsyncHTTPClient(force_instance=True)
        request = HTTPRequest(
            self.url(path if whole else self.prefix + path),
            method=method,
            headers=dict(self.token if headers is None else headers),
            body=body,
            allow_nonstandard_methods=True,
            follow_redirects=False,
            request_timeout=20,
            decompress_response=unpack,
        )
        try:
            return await client.fetch(request, raise_error=False)
        finally:
            client.close()

    async def json(self, path: str, headers: Mapping[str, str] | None = None) -> Any:
        response = await self.fetch(path, headers)
        assert response.code == 200, (path, response.code, response.body)
        return json.loads(response.body)

    async def json_of(self, address: str) -> Any:
        """Return the JSON at an address of the server, not only of the API."""
        response = await self.fetch(address, whole=True)
        assert response.code == 200, (address, response.code, response.body)
        return json.loads(response.body)

    async def settled(self) -> None:
        """Wait until every run of the root was read, metrics and all: a busy machine may need long, a list does not.

        20 s at most.
        """
        async with asyncio.timeout(20):
            while not (await self.json("/health"))["complete"]:  # noqa: ASYNC110 - the walk is another thread's
                await asyncio.sleep(0.02)

    async def socket(self, path: str, headers: Mapping[str, str] | None = None) -> WebSocketClientConnection:
        """Open a websocket, with the token unless `headers` are given."""
        url = self.url(self.prefix + path).replace("http:", "ws:")
        return await websocket_connect(HTTPRequest(url, headers=dict(self.token if headers is None else headers)))


def patterns(mount: Mount) -> list[tuple[str, type]]:
    """Return (address pattern, handler class) of every rule of ours in the running application's router."""
    found = []
    for outer in mount.application.default_router.rules:
        for rule in getattr(outer.target, "rules", ()):
            ours = getattr(rule.target, "__module__", "").startswith("runicorn_jupyter.")
            found += [(rule.matcher.regex.pattern.removesuffix("$"), rule.target)] if ours else []
    return found


async def until(true: Callable[[], object], seconds: float = 10) -> None:
    """Wait until the condition holds, at most 10 s or so many `seconds`."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - conditions of another thread or process have no event to wait for
            await asyncio.sleep(0.02)
