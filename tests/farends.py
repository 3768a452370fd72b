"""The other end of a proxy: a real viewer on a unix socket, a script that says whatever it likes, and the way there."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from runicorn_jupyter.paths import Root
from runicorn_jupyter.remote.errors import ViewerAway, ViewerNotFound
from runicorn_jupyter.viewer import SocketViewer
from runicorn_jupyter.workspace import Workspace

SESSION = "0badcafe"
AWAY = "00000000"


@dataclass
class Far:
    """Stands in for `Remotes`: one session, whose viewer listens on a unix socket of this machine."""

    path: Path
    most: int = 10_000
    """How many channels the host allows at a time."""

    opened: list[socket.socket] = field(default_factory=list)

    def open_channel(self, session: str) -> Future[socket.socket]:
        found: Future[socket.socket] = Future()
        if session == SESSION and sum(end.fileno() != -1 for end in self.opened) >= self.most:
            found.set_exception(ViewerAway("running", "The host opens no more channels."))
        elif session == SESSION:
            end = socket.socket(socket.AF_UNIX)
            end.connect(str(self.path))
            end.setblocking(False)
            self.opened.append(end)
            found.set_result(end)
        elif session == AWAY:
            found.set_exception(ViewerAway("reconnecting", "The viewer is reconnecting."))
        else:
            found.set_exception(ViewerNotFound(f"Session not found: {session}"))
        return found

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Ask the viewer itself; blocks."""
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(20)
        connection.sock.connect(str(self.path))
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()


@contextlib.contextmanager
def socket_path() -> Iterator[Path]:
    """Yield a path that is short enough for a socket, in a folder of our own."""
    with tempfile.TemporaryDirectory(prefix="rn") as folder:
        yield Path(folder) / "far"


@contextlib.asynccontextmanager
async def far_viewer(root: Path) -> AsyncIterator[Far]:
    """Run a viewer on a unix socket, as a session starts it on a host."""
    with socket_path() as path:
        async with SocketViewer(Root(root, "argument"), path):
            yield Far(path)


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def far_script(talk: Talk) -> AsyncIterator[Far]:
    """Run a host that does what `talk` does with each connection, and closes it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await talk(reader, writer)
            await writer.drain()
        writer.close()

    with socket_path() as path:
        server = await asyncio.start_unix_server(handle, path, limit=2**20)
        try:
            yield Far(path)
        finally:
            server.close()


def leads_to(monkeypatch, far: Far) -> None:
    """Let every workspace's sessions be that of `far`."""
    monkeypatch.setattr(Workspace, "remotes", property(lambda _: far))
