"""THE gate: Host → identity → XSRF, Origin, Sec-Fetch → method, in this order, for every route and websocket.

Handlers of both mounts derive from `Gate` or `GateSocket` and from nothing else; a test walks the router and holds
that true. Inside Jupyter the Host check, identity, authorizer and XSRF are Jupyter's own, so hubs and proxies work
unchanged. Standalone, `ViewerIdentity` says who calls. Added here for both: the Sec-Fetch-Site check (W12), a refusal
instead of a redirect, bodies only as JSON, one error body, one set of headers.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from jupyter_server.auth.decorator import allow_unauthenticated, ws_authenticated
from jupyter_server.auth.utils import HTTP_METHOD_TO_AUTH_ACTION
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async, origin_matches_pat
from tornado import web
from tornado.iostream import StreamClosedError
from tornado.log import app_log
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from runicorn_jupyter.errors import Forbidden, IdentityRequired, RateLimited, RunicornError, UnsupportedMediaType
from runicorn_jupyter.server.access.limits import Standing
from runicorn_jupyter.server.answer.problems import describe
from runicorn_jupyter.server.answer.wire import encode
from runicorn_jupyter.server.request.body import Body
from runicorn_jupyter.server.request.fields import reading
from runicorn_jupyter.server.request.params import Params
from runicorn_jupyter.server.service import SETTING, Service

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import Remotes, Workspace

# The checks stand before tornado's and Jupyter's classes in the method order, so they are a mixin at run time.
if TYPE_CHECKING:
    _Base = JupyterHandler
else:
    _Base = object

_VERBS = ("get", "head", "post", "put", "patch", "delete")
_OPEN = "__allow_unauthenticated"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_DEAR = {"delete", "connect"}
"""Limits so low that only what has passed the gate counts: no page and no neighbour uses them up for the owner."""

_T = TypeVar("_T")


class _Checks(_Base):
    """The checks themselves and the words every handler uses; HTTP and websocket share them."""

    auth_resource = "runicorn"
    # Polled handlers must not count as activity, or a hub never culls an idle server.
    _track_activity = False

    _base_prepare: ClassVar[dict[str, Any]] = {"_redirect_to_login": False}
    policy: ClassVar[str] = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    body_types: ClassVar[frozenset[str]] = frozenset({"application/json"})
    refusal: RunicornError | None = None
    """Set by an identity provider that knows why it says no."""

    limited_as: str = "standard"
    """Which rate limit the route counts against (see `server.limits`)."""

    _standing: Standing | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let every verb need identity unless it says `allow_unauthenticated`, and read what its signature declares."""
        super().__init_subclass__(**kwargs)
        for verb in _VERBS:
            method = cls.__dict__.get(verb)
            if method is not None:
                method = reading(method)
                setattr(cls, verb, method if hasattr(method, _OPEN) else ws_authenticated(method))
        if "follow" in cls.__dict__:
            cls.follow = reading(cls.__dict__["follow"])  # type: ignore[attr-defined]

    @property
    def service(self) -> Service:
        """The service of this mount."""
        return cast("Service", self.settings[SETTING])

    @cached_property
    def _params(self) -> Params:
        """The query of this request."""
        return Params(self.request.query_arguments)

    @cached_property
    def _body(self) -> Body:
        """The JSON body of this request."""
        return Body.parse(self.request.body)

    async def ask(self, question: Callable[[Workspace], _T], *, patient: bool | float = True) -> _T:
        """Return ``question(workspace)``, worked out in a thread; see `Service.ask`."""
        return await self.service.ask(question, patient=patient)

    async def ask_far(self, question: Callable[[Remotes], Future[_T]]) -> _T:
        """Return what another host answers; see `Service.ask_far`."""
        return await self.service.ask_far(question)

    async def prepare(self, **_: Any) -> None:
        """Let the request pass, or raise what is wrong with it."""
        if not self.check_host():
            raise Forbidden(
                "The Host header names another machine. Use localhost or 127.0.0.1 in the address, "
                "or start the server for the name you use."
            )
        self._count("standard" if self.limited_as in _DEAR else self.limited_as)
        try:
            await super().prepare(**self._base_prepare)
        except web.HTTPError:
            if getattr(self, "_jupyter_current_user", True) is None:
                raise self._no_identity() from None
            raise
        await self._check_identity()
        self._check_site()
        self._check_body()
        if self.limited_as in _DEAR:
            self._count(self.limited_as)

    def _count(self, kind: str) -> None:
        """Count the request, of whomever it is; the address of the connection tells clients apart, no header does."""
        self._standing = self.service.limits.take(kind, self.request.remote_ip or "")
        self._tell_standing()
        if not self._standing.allowed:
            raise RateLimited("Too many requests in a minute; wait and ask again.", retry_after=self._standing.reset)

    def _tell_standing(self) -> None:
        if self._standing is not None:
            for name, value in self._standing.headers().items():
                self.set_header(name, value)

    async def _check_identity(self) -> None:
        user = self.current_user
        if user is None:
            if not self._open_to_all():
                raise self._no_identity()
            return
        action = HTTP_METHOD_TO_AUTH_ACTION[self.request.method or "GET"]
        if not await ensure_async(self.authorizer.is_authorized(self, user, action, self.auth_resource)):
            raise Forbidden(f"You may not {action} here: the server's authorizer refused it.")

    def _check_site(self) -> None:
        """Refuse what another site's page made this browser send (W12); jupyter_server does not look at it."""
        if self.current_user is None or self.token_authenticated:
            return
        site = self.request.headers.get("Sec-Fetch-Site", "none")
        if site not in {"none", "same-origin"} and not self._origin_is_listed():
            raise Forbidden("This request was made by a page of another site and is refused.")
        if not self.check_origin():
            raise Forbidden("This request comes from another origin and is refused.")

    def _check_body(self) -> None:
        if self.request.method in _SAFE or not self.request.body:
            return
        kind = self.request.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind not in self.body_types:
            raise UnsupportedMediaType(f"Send the body as {' or '.join(sorted(self.body_types))}.")

    def _open_to_all(self) -> bool:
        """Tell whether this verb answers strangers, or is the preflight of an origin the operator listed."""
        if self.request.method == "OPTIONS":
            return self._origin_is_listed()
        return bool(getattr(getattr(self, (self.request.method or "get").lower()), _OPEN, False))

    def _no_identity(self) -> RunicornError:
        return self.refusal or IdentityRequired("Log in first, or send the token in the header Authorization: token …")

    def _origin_is_listed(self) -> bool:
        origin = self.get_origin()
        if not origin or origin == "null":
            return False
        if origin in self.service.allow_origins or self.allow_origin in {"*", origin}:
            return True
        return bool(self.allow_origin_pat and origin_matches_pat(self.allow_origin_pat, origin))

    def set_cors_headers(self) -> None:
        """Allow only origins that the operator listed: jupyter_server would reflect any origin that has the token."""
        if self._origin_is_listed():
            self.set_header("Access-Control-Allow-Origin", cast("str", self.get_origin()))
            self.add_header("Vary", "Origin")

    @property
    def content_security_policy(self) -> str:
        """Ours, whatever the server's configuration allows for its own pages."""
        return self.policy

    def set_default_headers(self) -> None:
        """Set the headers that every answer of ours carries (W20)."""
        super().set_default_headers()
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Cache-Control", "private, no-cache")
        self._tell_standing()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with the D3 body; nothing of an unexpected exception shows."""
        problem = describe(kwargs.get("exc_info", (None, None))[1], status_code)
        # Chromium sends a request again by itself, even a POST and without end, when a connection that it used before
        # answers 408: nobody would ever read why.
        late = problem.status == HTTPStatus.REQUEST_TIMEOUT and self._is_page()
        self.set_status(HTTPStatus.GATEWAY_TIMEOUT if late else problem.status)
        if problem.status == HTTPStatus.UNAUTHORIZED:
            self.set_header("WWW-Authenticate", "token")
        if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(self.methods()))
        if problem.retry_after is not None:
            self.set_header("Retry-After", str(problem.retry_after))
        self.set_header("Content-Type", "application/json")
        self.finish(encode(problem.body()))

    def _is_page(self) -> bool:
        """Tell whether a page of a browser asks; programs send none of these."""
        return bool({"Origin", "Sec-Fetch-Site"} & set(self.request.headers))

    def methods(self) -> Iterable[str]:
        """Return the methods this route takes."""
        missing = web.RequestHandler._unimplemented_method  # noqa: SLF001 - tornado's own mark for it
        verbs = [verb for verb in _VERBS if getattr(type(self), verb) is not missing]
        return [verb.upper() for verb in verbs if verb != "head" or "get" in verbs]

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Log what is our fault, with its traceback and without the query, which may hold a secret."""
        if isinstance(value, StreamClosedError):
            return  # the client left; nobody's fault
        if describe(value).code == RunicornError.code:
            app_log.error("%s %s failed", self.request.method, self.request.path, exc_info=(typ, value, tb))  # type: ignore[arg-type]


