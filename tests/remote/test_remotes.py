"""Connections kept open and found again, with passwords, against an asyncssh server that counts (S16, S27, D4, D25)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest
from fixtures_sshd import Sshd

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.remote import errors
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.remotes import Remotes


class PasswordHost:
    """A host that takes the password ``right`` and remembers every password and answer that it was sent."""

    def __init__(self, prompts: tuple[tuple[str, bool], ...] = (), *, password: bool = True) -> None:
        self.prompts, self.password = prompts, password
        self.sent: list[str] = []
        self.logins = 0
        self.port = 0
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._turn, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def _turn(self, ready: threading.Event) -> None:
        async def start() -> None:
            server = await asyncssh.listen(
                "127.0.0.1", 0, server_host_keys=[self.key], server_factory=lambda: _Door(self), process_factory=_refuse
            )
            self.port = server.get_port()
            ready.set()

        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(start())
        self._loop.run_forever()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


def _refuse(process: asyncssh.SSHServerProcess) -> None:
    process.exit(1)


class _Door(asyncssh.SSHServer):
    def __init__(self, host: PasswordHost) -> None:
        self.host = host

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return self.host.password

    def validate_password(self, username: str, password: str) -> bool:
        self.host.sent.append(password)
        self.host.logins += password == "right"
        return password == "right"

    def kbdint_auth_supported(self) -> bool:
        return bool(self.host.prompts)

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> object:
        return "", "", "", self.host.prompts

    def validate_kbdint_response(self, username: str, responses: list[str]) -> bool:
        self.host.sent += responses
        return responses == ["right"]


@pytest.fixture
def hosts(request: pytest.FixtureRequest):
    def start(*arguments: object, **named: object) -> PasswordHost:
        host = PasswordHost(*arguments, **named)
        request.addfinalizer(host.close)
        return host

    return start


@pytest.fixture
def remotes(tmp_path: Path) -> Iterator[Remotes]:
    remotes = Remotes(HostKeys([tmp_path / "users"], tmp_path / "own"))
    yield remotes
    remotes.close()


def trust(remotes: Remotes, port: int) -> None:
    with pytest.raises(errors.HostKeyUnconfirmed) as asked:
        remotes.connect("127.0.0.1", "me", port).result(20)
    remotes.keys.accept("127.0.0.1", port, asked.value.key.fingerprint_sha256)


def login(remotes: Remotes, host: PasswordHost, **credentials: object):
    return remotes.connect("127.0.0.1", "me", host.port, use_agent=False, **credentials).result(20)


def test_a_password_opens_and_the_connection_is_found_by_any_name(hosts, remotes) -> None:
    host = hosts()
    trust(remotes, host.port)
    connection, facts = login(remotes, host, password="right", method="password")
    assert connection.key == f"me@127.0.0.1:{host.port}"
    assert connection.conn_id.startswith("conn_")
    assert facts is None  # this host lets us in and runs nothing
    for name in (connection.key, connection.conn_id, "127.0.0.1"):
        with pytest.raises(errors.NoShell):
            remotes.detect(name).result(20)
    for name in ("conn_00000000", "elsewhere", "you@127.0.0.1:22"):
        with pytest.raises(errors.ConnectionNotFound):
            remotes.detect(name).result(20)
    for name in ("", "a b", "$(x)@h:22", "h:99999", "-x"):
        with pytest.raises(BadRequest):
            remotes.detect(name).result(20)
    assert remotes.disconnect(connection.conn_id).result(20).key == connection.key
    assert remotes.connections().result(20) == []


def test_asked_again_without_a_secret_the_open_connection_is_it(hosts, remotes) -> None:
    host = hosts()
    trust(remotes, host.port)
    first, _ = login(remotes, host, password="right")
    assert login(remotes, host)[0].conn_id == first.conn_id
    assert login(remotes, host, password="right")[0].conn_id == first.conn_id
    assert host.logins == 1


def test_s27_a_wrong_password_is_never_answered_by_the_pool(hosts, remotes) -> None:
    host = hosts()
    trust(remotes, host.port)
    first, _ = login(remotes, host, password="right")
    with pytest.raises(errors.AuthenticationFailed):
        login(remotes, host, password="wrong")
    assert [one.conn_id for one in remotes.connections().result(20)] == [first.conn_id]


def test_a_password_answers_the_one_prompt_that_asks_for_it(hosts, remotes) -> None:
    host = hosts((("Password: ", False),), password=False)
    trust(remotes, host.port)
    login(remotes, host, password="right")
    assert host.sent == ["right"]


@pytest.mark.parametrize("prompts", [(("Your token: ", False),), (("Password: ", False), ("Token: ", True))])
def test_s16_a_password_is_not_sent_to_other_prompts(hosts, remotes, prompts) -> None:
    host = hosts(prompts, password=False)
    trust(remotes, host.port)
    with pytest.raises(errors.AuthenticationFailed):
        login(remotes, host, password="right")
    assert host.sent == []


def test_two_connections_to_one_host_need_a_whole_id(hosts, remotes) -> None:
    one, two = hosts(), hosts()
    for host in (one, two):
        trust(remotes, host.port)
        login(remotes, host, password="right")
    with pytest.raises(BadRequest, match="several connections"):
        remotes.disconnect("127.0.0.1").result(20)
    assert len(remotes.connections().result(20)) == 2


def test_a_connection_that_broke_is_gone(hosts, remotes) -> None:
    host = hosts()
    trust(remotes, host.port)
    connection, _ = login(remotes, host, password="right")
    host.close()
    with pytest.raises((errors.ConnectionNotFound, errors.RemoteError)):
        remotes.ping(connection.key).result(20)


def test_a_real_host_tells_its_facts_and_answers_pings(sshd: Sshd, tmp_path: Path) -> None:
    remotes = Remotes(HostKeys([sshd.known_hosts], tmp_path / "own"))
    try:
        connection, facts = remotes.connect(
            "127.0.0.1", sshd.user, sshd.port, private_key_path=str(sshd.key), use_agent=False
        ).result(20)
        assert facts is not None
        assert facts.os == "Linux"
        assert 0 < remotes.ping(connection.key).result(20) < 10
        environment, host = remotes.environment(connection.key, "system").result(20)
        assert (environment.name, host) == ("system", facts)
    finally:
        remotes.close()


@pytest.mark.parametrize(
    "credentials", [{"method": "password"}, {"method": "key"}, {"method": "magic"}], ids=lambda given: given["method"]
)
def test_a_way_to_log_in_that_lacks_its_secret_is_said_at_once(remotes, credentials) -> None:
    with pytest.raises(BadRequest):
        remotes.connect("127.0.0.1", "me", 22, **credentials)
