"""A websocket of a viewer on another host: its messages, one at a time, and how it ended."""

from __future__ import annotations

import socket
from typing import Any, Self

from tornado.httpclient import HTTPRequest
from tornado.httputil import HTTPHeaders, HTTPInputError, RequestStartLine, ResponseStartLine
from tornado.tcpclient import TCPClient
from tornado.websocket import WebSocketClientConnection, WebSocketProtocol13

from runicorn_jupyter.errors import AnswerRefused, LinkLost, RunicornError
from runicorn_jupyter.server.remote.channels import Channel

MESSAGE_LIMIT = 1024 * 1024
"""Bytes of a message; a longer one ends the stream."""

_PATIENCE_S = 20.0
_SWITCHING, _OK = 101, 200
_NOT_ASKED_FOR = ("Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "Content-Length")
_GONE, _BROKEN = 1012, 1011
_SAYABLE = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014}
"""What one end may tell the other; the rest is for words between a program and its own library."""


class FarSocket:
    """An open stream; close it."""

    def __init__(self, client: _Client) -> None:
        self._client = client
        self._binary = False

    @classmethod
    async def opened(cls, end: socket.socket, address: str) -> Self:
        """Open the stream at `address` over a channel, which is closed with it.

        Raises
        ------
        AnswerRefused
            The viewer there does not offer it.
        LinkLost
            It did not answer.
        """
        request = HTTPRequest(
            f"ws://localhost{address}",
            connect_timeout=_PATIENCE_S,
            request_timeout=_PATIENCE_S,
            decompress_response=False,
        )
        client = _Client(request, Channel(end, MESSAGE_LIMIT))
        try:
            await client.connect_future
        except Exception:  # noqa: BLE001 - whatever it was, the channel is of no use
            client.give_up()
            raise client.problem() from None
        return cls(client)

    async def read(self) -> str | None:
        """Return the next message, None at the end; the next but one is not read before."""
        message = await self._client.read_message()
        if isinstance(message, bytes):
            # Our streams are text; a page would have to guess what this is.
            self._binary = True
            return None
        return message

    def goodbye(self) -> tuple[int, str]:
        """Return the code and the reason to close with: the viewer's own, as far as they can be said."""
        code = self._client.close_code
        if self._binary:
            return _BROKEN, "the other host sent what is no text"
        if code is None:
            return _GONE, "the connection to the other host ended"
        return (code if code in _SAYABLE or 3000 <= code < 5000 else _BROKEN), self._client.close_reason or ""

    def close(self) -> None:
        """Close it."""
        self._client.close()
        self._client.give_up()


class _Given(TCPClient):
    """Finds the way to every host in one open channel."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self.channel = channel

    async def connect(self, *_: Any, **__: Any) -> Channel:
        return self.channel


class _Client(WebSocketClientConnection):
    """Tornado's client over a channel, which takes nothing but the answer that it asked for."""

    _status = 0

    def __init__(self, request: HTTPRequest, channel: Channel) -> None:
        super().__init__(request, max_message_size=MESSAGE_LIMIT)
        self._given = self.tcp_client = _Given(channel)

    async def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        assert isinstance(start_line, ResponseStartLine)
        if 100 <= start_line.code < _OK and start_line.code != _SWITCHING:
            return
        self._status = start_line.code
        if start_line.code != _SWITCHING or not self._agrees(headers):
            raise HTTPInputError("no websocket")
        await super().headers_received(start_line, headers)

    def problem(self) -> RunicornError:
        """Return why it did not open."""
        if self._status:
            return AnswerRefused(f"The viewer on the other host does not offer this stream (status {self._status}).")
        return LinkLost("The viewer on the other host cannot be reached right now.")

    def give_up(self) -> None:
        """Close the channel."""
        self._given.channel.close()

    def _agrees(self, headers: HTTPHeaders) -> bool:
        """Tell whether it is our handshake that was answered, without an extension that we did not offer."""
        return (
            headers.get("Upgrade", "").lower() == "websocket"
            and headers.get("Connection", "").lower() == "upgrade"
            and headers.get("Sec-WebSocket-Accept") == WebSocketProtocol13.compute_accept_value(self.key)
            and not any(name in headers for name in _NOT_ASKED_FOR)
        )