class Gate(_Checks, JupyterHandler):
    """Base of every HTTP handler: a verb reads the request, asks the workspace once, and replies."""

    @allow_unauthenticated
    def options(self, *_: str, **__: str) -> None:
        """Answer a preflight of a listed origin; anybody else got no further than `prepare`."""
        self.set_status(HTTPStatus.NO_CONTENT)
        if self._origin_is_listed():
            self.set_header("Access-Control-Allow-Methods", ", ".join(self.methods()))
            self.set_header("Access-Control-Allow-Headers", "authorization, content-type, x-xsrftoken")

    async def _head_of_get(self, *names: str) -> None:
        """Say what `get` would send, without sending it."""
        await ensure_async(self.get(*names))

    head: Callable[..., Any] = _head_of_get

    async def reply(self, value: Any) -> None:
        """Send `value` as JSON, encoded in a thread; an unchanged answer to a conditional GET is a 304."""
        body = await self.service.in_thread(lambda: encode(value))
        self.set_header("Content-Type", "application/json")
        self.finish(body)

    async def reply_bytes(self, work: Callable[[], bytes], content_type: str) -> None:
        """Send what ``work()`` returns, worked out in a thread."""
        body = await self.service.in_thread(work)
        self.set_header("Content-Type", content_type)
        self.finish(body)


