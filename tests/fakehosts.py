"""SSH hosts that do what no honest one does, each in a thread of its own; they remember what they were sent."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncssh

Program = Callable[[asyncssh.SSHServerProcess], Awaitable[None]]


async def refuse(process: asyncssh.SSHServerProcess) -> None:
    """Say what an account without a shell says."""
    process.stdout.write(b"This account is currently not available.\n")
    process.exit(1)


@dataclass
class FakeHost:
    """What it is, and what it saw.

    Attributes
    ----------
    sent : list of str
        Names, passwords and answers that reached it, in order.
    connections : list
        The server's side of each connection, for what only a server can begin.
    """

    program: Program = refuse
    options: dict[str, Any] = field(default_factory=dict)
    port: int = 0
    key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    door: type[Door] | None = None
    sent: list[str] = field(default_factory=list)
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @contextmanager
    def running(self) -> Iterator[FakeHost]:
        """Listen on loopback until the block ends; a port of 0 becomes a free one and stays it."""
        ready = threading.Event()
        thread = threading.Thread(target=self._turn, args=(ready,), daemon=True)
        thread.start()
        assert ready.wait(20)
        try:
            yield self
        finally:
            self.loop.call_soon_threadsafe(self.loop.stop)
            thread.join(20)
            self.loop = asyncio.new_event_loop()

    def do(self, work: Awaitable[Any]) -> Any:
        """Run something on the host's loop and return what came of it."""

        async def wrapped() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(wrapped(), self.loop).result(20)

    def _turn(self, ready: threading.Event) -> None:
        async def start() -> asyncssh.SSHAcceptor:
            return await asyncssh.listen(
                "127.0.0.1",
                self.port,
                reuse_address=True,
                server_host_keys=[self.key],
                server_factory=lambda: (self.door or Door)(self),
                process_factory=self.program,
                encoding=None,
                **self.options,
            )

        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(start())
        self.port = server.get_port()
        ready.set()
        self.loop.run_forever()
        server.close()
        for connection in self.connections:
            connection.abort()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()


class Door(asyncssh.SSHServer):
    """Takes the password ``right``."""

    def __init__(self, host: FakeHost) -> None:
        self.host = host

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.host.connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        self.host.sent.append(username)
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self.host.sent.append(key.get_fingerprint())
        return False

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self.host.sent.append(password)
        return password == "right"


def answering(told: bytes | Callable[[dict[str, Any]], bytes]) -> Program:
    """Answer every question of ours with `told`, or with what it makes of the question, in a good frame."""

    async def program(process: asyncssh.SSHServerProcess) -> None:
        size = int(await process.stdin.readline())
        await process.stdin.readexactly(size)
        request = json.loads(await process.stdin.readline())
        answer = told if isinstance(told, bytes) else told(request)
        process.stdout.write(f"\0rnj:{request['nonce']}:{len(answer)}\n".encode() + answer)
        process.exit(0)

    return program
