"""The API of a viewer on another host, below an address of ours: only data passes, never a page (G13, D28).

The way of a request is: our gate, as for everything; the table of what may be asked for; a channel to the session's
viewer; and an answer that is held against what our own API declares. Whatever the other host sends, the browser gets
our headers, our error bodies, and no more than the named ones of its.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from typing import TYPE_CHECKING, Any, ClassVar, cast

from jupyter_server.utils import url_path_join
from tornado.httputil import HTTPHeaders, RequestStartLine
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler, stream_request_body

from runicorn_jupyter.errors import BadRequest, RunicornError, UnsupportedMediaType
from runicorn_jupyter.server.gate import Gate, GateSocket
from runicorn_jupyter.server.remote.channels import Open
from runicorn_jupyter.server.remote.delivery import Delivery
from runicorn_jupyter.server.remote.farsocket import FarSocket
from runicorn_jupyter.server.remote.passages import Passage, passage, socket_addresses
from runicorn_jupyter.server.remote.passing import request_headers, request_query
from runicorn_jupyter.server.remote.relay import Relay
from runicorn_jupyter.server.routes import Route, pattern_of
from runicorn_jupyter.server.runs.uploads import UPLOAD_LIMIT

if TYPE_CHECKING:
    _Base = RequestHandler
else:
    _Base = object

_BODY_LIMIT = 16 * 1024 * 1024
_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
_LINGER_S = 5.0
_CHUNKED = {"POST", "PUT", "PATCH"}
_LENGTH = re.compile(r"[0-9]{1,18}")


class _Way(_Base):
    """To which session a request goes, and to which address there; HTTP and websockets share it."""

    auth_resource = "runicorn:remote"

    def initialize(self, before: str, session: str | None = None) -> None:
        """Take what the route says.

        Parameters
        ----------
        before : str
            What stands before the session in the path, without the base URL; with a fixed session before ``/api``.
        session : str, optional
            The session, when the address does not name it.
        """
        self._before = before
        self._fixed = session

    def _way(self) -> tuple[str, str]:
        """Return the session and the path below its ``/api``, as it came over the wire."""
        prefix = url_path_join(self.settings["base_url"], self._before)
        rest = self.request.path.removeprefix(prefix).lstrip("/")
        session, _, rest = (self._fixed, "", rest) if self._fixed else rest.partition("/")
        return session, rest.removeprefix("api")

    def _opener(self, session: str) -> Open:
        """Return what opens a channel to the session's viewer."""
        handler = cast("Gate", self)

        async def opened() -> socket.socket:
            return await handler.ask_far(lambda far: far.open_channel(session))

        return opened


