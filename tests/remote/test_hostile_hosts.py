"""Hosts that lie about who they are, ask for more than their due, or drown us (S02, S03, S08, S14–S16, S30)."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import asyncssh
import pytest
from fakehosts import Door, FakeHost, Program, answering
from farviewers import eventually

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.remote import errors
from runicorn_jupyter.remote.address import address
from runicorn_jupyter.remote.connect import connect
from runicorn_jupyter.remote.credentials import Credentials
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.remotes import Remotes


@pytest.fixture
def remotes(tmp_path: Path) -> Iterator[Remotes]:
    remotes = Remotes(HostKeys([tmp_path / "users"], tmp_path / "own"))
    yield remotes
    remotes.close()


@pytest.fixture
def hosts() -> Iterator[object]:
    """Return how a host is started; each ends with the test."""
    with ExitStack() as stack:
        yield lambda *arguments, **named: stack.enter_context(FakeHost(*arguments, **named).running())


def trust(tmp_path: Path, host: FakeHost, key: asyncssh.SSHKey | None = None) -> None:
    public = (key or host.key).export_public_key().decode()
    with (tmp_path / "users").open("a") as users:
        users.write(f"[127.0.0.1]:{host.port} {public}\n")


def login(remotes: Remotes, host: FakeHost, password: str = "right"):
    return remotes.connect("127.0.0.1", "me", host.port, password=password, use_agent=False).result(20)


def test_s02_a_host_with_another_key_learns_nothing(hosts, remotes, tmp_path) -> None:
    host = hosts()
    trust(tmp_path, host, asyncssh.generate_private_key("ssh-ed25519"))
    own = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    for credentials in ({"password": "hunter2"}, {"private_key": own}):
        with pytest.raises(errors.HostKeyChanged):
            remotes.connect("127.0.0.1", "me", host.port, use_agent=False, **credentials).result(20)
    assert len(host.connections) == 2
    assert host.sent == []


def test_s03_a_key_swapped_between_question_and_answer_is_refused(hosts, remotes, tmp_path) -> None:
    first = FakeHost()
    with first.running(), pytest.raises(errors.HostKeyUnconfirmed) as asked:
        login(remotes, first)
    second = hosts(port=first.port)
    with pytest.raises(BadRequest, match="not a key that the host has shown"):
        remotes.keys.accept("127.0.0.1", first.port, second.key.get_fingerprint())
    remotes.keys.accept("127.0.0.1", first.port, asked.value.key.fingerprint_sha256)
    with pytest.raises(errors.HostKeyChanged):
        login(remotes, second)
    assert second.sent == []


FACTS = dict.fromkeys(("hostname", "os", "home", "python_version", "root", "root_reason"), "x")


def told(value: object) -> bytes:
    return json.dumps({"ok": value}).encode()


@pytest.mark.parametrize(
    "answer",
    [
        b"[" * 100_000,
        b'{"ok": {"host": ' + b"9" * 6000 + b"}}",
        b"\xff\xfe",
        b'{"ok": null}',
        told({"host": FACTS, "environments": {}}),
        told({"host": FACTS, "environments": [{"name": ["$(x)"], "type": "venv", "prefix": "x", "python": "x"}]}),
        told({"host": {**FACTS, "home": {"a": 1}}, "environments": []}),
    ],
    ids=["deep", "digits", "bytes", "null", "object", "list", "home"],
)
def test_s08_an_answer_of_another_form_is_refused_in_one_sentence(hosts, remotes, tmp_path, answer) -> None:
    host = hosts(answering(answer))
    trust(tmp_path, host)
    connection, facts = login(remotes, host)
    assert facts is None
    with pytest.raises(errors.RemoteError, match="something else than was asked for"):
        remotes.detect(connection.key).result(20)


def test_s08_what_a_host_says_of_itself_is_plain_text(hosts, remotes, tmp_path) -> None:
    nasty = "\x1b[2J\x1b]0;owned\x07\u202e\ud800<img src=x onerror=alert(1)>$(touch canary)\r\n"
    environment = dict.fromkeys(("name", "type", "prefix", "python", "python_version", "distribution"), nasty)
    facts = dict.fromkeys(FACTS, nasty)
    host = hosts(answering(told({"host": facts, "environments": [environment]})))
    trust(tmp_path, host)
    connection, host_facts = login(remotes, host)
    (found,) = remotes.detect(connection.key).result(20).environments
    plain = "[2J]0;owned<img src=x onerror=alert(1)>$(touch canary)"
    assert (found.name, found.prefix, found.python_version, host_facts.home) == (plain, plain, plain, plain)
    assert not found.has_viewer


def test_s08_an_error_of_a_host_moves_no_cursor_and_ends(hosts, remotes, tmp_path) -> None:
    host = hosts(answering(json.dumps({"error": "\x1b[31mOSError\n" + "y" * 9000}).encode()))
    trust(tmp_path, host)
    connection, _ = login(remotes, host)
    with pytest.raises(errors.RemoteError, match=r"could not do it: \[31mOSErrory+") as said:
        remotes.folder(connection.key, "~").result(20)
    assert str(said.value).isprintable()
    assert len(str(said.value)) < 400


ENVIRONMENT = {
    "name": "e", "type": "venv", "prefix": "/e", "python": "/e/bin/python", "python_version": "3.12",
    "distribution": "runicorn-jupyter", "runicorn_version": "1.0",
}  # fmt: skip
RUNNING = {"outcome": "running", "pid": 4242, "socket": "/s", "lease": 120.0, "age": 0.0, "before": None}
OTHER = "something else than was asked for"


def starts_as(answer: object) -> Program:
    """Be a host that has our viewer, and answers a start so."""

    def told_of(request: dict[str, object]) -> bytes:
        return told(
            {"host": FACTS | {"root": "/runs"}, "environments": [ENVIRONMENT]}
            if request["operation"] == "environments"
            else answer
        )

    return answering(told_of)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"pid": pid} for pid in (0, 1, -5, 2**40, "12", True, 1.5, None)),
        *({"socket": path} for path in ("relative", "/x\n", "/" + "x" * 300, 5, None, "")),
        *({"lease": lease} for lease in (0, -1, 1e9, "120", None, float("nan"), float("inf"))),
        *({"age": age} for age in (-1, None, float("inf"))),
        {"before": "x"},
    ],
    ids=str,
)
def test_s08_a_viewer_of_another_form_is_none(hosts, remotes, tmp_path, wrong) -> None:
    host = hosts(starts_as(RUNNING | wrong))
    trust(tmp_path, host)
    connection, _ = login(remotes, host)
    with pytest.raises(errors.RemoteError, match=OTHER):
        remotes.start_viewer(connection.key, root="/runs", environment="e").result(20)
    assert remotes.viewers().result(20) == []


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        ({"cause": "quota", "log": []}, errors.QuotaExceeded, "free some"),
        ({"cause": "exited", "log": ["\x1b[31mOSError\x07: <b>no</b>", "y" * 9000]}, errors.ViewerFailed, "ended"),
        ({"cause": "\x1b[2J", "log": []}, errors.ViewerFailed, "ended"),
        ({"cause": "silent", "log": ["x"] * 20_000}, errors.RemoteError, OTHER),
        ({"cause": "exited", "log": {"a": 1}}, errors.RemoteError, OTHER),
        ({"cause": ["exited"], "log": [1]}, errors.RemoteError, OTHER),
    ],
    ids=["quota", "log", "cause", "many", "object", "number"],
)
def test_s08_why_a_viewer_failed_is_one_plain_sentence(hosts, remotes, tmp_path, answer, error, says) -> None:
    host = hosts(starts_as({"outcome": "failed", **answer}))
    trust(tmp_path, host)
    connection, _ = login(remotes, host)
    with pytest.raises(error, match=says) as said:
        remotes.start_viewer(connection.key, root="/runs", environment="e").result(20)
    assert str(said.value).isprintable()
    assert len(str(said.value)) < 1000


def test_s08_a_viewer_that_is_only_said_to_run_is_none(hosts, remotes, tmp_path) -> None:
    host = hosts(starts_as(RUNNING))
    trust(tmp_path, host)
    connection, _ = login(remotes, host)
    with pytest.raises(errors.RemoteError):
        remotes.start_viewer(connection.key, root="/runs", environment="e").result(60)
    assert remotes.viewers().result(20) == []


@pytest.mark.parametrize("end", [b"", b"\0rnj:else:2\n{}"])
def test_s08_a_host_that_drowns_us_is_left(hosts, remotes, tmp_path, end) -> None:
    async def flood(process: asyncssh.SSHServerProcess) -> None:
        for _ in range(400):
            process.stdout.write(b"y" * 65_536 + end)
            await process.stdout.drain()
        process.exit(0)

    host = hosts(flood)
    trust(tmp_path, host)
    connection, facts = login(remotes, host)
    assert facts is None
    with pytest.raises(errors.RemoteError):
        remotes.detect(connection.key).result(20)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have an SSH agent that would answer."""
    path = tmp_path / "agent"
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    with subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL) as process:
        eventually(path.exists)
        yield
        process.terminate()


