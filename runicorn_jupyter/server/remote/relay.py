"""One HTTP request to a viewer on another host, and its answer, piece by piece: at most a mebibyte is held of either.

Tornado's own connection speaks the HTTP, so what counts as a well-formed answer is what tornado's server and client
take: no answer with two lengths, no chunk that lies, no header of more than 64 kB.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import NoReturn, Protocol

from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters
from tornado.httputil import HTTPHeaders, HTTPInputError, HTTPMessageDelegate, RequestStartLine, ResponseStartLine
from tornado.iostream import StreamClosedError, UnsatisfiableReadError

from runicorn_jupyter.errors import AnswerRefused, LinkLost
from runicorn_jupyter.server.remote.channels import Channel, Channels, Open

PATIENCE_S = 120.0
"""Until the headers of an answer are there; a verb may hash or pack many files before it says anything."""

_HEADERS = 64 * 1024
_PIECE = 256 * 1024
_NO_LIMIT = 2**62
_IDEMPOTENT = {"GET", "HEAD", "PUT", "DELETE"}
_CONTINUE, _OK = 100, 200


class Receiver(Protocol):
    """Who takes an answer; what `begin` and `piece` raise ends the exchange."""

    def begin(self, status: int, headers: HTTPHeaders) -> float | None:
        """Look at status and headers; return how many seconds the body may take, None for as long as it likes."""

    async def piece(self, data: bytes) -> None:
        """Take the next bytes of the body, and return when there is room for more."""


class Relay(HTTPMessageDelegate):
    """One request and its answer.

    Parameters
    ----------
    channels : Channels
        Where idle channels are.
    session : str
        To which viewer.
    open_channel : callable
        Opens a new channel to it.
    receiver : Receiver
        Who takes the answer.
    start : RequestStartLine
        Method and address.
    headers : HTTPHeaders
        Of the request; with a length, or chunked, if a body follows.
    body : bool
        Whether a body follows, by `write`.
    """

    def __init__(
        self,
        channels: Channels,
        session: str,
        open_channel: Open,
        receiver: Receiver,
        start: RequestStartLine,
        headers: HTTPHeaders,
        *,
        body: bool,
    ) -> None:
        self._channels = channels
        self._session = session
        self._open = open_channel
        self._receiver = receiver
        self._start = start
        self._headers = headers
        self._body = body
        self._problem: BaseException | None = None
        self._answered = False
        self._broken = False
        self._whole = False
        self._keep = False
        self._sent = False
        self._ended = False
        self._channel: Channel | None = None
        self._connection: HTTP1Connection

    async def begin(self) -> None:
        """Send the headers of the request.

        Raises
        ------
        RunicornError
            The session is not there, or away.
        """
        self._may_retry = self._start.method in _IDEMPOTENT and not self._body
        await self._begin_over(fresh=False)

    async def write(self, data: bytes) -> None:
        """Send the next bytes of the body, and return when there is room for more."""
        if not (self._ended or self._channel is None or self._channel.closed()):
            try:
                await self._connection.write(data)
            except StreamClosedError:
                return  # whoever reads the answer finds out why

    def end(self) -> None:
        """End the body."""
        if not self._sent and self._channel is not None and not self._channel.closed():
            self._sent = True
            self._connection.finish()

    async def answer(self) -> None:
        """Hand the answer to the receiver, to its end.

        Raises
        ------
        LinkLost
            No answer came.
        AnswerRefused
            It was malformed, or cut off; the receiver may have been given a part of it.
        """
        try:
            while not await self._read():
                self._may_retry = False
                self._hand_back()
                await self._begin_over(fresh=True)
        finally:
            self._ended = True
            self._hand_back()

    def abort(self) -> None:
        """Give it up: the client left."""
        self._ended = True
        if self._channel is not None:
            self._channel.close()

    def _hand_back(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None and self._whole and self._keep and self._sent:
            self._channels.give(self._session, channel)
        elif channel is not None:
            self._channels.drop(self._session, channel)

    async def _begin_over(self, *, fresh: bool) -> None:
        channel = self._channel = await self._channels.get(self._session, self._open, fresh=fresh)
        if self._ended:
            self._hand_back()
            raise LinkLost("The client left.")
        # Before the first byte of a channel's life its end is no idle end: it is not asked again.
        self._may_retry = self._may_retry and channel.received > 0
        self._before = channel.received
        parameters = HTTP1ConnectionParameters(
            chunk_size=_PIECE, max_header_size=_HEADERS, header_timeout=PATIENCE_S, max_body_size=_NO_LIMIT
        )
        self._connection = HTTP1Connection(channel, True, parameters)
        sent = self._connection.write_headers(self._start, HTTPHeaders(self._headers))
        if not self._body:
            self._sent = True
            self._connection.finish()
        try:
            await sent
        except StreamClosedError:
            return  # whoever reads the answer finds out why

    async def _read(self) -> bool:
        """Read an answer; return whether there was one, False when it is worth asking again."""
        late = False
        try:
            # False without a word to us is the timeout, and nothing else.
            late = not (await self._connection.read_response(self) or self._broken or self._whole)
        except StreamClosedError as error:
            if isinstance(error.real_error, UnsatisfiableReadError):
                raise AnswerRefused("The headers of the answer from the other host are too long.") from None
        if self._problem is not None:
            raise self._problem
        if self._whole:
            return True
        if late:
            raise LinkLost("The viewer on the other host did not answer within two minutes.")
        assert self._channel is not None
        nothing = self._channel.received == self._before
        if nothing and self._may_retry and not self._ended:
            return False
        if nothing:
            raise LinkLost("The viewer on the other host cannot be reached right now.")
        raise AnswerRefused(
            "The answer from the other host broke off."
            if self._answered
            else "The viewer on the other host sent what is no answer."
        )

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        """Look at an answer's headers; HTTP's words in between say nothing to us."""
        assert isinstance(start_line, ResponseStartLine)
        if _CONTINUE <= start_line.code < _OK and start_line.code != 101:
            return None
        self._answered = True
        self._keep = start_line.version == "HTTP/1.1" and "close" not in headers.get("Connection", "").lower()
        try:
            seconds = self._receiver.begin(start_line.code, headers)
        except Exception as error:  # noqa: BLE001 - raised again where the answer is awaited
            self._stop(error)
        if seconds is not None:
            self._connection.set_body_timeout(seconds)
        return None

    async def data_received(self, chunk: bytes) -> None:
        """Hand on a piece of the body."""
        try:
            await self._receiver.piece(chunk)
        except Exception as error:  # noqa: BLE001 - raised again where the answer is awaited
            self._stop(error)

    def finish(self) -> None:
        """Know that the answer is whole; what was not sent of the request is not sent any more."""
        self._whole = True
        if not self._sent:
            self._connection.close()

    def on_connection_close(self) -> None:
        """Know that it is not."""
        self._broken = True

    def _stop(self, error: Exception) -> NoReturn:
        """End the exchange because of `error`, in the one way of which tornado writes no traceback into the log."""
        self._problem = error
        raise HTTPInputError("stopped") from None
