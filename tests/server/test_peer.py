from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from runicorn_jupyter.server.access import peer
from runicorn_jupyter.server.access.peer import Address, Socket, same_user

READERS = [peer.by_netlink, peer.by_proc] if sys.platform == "linux" else [peer.by_psutil]


@pytest.mark.parametrize("reader", [*READERS, peer.by_psutil])
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_our_own_connection_is_ours(reader: peer.Reader, family: socket.AddressFamily) -> None:
    with socket.socket(family) as listener:
        listener.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        listener.listen()
        with socket.create_connection(listener.getsockname()[:2]) as client, listener.accept()[0]:
            here, there = Address(*client.getsockname()[:2]), Address(*client.getpeername()[:2])
            found = reader(here, there)
            assert found is not None
            assert (found.uid, found.inode > 0) == (os.geteuid(), True)
            assert same_user(found)
            assert reader(Address(here.host, here.port), Address(there.host, 1)) is None


@pytest.mark.parametrize("reader", READERS)
def test_nobody_is_found_where_only_a_listener_is(reader: peer.Reader) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert not same_user(reader(Address(*listener.getsockname()), Address("127.0.0.1", 9)))


def test_a_closed_connection_is_nobodys() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client = socket.create_connection(listener.getsockname())
        here, there = Address(*client.getsockname()), Address(*client.getpeername())
        with listener.accept()[0]:
            client.close()
            assert not same_user(READERS[0](here, there))


@pytest.mark.parametrize(
    "found",
    [
        None,
        Socket(1, os.geteuid(), 0),  # no owner any more
        Socket(10, os.geteuid(), 5),  # a listener
        Socket(6, os.geteuid(), 5),  # TIME_WAIT
        Socket(1, os.geteuid() + 1, 5),
        Socket(1, 65534 if os.geteuid() != 65534 else 1, 5),
    ],
)
def test_what_is_not_certain_is_not_ours(found: Socket | None) -> None:
    assert not same_user(found)


def test_the_overflow_uid_is_nobody_even_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", peer._overflow_uid)
    assert not same_user(Socket(1, peer._overflow_uid(), 5))


def test_a_reader_that_fails_its_own_test_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "_readers", lambda: iter([lambda *_: None, peer.by_proc]))
    assert peer.working_reader() is peer.by_proc
    monkeypatch.setattr(peer, "_readers", lambda: iter([lambda *_: Socket(1, os.geteuid() + 1, 5)]))
    assert peer.working_reader() is None


@pytest.mark.root
def test_another_users_connection_is_theirs() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        script = f"import socket; s = socket.create_connection({listener.getsockname()!r}); s.recv(1)"
        python = [getattr(sys, "_base_executable", sys.executable), "-I", "-c", script]
        with subprocess.Popen(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *python], cwd="/"
        ) as other:
            connection, address = listener.accept()
            for reader in READERS:
                found = reader(Address(*address), Address(*listener.getsockname()))
                assert found is not None
                assert found.uid == 65534
                assert not same_user(found)
            connection.close()
            other.wait(10)