@pytest.mark.usefixtures("agent")
def test_s14_nothing_that_a_host_opens_is_let_in(hosts, remotes, tmp_path, monkeypatch) -> None:
    """Not to the agent, not to X11, to no port and no socket of ours: each is refused."""
    monkeypatch.setenv("DISPLAY", ":0")
    host = hosts()
    trust(tmp_path, host)
    remotes.connect("127.0.0.1", "me", host.port, password="right").result(20)
    (served,) = host.connections

    async def ask(name: str) -> None:
        if name == "agent":
            await served.create_agent_channel().open(asyncssh.SSHUNIXSession)
        elif name == "x11":
            await served.create_x11_connection(asyncssh.SSHTCPSession, "127.0.0.1", 6000)
        elif name == "tcp":
            await served.create_connection(asyncssh.SSHTCPSession, "127.0.0.1", 22)
        elif name == "streamlocal":
            await served.create_unix_connection(asyncssh.SSHUNIXSession, "/run/x")
        else:
            await served.create_tcp_channel()._open(b"session")

    for name in ("agent", "x11", "tcp", "streamlocal", "session"):
        with pytest.raises(asyncssh.ChannelOpenError):
            host.do(ask(name))
    assert remotes.connections().result(20)


@pytest.mark.parametrize(
    ("options", "cipher"),
    [
        ({"encryption_algs": ["chacha20-poly1305@openssh.com"]}, None),
        ({"encryption_algs": ["aes256-cbc"], "mac_algs": ["hmac-sha2-256-etm@openssh.com"]}, None),
        ({"encryption_algs": ["3des-cbc", "arcfour"]}, None),
        ({"kex_algs": ["diffie-hellman-group1-sha1"]}, None),
        ({"mac_algs": ["hmac-md5"], "encryption_algs": ["aes128-ctr"]}, None),
        ({"encryption_algs": ["chacha20-poly1305@openssh.com", "aes128-ctr"]}, "aes128-ctr"),
        ({}, "aes256-gcm@openssh.com"),
    ],
    ids=["chacha", "cbc-etm", "3des", "group1", "md5", "both", "all"],
)
def test_s15_no_cipher_that_terrapin_can_cut(hosts, tmp_path, options, cipher) -> None:
    """Without the strict key exchange these two kinds lose packets unseen; we use neither, whatever is offered."""
    host = hosts(options=options)
    trust(tmp_path, host)

    async def attempt() -> str:
        where = address("127.0.0.1", host.port, "me")
        keys = HostKeys([tmp_path / "users"], tmp_path / "own")
        connection = await connect(where, Credentials(password="right", use_agent=False), keys)
        try:
            return str(connection.get_extra_info("send_cipher"))
        finally:
            connection.close()
            await connection.wait_closed()

    if cipher is None:
        with pytest.raises(errors.RemoteError, match=r"share no safe cipher|closed the connection"):
            asyncio.run(attempt())
        assert host.sent == []
    else:
        assert asyncio.run(attempt()) == cipher


class AsksAgain(Door):
    """Never has enough: asks for the password over and over."""

    def validate_password(self, username: str, password: str) -> bool:
        self.host.sent.append(password)
        raise asyncssh.PasswordChangeRequired("Your password has expired. Type the old one, then a new one.")

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> object:
        return "", "", "", [("Password: ", False)]

    def validate_kbdint_response(self, username: str, responses: list[str]) -> object:
        self.host.sent += responses
        return "", "", "", [("Password: ", False)]


def test_s16_a_password_is_told_at_most_three_times(hosts, remotes, tmp_path) -> None:
    host = hosts(door=AsksAgain)
    trust(tmp_path, host)
    with pytest.raises(errors.AuthenticationFailed):
        login(remotes, host, "hunter2")
    assert 1 <= host.sent.count("hunter2") <= 3


@pytest.mark.parametrize("what", ["/etc/shadow", "/dev/zero", "~/../etc/passwd", "/proc/self/mem"])
def test_s30_files_that_are_nobodys_key(remotes, what) -> None:
    with pytest.raises(errors.KeyUnreadable) as said:
        remotes.connect("127.0.0.1", "me", 1, private_key_path=what, use_agent=False).result(20)
    assert "root" not in str(said.value)