class GateSocket(_Checks, WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Base of every websocket: `follow` runs as a task from the upgrade until either side closes."""

    _base_prepare: ClassVar[dict[str, Any]] = {}  # WebSocketMixin gives the argument itself
    _task: asyncio.Task[None] | None = None

    async def prepare(self, **_: Any) -> None:
        """Pass the gate; a browser always names its origin here, so a login cookie without one is refused."""
        await super().prepare()
        if not self.token_authenticated and self.get_origin() is None:
            raise Forbidden("A websocket without an Origin header needs the token.")

    @ws_authenticated
    async def get(self, *args: str, **kwargs: str) -> None:
        """Upgrade."""
        await super().get(*args, **kwargs)

    @property
    def max_message_size(self) -> int:
        """4 KiB: our clients send nothing, so a larger frame is refused with code 1009."""
        return 4096

    def open(self, *args: str, **kwargs: str) -> None:
        """Start the stream."""
        super().open(*args, **kwargs)
        self.set_nodelay(True)
        self.service.sockets.add(self)
        self._task = asyncio.ensure_future(self._run(*args))

    if TYPE_CHECKING:
        follow: Callable[..., Awaitable[None]]
        """Sends frames until there are no more, or raises to end with an ``[error]`` frame; may declare fields."""

    async def write_frames(self, data: bytes) -> None:
        """Send what `wire.frames` made, in one write, and wait until the socket has taken it."""
        connection = self.ws_connection
        stream = None if connection is None or connection.is_closing() else connection.stream
        if stream is None:
            raise WebSocketClosedError
        try:
            await stream.write(data)
        except StreamClosedError:
            raise WebSocketClosedError from None

    async def failed(self, error: RunicornError) -> None:
        """Tell the client why the stream ends."""
        await self.write_message(f"[error] {error}")

    def on_message(self, _: str | bytes) -> None:
        """Ignore what it says: our streams go one way."""
        self.service.heard()

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Say goodbye and end the stream behind the socket."""
        self._end_stream()
        super().close(code, reason)

    def on_close(self) -> None:
        """End the stream behind the socket."""
        self.service.sockets.discard(self)
        self._end_stream()

    def _end_stream(self) -> None:
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    async def _run(self, *args: str) -> None:
        with contextlib.suppress(WebSocketClosedError):
            try:
                await self.follow(*args)
            except RunicornError as error:
                await self.failed(error)
            except WebSocketClosedError:
                return
            except Exception:  # noqa: BLE001 - a stream has no write_error; this is its one
                self.log_exception(*sys.exc_info())
                self.close(1011, "internal error")
                return
        self.close(1000)
