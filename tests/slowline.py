"""A line that is slow: every byte arrives late, and only so many a second."""

from __future__ import annotations

import queue
import socket
import threading
import time
from contextlib import suppress

_PART = 4096
_HELD = 16
"""Parts on their way: what a router keeps before it makes the sender wait."""


class SlowLine:
    """A relay on loopback to a port of loopback.

    Parameters
    ----------
    port : int
        Where it leads.
    delay : float
        Seconds that a byte needs from end to end.
    rate : float
        Bytes a second, each way.
    """

    def __init__(self, port: int, *, delay: float, rate: float) -> None:
        self._target, self._delay, self._rate = port, delay, rate
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Cut everything."""
        self._server.close()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                near = self._server.accept()[0]
            except OSError:
                return
            near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PART * 4)
            far = socket.create_connection(("127.0.0.1", self._target))
            self._open += [near, far]
            for source, target in ((near, far), (far, near)):
                under_way: queue.Queue[tuple[float, bytes]] = queue.Queue(_HELD)
                threading.Thread(target=self._take, args=(source, under_way), daemon=True).start()
                threading.Thread(target=self._give, args=(under_way, target), daemon=True).start()

    def _take(self, source: socket.socket, under_way: queue.Queue[tuple[float, bytes]]) -> None:
        free = 0.0
        data = b"-"
        while data:
            try:
                data = source.recv(_PART)
            except OSError:
                data = b""
            free = max(free, time.monotonic()) + len(data) / self._rate
            under_way.put((free + self._delay, data))

    def _give(self, under_way: queue.Queue[tuple[float, bytes]], target: socket.socket) -> None:
        with suppress(OSError):
            while True:
                due, data = under_way.get()
                time.sleep(max(0.0, due - time.monotonic()))
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(data)
