"""Sockets whose other end is on another host: bytes, back-pressure, ends; with and without sshd's own forwarding."""

from __future__ import annotations

import hashlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncssh
import pytest
from farviewers import FarHost, eventually, started_host

from runicorn_jupyter.remote import errors
from runicorn_jupyter.remote.address import address
from runicorn_jupyter.remote.channels import Way
from runicorn_jupyter.remote.connect import connect
from runicorn_jupyter.remote.credentials import Credentials
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.thread import LoopThread

pytestmark = pytest.mark.sshd

REFUSING = ("AllowStreamLocalForwarding no", "DisableForwarding yes")


@pytest.fixture(scope="module", params=[(), *((option,) for option in REFUSING)], ids=["forwarded", "refused", "none"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarHost]:
    with started_host(tmp_path_factory.mktemp("host"), *request.param) as host:
        yield host


class Line:
    """One connection to a host, with blocking calls."""

    def __init__(self, host: FarHost, folder: Path) -> None:
        self.loop = LoopThread()
        keys = HostKeys([host.sshd.known_hosts], folder / "own")
        login = Credentials(private_key_path=str(host.sshd.key), use_agent=False)
        where = address("127.0.0.1", host.sshd.port, host.sshd.user)
        self.ssh: asyncssh.SSHClientConnection = self.loop.submit(connect(where, login, keys)).result(20)

    async def _way(self, path: str) -> Way:
        return Way(self.ssh, path)

    def way(self, path: Path) -> Way:
        return self.loop.submit(self._way(str(path))).result(20)

    def open(self, way: Way, patience: float = 15.0) -> socket.socket:
        opened = self.loop.submit(way.open(patience)).result(60)
        opened.settimeout(30)
        return opened

    def close(self) -> None:
        self.ssh.abort()
        self.loop.stop()


@pytest.fixture
def line(host: FarHost, tmp_path: Path) -> Iterator[Line]:
    line = Line(host, tmp_path)
    yield line
    line.close()


class Far(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@pytest.fixture
def listening(host: FarHost, request: pytest.FixtureRequest):
    """Return how to make a server on a unix socket of the host, which hands each connection to a function."""

    def listen(serve) -> Path:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                serve(self.request)

        path = host.home / f"s{len(list(host.home.iterdir()))}"
        server = Far(str(path), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        request.addfinalizer(server.server_close)
        request.addfinalizer(server.shutdown)
        return path

    return listen


def echo(connection: socket.socket) -> None:
    while data := connection.recv(1 << 16):
        connection.sendall(data)


def whole(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(1 << 20), b""))


def test_bytes_go_both_ways_and_so_do_ends(line, listening) -> None:
    sent = bytes(range(256)) * 40_000
    with line.open(line.way(listening(echo))) as near:
        threading.Thread(target=lambda: (near.sendall(sent), near.shutdown(socket.SHUT_WR)), daemon=True).start()
        assert hashlib.sha256(whole(near)).digest() == hashlib.sha256(sent).digest()


def test_many_at_once_do_not_mix(line, listening) -> None:
    way = line.way(listening(echo))
    opened = [line.open(way) for _ in range(6)]
    for number, near in enumerate(opened):
        near.sendall(b"%d" % number * 100)
    for number, near in reversed(list(enumerate(opened))):
        near.shutdown(socket.SHUT_WR)
        assert whole(near) == b"%d" % number * 100
        near.close()


def test_who_reads_slowly_makes_the_host_wait(line, listening) -> None:
    written = [0]

    def pour(connection: socket.socket) -> None:
        for _ in range(2000):
            connection.sendall(bytes(1 << 16))
            written[0] += 1 << 16

    with line.open(line.way(listening(pour))) as near:
        near.recv(1)
        seen = [-1]

        def rests() -> bool:
            before, seen[0] = seen[0], written[0]
            return before == written[0]

        eventually(rests)
        assert written[0] < 64 << 20  # of 125 MiB: the window, and what the systems between hold
        assert len(whole(near)) == 2000 * (1 << 16) - 1


def test_who_sends_to_a_slow_host_waits(line, listening) -> None:
    go_on = threading.Event()
    took: list[int] = []

    def slow(connection: socket.socket) -> None:
        go_on.wait(60)
        took.append(len(whole(connection)))
        connection.sendall(b"done")

    with line.open(line.way(listening(slow))) as near:
        near.settimeout(0.5)
        sent = 0
        with suppress(TimeoutError):
            while sent < 64 << 20:
                sent += near.send(bytes(1 << 16))
        assert sent < 64 << 20
        near.settimeout(30)
        go_on.set()
        near.shutdown(socket.SHUT_WR)
        assert near.recv(4) == b"done"
    assert took == [sent]


def test_who_leaves_ends_it_on_the_host_too(line, listening) -> None:
    ended = threading.Event()

    def wait(connection: socket.socket) -> None:
        connection.recv(1)
        ended.set()

    line.open(line.way(listening(wait))).close()
    assert ended.wait(20)


def test_a_host_that_ends_it_is_seen(line, listening) -> None:
    with line.open(line.way(listening(lambda connection: connection.sendall(b"bye")))) as near:
        assert whole(near) == b"bye"


def test_a_socket_that_is_not_there_is_told(line, host) -> None:
    with pytest.raises(errors.ViewerFailed, match="Nothing listens"):
        line.open(line.way(host.home / "nowhere"))


def test_what_is_open_ends_with_the_way_and_with_the_line(line, listening) -> None:
    way = line.way(listening(echo))
    one, two = line.open(way), line.open(way)
    with one, two:
        line.loop._loop.call_soon_threadsafe(way.close)
        assert (one.recv(1), two.recv(1)) == (b"", b"")
    with line.open(way) as three:
        line.loop._loop.call_soon_threadsafe(line.ssh.abort)
        assert three.recv(1) == b""
    with pytest.raises(errors.RemoteError, match="broke"):
        line.open(way)


def test_a_refusal_is_learnt_once(line, listening, request, monkeypatch) -> None:
    tries = []
    forwarded = Way._forwarded
    monkeypatch.setattr(Way, "_forwarded", lambda way, near: tries.append(way) or forwarded(way, near))
    way = line.way(listening(echo))
    for _ in range(3):
        with line.open(way) as near:
            near.sendall(b"x")
            assert near.recv(1) == b"x"
    assert len(tries) == (3 if request.node.callspec.id == "forwarded" else 1)


def test_noise_of_the_login_shell_is_not_data(listening, tmp_path_factory) -> None:
    with started_host(tmp_path_factory.mktemp("noisy"), "DisableForwarding yes") as noisy:
        (noisy.home / ".bashrc").write_text("echo Welcome; echo; printf 'no mail\\0rnj:'\n")
        line = Line(noisy, noisy.home)
        try:
            with line.open(line.way(listening(echo))) as near:
                near.sendall(b"hello")
                assert near.recv(5) == b"hello"
        finally:
            line.close()
