"""A keep-alive HTTP client that adds nothing of its own to what it measures."""

from __future__ import annotations

import http.client
import json
import random
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Request:
    """What is sent; a `body` makes it a POST of JSON."""

    path: str
    body: Any = None
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds its last byte was here."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    seconds: float

    def json(self) -> Any:
        """Return the content, parsed."""
        return json.loads(self.content)


class Client:
    """One connection, opened when needed and kept.

    Parameters
    ----------
    port : int
        Of a server on this machine.
    rotate : bool
        Send another X-Forwarded-For each time: upstream 0.5.3 counts requests per client and answers 429 from 6,000 a
        minute on, which would be measured instead of its work.
    """

    def __init__(self, port: int, *, rotate: bool = False, timeout: float = 180) -> None:
        self._port = port
        self._rotate = rotate
        self.timeout = timeout
        self._connection: http.client.HTTPConnection | None = None

    def send(self, request: Request) -> Answer:
        """Return the answer to `request`; a connection that the server closed while idle is opened anew, once."""
        body = None if request.body is None else json.dumps(request.body).encode()
        headers = dict(request.headers or {})
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._rotate:
            headers["X-Forwarded-For"] = ".".join(["10", *(str(random.randrange(256)) for _ in range(3))])
        fresh = self._connection is None
        try:
            return self._exchange(request.path, body, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            if fresh:
                raise
            return self._exchange(request.path, body, headers)

    def get(self, path: str, **headers: str) -> Answer:
        """Return the answer to a GET."""
        return self.send(Request(path, headers=headers))

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection = self._connection or self._connected()
        began = time.perf_counter()
        connection.request("GET" if body is None else "POST", path, body, headers)
        response = connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - began
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, content, seconds)

    def _connected(self) -> http.client.HTTPConnection:
        self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self.timeout)
        self._connection.connect()
        # Nagle's algorithm and delayed acknowledgements cost 40 ms a call, which is nobody's work.
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._connection
