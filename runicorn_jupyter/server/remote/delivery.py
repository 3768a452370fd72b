"""An answer of a viewer on another host on its way to our client, as far as it may pass."""

from __future__ import annotations

from functools import partial

from tornado.httputil import HTTPHeaders

from runicorn_jupyter.errors import AnswerRefused
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.remote import fitting, passing
from runicorn_jupyter.server.remote.passages import Passage
from runicorn_jupyter.server.remote.passing import Form, Shown

_WHOLE_S = 600.0
_AT_ONCE = 8 * 1024
"""Bytes of JSON that are looked through sooner than a thread takes over."""


class Delivery:
    """Takes an answer as it comes; JSON passes when all of it was looked through, all else as it comes.

    Parameters
    ----------
    handler : Gate
        Answers the client.
    passage : Passage
        What was asked for.
    takes_gzip : bool
        Whether the client takes gzip.
    """

    def __init__(self, handler: Gate, passage: Passage, *, takes_gzip: bool) -> None:
        self._handler = handler
        self._passage = passage
        self._takes_gzip = takes_gzip
        self._shown: Shown | None = None
        self._failed = False
        self._body = bytearray()
        self.begun = False
        """Whether the client has got a part, so that no error can be told any more."""

    def begin(self, status: int, headers: HTTPHeaders) -> float | None:
        """Decide whether and how it passes; what is kept until it is whole must be whole within ten minutes."""
        method = self._handler.request.method or "GET"
        shown = passing.shown(self._passage, method, status, headers, takes_gzip=self._takes_gzip)
        if shown.form is Form.JSON and int(shown.headers.get("Content-Length", "0")) > fitting.JSON_LIMIT:
            raise fitting.too_long()
        self._shown = shown
        self._failed = status >= 400
        self._status = status
        return _WHOLE_S if shown.form is Form.JSON else None

    async def piece(self, data: bytes) -> None:
        """Hand on a piece, and wait until the client has taken it; of JSON, keep it."""
        shown = self._shown
        if shown is None or shown.form is Form.NONE:
            raise AnswerRefused("The viewer on the other host sent a body where none may be.")
        if shown.form is Form.STREAM:
            self._head(shown)
            self._handler.write(data)
            await self._handler.flush()
            return
        self._body += data
        if len(self._body) > fitting.JSON_LIMIT:
            raise fitting.too_long()

    async def end(self) -> None:
        """End the answer: it is whole."""
        shown = self._shown
        assert shown is not None
        body = None
        if shown.form is Form.JSON:
            body, self._body = bytes(self._body), bytearray()
            look = partial(fitting.check, self._passage, body, failed=self._failed, packed=shown.packed)
            if len(body) > _AT_ONCE or shown.packed:
                await self._handler.service.in_thread(look)
            else:
                look()
        self._head(shown)
        await self._handler.finish(body)

    def _head(self, shown: Shown) -> None:
        if self.begun:
            return
        self.begun = True
        self._handler.set_status(self._status)
        self._handler.clear_header("Content-Type")
        for name, value in shown.headers.get_all():
            self._handler.set_header(name, value)
