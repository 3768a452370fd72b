"""Hosts that fall silent, at every step: each wait ends with a word, and nobody else waits meanwhile (S17, S19)."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import asyncssh
import pytest
from fakehosts import Door, FakeHost
from fixtures_sshd import Sshd
from viewers import ViewerProcess, running_viewer

from runicorn_jupyter.remote import connect as connecting
from runicorn_jupyter.remote import connections, errors, script
from runicorn_jupyter.remote.address import Address, address
from runicorn_jupyter.remote.connect import PATIENCE_S, connect
from runicorn_jupyter.remote.credentials import Credentials
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.remotes import Remotes

SHORT = 1.0
RIGHT = Credentials(password="right", use_agent=False)


@contextmanager
def cut_after(port: int, count: int) -> Iterator[int]:
    """Pass bytes to a host and back, but of the host's only the first `count`; then say nothing, and hang up never."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def pass_on() -> None:
            ours, _ = listener.accept()
            theirs = socket.create_connection(("127.0.0.1", port))
            held.extend((ours, theirs))

            def up() -> None:
                while data := ours.recv(65536):
                    theirs.sendall(data)

            threading.Thread(target=lambda: _quietly(up), daemon=True).start()
            left = count
            while left and (data := theirs.recv(left)):
                ours.sendall(data)
                left -= len(data)

        held: list[socket.socket] = []
        thread = threading.Thread(target=lambda: _quietly(pass_on), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            for one in held:
                one.shutdown(socket.SHUT_RDWR)
                one.close()


def _quietly(work) -> None:
    try:
        work()
    except OSError:
        return


def keys_for(tmp_path: Path, sshd: Sshd, port: int) -> HostKeys:
    public = sshd.known_hosts.read_text().split(" ", 1)[1]
    (tmp_path / "users").write_text(f"[127.0.0.1]:{port} {public}")
    return HostKeys([tmp_path / "users"], tmp_path / "own")


async def opened(where: Address, login: Credentials, keys: HostKeys, patience: float = SHORT) -> None:
    (await connect(where, login, keys, patience=patience)).abort()


@pytest.mark.sshd
@pytest.mark.parametrize("count", [0, 10, 100, 1200, 1900], ids=["accept", "banner", "kexinit", "kex", "auth"])
def test_s17_a_host_that_stops_in_the_login_is_given_up(sshd: Sshd, tmp_path, count) -> None:
    """A host whose answers stop after some bytes: on accept, in its version, in the key exchange, in the login."""
    with cut_after(sshd.port, count) as port:
        login = Credentials(private_key_path=str(sshd.key), use_agent=False)
        with pytest.raises(errors.ConnectionTimeout, match="in time"):
            asyncio.run(opened(address("127.0.0.1", port, sshd.user), login, keys_for(tmp_path, sshd, port)))


class Hesitates(Door):
    """Never says whether a password is right."""

    async def validate_password(self, username: str, password: str) -> bool:
        self.host.sent.append(password)
        await asyncio.sleep(3600)
        return True


def trusted(tmp_path: Path, host: FakeHost) -> HostKeys:
    (tmp_path / "users").write_text(f"[127.0.0.1]:{host.port} {host.key.export_public_key().decode()}\n")
    return HostKeys([tmp_path / "users"], tmp_path / "own")


def test_s17_a_host_that_thinks_about_a_password_for_ever_is_given_up(tmp_path) -> None:
    with FakeHost(door=Hesitates).running() as host:
        with pytest.raises(errors.ConnectionTimeout):
            asyncio.run(opened(address("127.0.0.1", host.port, "me"), RIGHT, trusted(tmp_path, host), SHORT * 5))
        assert host.sent == ["me", "right"]


async def _never(process: asyncssh.SSHServerProcess) -> None:
    await process.stdin.read()
    await asyncio.sleep(3600)


def test_s17_a_host_that_says_nothing_after_the_login_is_given_up(tmp_path, monkeypatch) -> None:
    """It is a connection all the same; what is asked of it ends, each time."""
    monkeypatch.setitem(script.ask.__kwdefaults__, "patience", SHORT)
    with FakeHost(_never).running() as host:
        remotes = Remotes(trusted(tmp_path, host))
        try:
            connection, facts = remotes.connect("127.0.0.1", "me", host.port, password="right").result(20)
            assert facts is None
            for asked in (remotes.detect, lambda key: remotes.folder(key, "~"), lambda key: remotes.exists(key, "~")):
                with pytest.raises(errors.ConnectionTimeout):
                    asked(connection.key).result(20)
        finally:
            remotes.close()


def test_s17_who_waits_behind_another_for_the_same_host_waits_no_longer(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=10) as silent:
        remotes = Remotes(HostKeys([tmp_path / "users"], tmp_path / "own"))
        try:
            port = silent.getsockname()[1]
            tries = [remotes.connect("127.0.0.1", "me", port, patience=SHORT * 3) for _ in range(5)]
            silent.settimeout(20)
            held = silent.accept()
            for one in tries:
                with pytest.raises(errors.ConnectionTimeout):
                    one.result(20)
            silent.settimeout(0)
            with pytest.raises(BlockingIOError):
                silent.accept()
            held[0].close()
        finally:
            remotes.close()


def test_s17_no_wait_may_be_asked_to_be_longer() -> None:
    assert PATIENCE_S == 15
    assert connecting.PATIENCE_S == connections.PATIENCE_S == PATIENCE_S


def ask(viewer: ViewerProcess, path: str, body: object = None, headers: dict[str, str] | None = None):
    """Return status and answer, on a connection of its own."""
    data = None if body is None else json.dumps(body).encode()
    head = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(f"http://127.0.0.1:{viewer.port}/api{path}", data, head)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_s17_fifty_silent_hosts_hold_nobody_up(tmp_path) -> None:
    """While all of them are waited for, the viewer answers health and lists a hundred times."""
    (tmp_path / "root").mkdir()
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(50)]
        ports = [silent.getsockname()[1] for silent in listeners]
        viewer = stack.enter_context(running_viewer(tmp_path / "root"))
        pool = stack.enter_context(ThreadPoolExecutor(50))
        body = {"host": "127.0.0.1", "username": "me", "password": "x", "use_agent": False}
        waiting = [pool.submit(ask, viewer, "/remote/connect", {**body, "port": port}) for port in ports]
        for _ in range(50):
            assert ask(viewer, "/health")[1]["status"] == "ok"
            assert ask(viewer, "/runs") == (200, [])
        assert not any(one.done() for one in waiting)
        for silent in listeners:
            silent.close()
        told = {(status, answer["error"]) for status, answer in (one.result(60) for one in waiting)}
    assert told == {(503, "not_ssh")}


@pytest.mark.sshd
def test_s19_without_identity_nobody_learns_what_listens_where(tmp_path, sshd: Sshd) -> None:
    """A stranger is told the same of a closed port, of a silent one and of a host; none of them is even called."""
    (tmp_path / "root").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as closed:
        ports = [silent.getsockname()[1], closed.getsockname()[1], sshd.port]
        closed.close()
        silent.settimeout(0)
        with running_viewer(tmp_path / "root") as viewer:
            told = [
                ask(
                    viewer,
                    "/remote/connect",
                    {"host": "127.0.0.1", "port": port, "username": "me"},
                    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
                )
                for port in ports
            ]
        assert told[0][0] in {401, 403}
        assert told[0] == told[1] == told[2]
        with pytest.raises(BlockingIOError):
            silent.accept()
