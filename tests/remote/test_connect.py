"""Opening connections to real OpenSSH servers, and to things that are none (S01–S03, S05, S11, S17, S19, S30)."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pytest
from fixtures_sshd import Sshd, free_port, started_sshd

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.remote import errors
from runicorn_jupyter.remote.address import Address, address
from runicorn_jupyter.remote.connect import connect
from runicorn_jupyter.remote.credentials import Credentials
from runicorn_jupyter.remote.hostkeys import HostKeys


@pytest.fixture
def where(sshd: Sshd) -> Address:
    return address("127.0.0.1", sshd.port, sshd.user)


@pytest.fixture
def key(sshd: Sshd) -> Credentials:
    return Credentials(private_key_path=str(sshd.key), use_agent=False)


@pytest.fixture
def trusting(sshd: Sshd, tmp_path: Path) -> HostKeys:
    return HostKeys([sshd.known_hosts], tmp_path / "own")


@pytest.fixture
def keys(tmp_path: Path) -> HostKeys:
    return HostKeys([tmp_path / "users"], tmp_path / "own")


async def said(where: Address, credentials: Credentials, keys: HostKeys) -> str:
    connection = await connect(where, credentials, keys)
    try:
        return str((await connection.run("echo hello", check=True)).stdout)
    finally:
        connection.close()
        await connection.wait_closed()


def run(work):
    return asyncio.run(work)


def test_a_key_opens_a_shell(where, key, trusting) -> None:
    assert run(said(where, key, trusting)) == "hello\n"


def test_s01_an_unknown_key_is_asked_about_before_any_login(where, key, keys, sshd) -> None:
    before = sshd.log.read_text().count("Accepted")
    with pytest.raises(errors.HostKeyUnconfirmed) as asked:
        run(said(where, key, keys))
    shown = asked.value.key
    public = sshd.key.with_name("host.pub").read_text().split()
    assert (shown.host, shown.port, shown.key_type) == ("127.0.0.1", sshd.port, "ssh-ed25519")
    assert shown.public_key.split() == public[:2]
    assert shown.fingerprint_sha256.startswith("SHA256:")
    assert sshd.log.read_text().count("Accepted") == before
    assert "userauth-request" not in sshd.log.read_text()
    keys.accept(shown.host, shown.port, shown.fingerprint_sha256, shown.public_key)
    assert run(said(where, key, keys)) == "hello\n"
    assert [(entry["host"], entry["port"]) for entry in keys.entries()] == [("127.0.0.1", sshd.port)]
    keys.remove("127.0.0.1", sshd.port, "ssh-ed25519")
    with pytest.raises(errors.HostKeyUnconfirmed):
        run(said(where, key, keys))


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa"])
def test_s02_a_changed_key_stops_hard(where, key, keys, tmp_path, kind) -> None:
    """Also when the known key is of a kind that the host has not: then the two do not even agree on a kind."""
    other = asyncssh.generate_private_key(kind).export_public_key().decode()
    (tmp_path / "users").write_text(f"[127.0.0.1]:{where.port} {other}\n")
    with pytest.raises(errors.HostKeyChanged, match="another one"):
        run(said(where, key, keys))
    assert not keys.entries()


def test_a_key_known_at_another_port_says_nothing_of_this_one(where, key, keys, tmp_path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    (tmp_path / "users").write_text(f"127.0.0.1 {other}\n[127.0.0.1]:{where.port + 1} {other}\n")
    with pytest.raises(errors.HostKeyUnconfirmed):
        run(said(where, key, keys))


def test_a_revoked_key_is_refused(where, key, sshd, tmp_path) -> None:
    line = sshd.known_hosts.read_text()
    (tmp_path / "users").write_text(f"{line}@revoked {line}")
    with pytest.raises(errors.HostKeyChanged, match="revoked"):
        run(said(where, key, HostKeys([tmp_path / "users"], tmp_path / "own")))


def test_hashed_names_and_nonsense_lines_are_read_as_ssh_reads_them(where, key, sshd, tmp_path) -> None:
    users = tmp_path / "users"
    users.write_bytes(sshd.known_hosts.read_bytes())
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", users], check=True, capture_output=True)
    hashed = users.read_text()
    assert hashed.startswith("|1|")
    assert "127.0.0.1" not in hashed
    users.write_text(f"nonsense\n@what a b\n|1|x|y ssh-ed25519 AAAA\n{hashed}")
    assert run(said(where, key, HostKeys([users], tmp_path / "own"))) == "hello\n"


def test_s03_only_the_very_key_that_was_offered_can_be_accepted(where, key, keys) -> None:
    with pytest.raises(errors.HostKeyUnconfirmed) as asked:
        run(said(where, key, keys))
    shown = asked.value.key
    other = asyncssh.generate_private_key("ssh-ed25519")
    for host, port, print_, public in (
        (shown.host, shown.port, other.get_fingerprint(), None),
        (shown.host, shown.port + 1, shown.fingerprint_sha256, None),
        ("elsewhere", shown.port, shown.fingerprint_sha256, None),
        (shown.host, shown.port, shown.fingerprint_sha256, other.export_public_key().decode()),
    ):
        with pytest.raises(BadRequest, match="not a key that the host has shown"):
            keys.accept(host, port, print_, public)
    assert not keys.entries()


@pytest.mark.parametrize("broken", ["folder", "huge", "fifo"])
def test_s05_without_known_hosts_nobody_is_trusted(where, key, tmp_path, broken) -> None:
    file = tmp_path / "users"
    if broken == "folder":
        file.mkdir()
    elif broken == "fifo":
        os.mkfifo(file)
    else:
        file.write_text("# much\n" * 700_000)
    with pytest.raises(errors.KnownHostsUnreadable, match="users"):
        run(said(where, key, HostKeys([file], tmp_path / "own")))


def test_a_wrong_key_is_refused_by_the_host(where, trusting, tmp_path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    with pytest.raises(errors.AuthenticationFailed, match="refused"):
        run(said(where, Credentials(private_key=other, use_agent=False), trusting))


@pytest.mark.parametrize(("options", "takes"), [("KbdInteractiveAuthentication no", False), ("", True)])
def test_a_refusal_says_what_was_tried_and_whether_a_password_would_do(
    tmp_path, monkeypatch, own_home, options, takes
) -> None:
    """Without PAM a host that allows questions offers them and asks none: it counts as one that takes passwords."""
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "no-agent"))
    with started_sshd(tmp_path, options) as server:
        where = address("127.0.0.1", server.port, server.user)
        keys = HostKeys([server.known_hosts], tmp_path / "own")
        for credentials in (Credentials(password="no"), Credentials()):
            with pytest.raises(errors.AuthenticationFailed, match="Tried: the SSH agent") as told:
                run(said(where, credentials, keys))
            assert told.value.extra() == {"takes_password": takes}
            assert ("only keys" in str(told.value)) is not takes
            assert "the key files in ~/.ssh" in str(told.value)
            assert ("the password" in str(told.value)) is (credentials.password is not None)
        with pytest.raises(errors.AuthenticationFailed, match="only on the way") as told:
            run(said(where, Credentials(password="no").for_jump(), keys))
        assert told.value.takes_password is False


def test_an_encrypted_key_needs_its_passphrase(where, trusting, sshd) -> None:
    text = asyncssh.read_private_key(sshd.key).export_private_key(passphrase="open sesame").decode()
    for passphrase, match in ((None, "is needed"), ("wrong", "does not fit")):
        with pytest.raises(errors.PassphraseRequired, match=match):
            run(said(where, Credentials(private_key=text, passphrase=passphrase), trusting))
    assert run(said(where, Credentials(private_key=text, passphrase="open sesame"), trusting)) == "hello\n"


def test_the_agent_logs_in(where, trusting, sshd, tmp_path, monkeypatch) -> None:
    async def with_agent() -> str:
        async with asyncssh.connect_agent(agent) as talk:
            await talk.add_keys([str(sshd.key)])
        return await said(where, Credentials(method="agent"), trusting)

    agent = str(tmp_path / "agent")
    monkeypatch.setenv("SSH_AUTH_SOCK", agent)
    with agent_at(agent):
        assert run(with_agent()) == "hello\n"


@contextmanager
def agent_at(path: str) -> Iterator[None]:
    with subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL) as agent:
        try:
            while not Path(path).exists():
                assert agent.poll() is None
            yield
        finally:
            agent.terminate()


@pytest.mark.parametrize("what", ["missing", "folder", "fifo", "huge", "text", "dots", "relative"])
def test_s30_a_key_file_that_is_none(where, trusting, tmp_path, what) -> None:
    file = tmp_path / "key"
    if what == "folder":
        file.mkdir()
    elif what == "fifo":
        os.mkfifo(file)
    elif what in {"huge", "text"}:
        file.write_text("secret words " * (10_000 if what == "huge" else 1))
    path = {"dots": f"{tmp_path}/../key", "relative": "key"}.get(what, str(file))
    with pytest.raises(errors.KeyUnreadable) as told:
        run(said(where, Credentials(private_key_path=path), trusting))
    assert "secret" not in str(told.value)


def test_s19_each_cause_has_its_own_word(key, keys) -> None:
    with pytest.raises(errors.ConnectionRefused):
        run(connect(address("127.0.0.1", free_port(), "me"), key, keys))
    with pytest.raises(errors.HostNotFound):
        run(connect(address("no-such-host.invalid", 22, "me"), key, keys))


@pytest.mark.parametrize("number", [errno.EHOSTUNREACH, errno.ENETUNREACH])
def test_s19_no_route(key, keys, monkeypatch, number) -> None:
    async def unreachable(*_: object, **__: object) -> None:
        raise OSError(number, "no way")  # an address that no network answers for cannot be had everywhere

    monkeypatch.setattr(asyncssh, "connect", unreachable)
    with pytest.raises(errors.NoRoute):
        run(connect(address("127.0.0.1", 22, "me"), key, keys))


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\x01\x02", b""])
def test_s19_a_port_that_does_not_speak_ssh(key, keys, greeting) -> None:
    async def attempt() -> None:
        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(greeting)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            await connect(address("127.0.0.1", server.sockets[0].getsockname()[1], "me"), key, keys)

    with pytest.raises(errors.NotSsh):
        run(attempt())


def test_s17_a_silent_host_ends_with_a_word(key, keys) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(errors.ConnectionTimeout):
            run(connect(address("127.0.0.1", silent.getsockname()[1], "me"), key, keys, patience=0.3))


@pytest.mark.parametrize(
    ("host", "user"),
    [
        ("-oProxyCommand=x", "me"), ("a b", "me"), ("a\n", "me"), ("a@b", "me"), ("%h", "me"), ("$(x)", "me"),
        ("", "me"), ("fe80::1%$(x)", "me"), ("h", "-l"), ("h", "a@b"), ("h", "%r"), ("h", "$(x)"), ("h", "a b"),
        ("h", "a\n"), ("h", ""),
    ],
)  # fmt: skip
def test_s11_hosts_and_users_that_could_mean_something_else(host, user) -> None:
    with pytest.raises(BadRequest):
        address(host, 22, user)


def test_credentials_tell_nothing_of_themselves() -> None:
    held = Credentials(password="hunter2", passphrase="hunter3", private_key="hunter4")
    assert "hunter" not in repr(held) + str(held) + held.digest()
    assert held.digest() == Credentials(password="hunter2", passphrase="hunter3", private_key="hunter4").digest()
    assert held.digest() != Credentials(password="hunter2").digest()