@stream_request_body
class ProxyHandler(_Way, Gate):
    """Any verb of the API that has a passage; bodies go both ways as they come, however large."""

    policy: ClassVar[str] = _SANDBOX

    _relay: Relay | None = None
    _task: asyncio.Task[None] | None = None
    _lingering: asyncio.Future[None] | None = None
    _left = 0
    """Bytes of the body that are still to come; of one in chunks nobody knows, so it is one until the end."""

    async def prepare(self, **_: Any) -> None:
        """Pass our own gate, then send the head of the request on."""
        found = self._passage()
        if isinstance(found, Passage):
            self.limited_as = getattr(found.operation.handler, "limited_as", self.limited_as)
        await super().prepare()
        if self.request.method == "OPTIONS":
            return
        if isinstance(found, RunicornError):
            raise found
        self._check_kind(found)
        await self._begin(found)

    async def _begin(self, found: Passage) -> None:
        """Send the head; from now on the answer is read beside the upload, for it may come before its end."""
        cast("Any", self.request.connection).set_max_body_size(UPLOAD_LIMIT if found.upload else _BODY_LIMIT)
        session, path = self._way()
        headers = request_headers(self.request.headers)
        delivery = Delivery(self, found, takes_gzip=headers["Accept-Encoding"] == "gzip")
        self._relay = Relay(
            self.service.channels,
            session,
            self._opener(session),
            delivery,
            self._start(path),
            self._framed(headers),
            body=self._has_body,
        )
        self._read = asyncio.Event()
        length = headers.get("Content-Length", "")
        self._left = (int(length) if _LENGTH.fullmatch(length) else 1) if self._has_body else 0
        await self._relay.begin()
        self._task = asyncio.ensure_future(self._answer(self._relay, delivery))

    async def data_received(self, chunk: bytes) -> None:
        """Send a piece of the body on; the client waits as long as the other host does."""
        if self._relay is not None and self._has_body:
            await self._relay.write(chunk)
            self._left -= len(chunk) if "Content-Length" in self.request.headers else 0

    async def _pass(self, *_: str) -> None:
        """Wait for the end of the answer: all of the body is there."""
        assert self._relay is not None
        assert self._task is not None
        self._read.set()
        self._relay.end()
        await self._task

    async def get(self, *_: str) -> None:
        """Pass it on."""
        await self._pass()

    async def head(self, *_: str) -> None:
        """Pass it on."""
        await self._pass()

    async def post(self, *_: str) -> None:
        """Pass it on."""
        await self._pass()

    async def put(self, *_: str) -> None:
        """Pass it on."""
        await self._pass()

    async def patch(self, *_: str) -> None:
        """Pass it on."""
        await self._pass()

    async def delete(self, *_: str) -> None:
        """Pass it on."""
        await self._pass()

    def on_connection_close(self) -> None:
        """Give up what nobody waits for."""
        if self._relay is not None:
            self._relay.abort()
            self._read.set()
        super().on_connection_close()

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> asyncio.Future[None]:
        """End the answer; one that comes before the end of an upload gets the time to be read."""
        if not self._left:
            return super().finish(chunk)
        if self._lingering is None:
            self._lingering = asyncio.ensure_future(self._linger(chunk))
        return self._lingering

    async def _linger(self, chunk: str | bytes | dict[str, Any] | None) -> None:
        """Send the answer, and take what still comes for some seconds.

        Closed at once, the connection would be reset under a client that is busy sending, and with it the answer.
        """
        if chunk is not None:
            self.write(chunk)
        if not self._headers_written:
            self.set_header("Content-Length", str(sum(map(len, self._write_buffer))))
        with contextlib.suppress(TimeoutError, StreamClosedError):
            await self.flush()
            await asyncio.wait_for(self._read.wait(), _LINGER_S)
        self._left = 0
        if not self._finished:
            await self.finish()

    def compute_etag(self) -> str | None:
        """Leave the tag that the other viewer gave."""
        return None

    async def _answer(self, relay: Relay, delivery: Delivery) -> None:
        try:
            try:
                await relay.answer()
            finally:
                if self._left == 0:
                    # Tornado closes the connection of an answer that ends before it has seen the end of the request.
                    await self._read.wait()
            await delivery.end()
        except StreamClosedError:
            relay.abort()  # the client left
        except Exception as error:  # noqa: BLE001 - a task beside the verb has no other way to tell
            if delivery.begun:
                # What was sent so far must not look whole: the connection ends without its last chunk.
                self.detach().close()
            else:
                self._handle_request_exception(error)

    def _passage(self) -> Passage | RunicornError:
        """Return what is asked for, or why not; it is told behind the gate."""
        try:
            return passage(self.request.method or "GET", self._way()[1])
        except RunicornError as error:
            return error

    @property
    def _has_body(self) -> bool:
        if self.request.method in {"GET", "HEAD"}:
            return False
        given = self.request.headers
        return "Transfer-Encoding" in given or given.get("Content-Length", "0") != "0"

    def _check_kind(self, found: Passage) -> None:
        given = self.request.headers
        kind = given.get("Content-Type", "").partition(";")[0].strip().lower()
        # Chunks without a type may be none at all; if they are some, the other viewer refuses them.
        plain = not found.upload and (kind or "Transfer-Encoding" not in given)
        if self._has_body and plain and kind not in self.body_types:
            raise UnsupportedMediaType(f"Send the body as {' or '.join(sorted(self.body_types))}.")

    def _start(self, path: str) -> RequestStartLine:
        query = request_query(self.request.query)
        return RequestStartLine(self.request.method or "GET", f"/api{path}{'?' if query else ''}{query}", "HTTP/1.1")

    def _framed(self, headers: HTTPHeaders) -> HTTPHeaders:
        """Return the headers with a length, unless a body comes in chunks."""
        if not self._has_body:
            for name in ("Content-Length", "Content-Type"):
                headers.pop(name, None)
            if self.request.method not in {"GET", "HEAD"}:
                headers["Content-Length"] = "0"
        elif "Content-Length" not in headers and self.request.method not in _CHUNKED:
            raise BadRequest("Say the length of the body in Content-Length.")
        return headers


class ProxySocket(_Way, GateSocket):
    """A stream of the other viewer: its text messages, and its goodbye, pass; nothing goes there."""

    _far: FarSocket | None = None

    async def get(self, *args: str, **kwargs: str) -> None:
        """Open the stream there first, so that a session that is away is told as a status."""
        session, path = self._way()
        query = request_query(self.request.query)
        self._far = await FarSocket.opened(await self._opener(session)(), f"/api{path}{'?' if query else ''}{query}")
        try:
            await super().get(*args, **kwargs)
        finally:
            if self.ws_connection is None:
                self._far.close()

    async def follow(self, *_: str) -> None:
        """Hand on messages, each when the client has taken the one before."""
        far = self._far
        assert far is not None
        while (message := await far.read()) is not None:
            await self.write_message(message)
        self.close(*far.goodbye())

    def on_close(self) -> None:
        """Close the stream there, too."""
        if self._far is not None:
            self._far.close()
        super().on_close()


def proxy_routes(prefix: str, session: str | None = None) -> list[Route]:
    """Return the rules of the proxy.

    Parameters
    ----------
    prefix : str
        Without a slash at its end: ``{prefix}/remote/{session}/api/…`` are the addresses, ``{prefix}/api/…`` those of a
        fixed session.
    session : str, optional
        The one session that is meant.
    """
    before = prefix if session else f"{prefix}/remote"
    rules = {"before": before, "session": session}
    api = f"{prefix}/api" if session else f"{prefix}/remote/([^/]+)/api"
    sockets = [(api + pattern_of(address), ProxySocket, rules) for address in socket_addresses()]
    return [*sockets, (f"{api}(/.*)", ProxyHandler, rules)]
