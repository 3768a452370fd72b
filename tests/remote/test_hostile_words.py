"""What is said of each bad host, login and account: its own code, one sentence, no secret, and nothing stored (D33)."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import asyncssh
import pytest
from fakehosts import Door, FakeHost, answering, refuse
from fixtures_sshd import free_port
from viewers import running_viewer

SECRET = "hunter2-of-the-test"
FACTS = dict.fromkeys(("hostname", "os", "home", "python_version", "root_reason"), "x") | {"root": "/runs"}
OURS = {"distribution": "runicorn-jupyter", "runicorn_version": "1", "python_version": "3.12", "type": "venv"}


class Opens(Door):
    """Lets anybody in."""

    def begin_auth(self, username: str) -> bool:
        return False


def full(request: dict[str, object]) -> bytes:
    """Be a host where our viewer is, and no room for it."""
    environments = [{"name": "ours", "prefix": "/e", "python": "/e/bin/python", **OURS}]
    looked = {"host": FACTS, "environments": environments}
    start = {"outcome": "failed", "cause": "quota", "log": []}
    return json.dumps({"ok": looked if request["operation"] == "environments" else start}).encode()


async def no_python(process: asyncssh.SSHServerProcess) -> None:
    process.exit(127)


class Bad:
    """A viewer here, and the hosts it is asked about, by name."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        def host(**named: object) -> FakeHost:
            return stack.enter_context(FakeHost(**named).running())

        self.hosts = {
            "password": host(),
            "noshell": host(program=refuse, door=Opens),
            "nopython": host(program=no_python, door=Opens),
            "full": host(program=answering(full), door=Opens),
            "changed": host(),
            "cipher": host(options={"encryption_algs": ["chacha20-poly1305@openssh.com"]}),
            "unknown": host(),
        }
        self.ports = {name: one.port for name, one in self.hosts.items()}
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.ports |= {"silent": silent.getsockname()[1], "closed": free_port()}
        self.home = folder / "home"
        (self.home / ".ssh").mkdir(parents=True, mode=0o700)
        known = self.home / ".ssh" / "known_hosts"
        keys = {name: one.key for name, one in self.hosts.items() if name != "unknown"}
        keys["changed"] = asyncssh.generate_private_key("ssh-ed25519")
        lines = [f"[127.0.0.1]:{self.ports[name]} {key.export_public_key().decode()}" for name, key in keys.items()]
        known.write_text("".join(lines))
        encrypted = asyncssh.generate_private_key("ssh-ed25519").export_private_key(
            passphrase="other", rounds=4, ignore_few_rounds=True
        )
        (self.home / "encrypted").write_bytes(encrypted)
        (self.home / "text").write_text(SECRET)
        (folder / "root").mkdir()
        variables = {"HOME": ".", "XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache", "XDG_RUNTIME_DIR": "run"}
        for name in variables.values():
            (self.home / name).mkdir(exist_ok=True, mode=0o700)
        self.before = {path for path in self.home.rglob("*") if "cache" not in path.parts and "run" not in path.parts}
        environment = {name: str((self.home / path).resolve()) for name, path in variables.items()}
        self.viewer = stack.enter_context(running_viewer(folder / "root", env=environment))

    def ask(self, path: str, body: object = None) -> tuple[int, dict[str, object], str]:
        """Return status, answer, and the answer as it came."""
        data = None if body is None else json.dumps(body).encode()
        address = f"http://127.0.0.1:{self.viewer.port}/api{path}"
        request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text, status = answer.read().decode(), answer.status
        except urllib.error.HTTPError as error:
            with error:
                text, status = error.read().decode(), error.code
        return status, json.loads(text), text

    def connect(self, host: str, **named: object) -> tuple[int, dict[str, object], str]:
        """Log in at one of the hosts, or at any name; the fifth failure at one name within a minute would be a 429."""
        name = "127.0.0.1" if host in self.ports else host
        body = {"host": name, "port": self.ports.get(host, 22), "username": "me"}
        return self.ask("/remote/connect", {**body, "use_agent": False, **named})


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bad]:
    with ExitStack() as stack:
        yield Bad(tmp_path_factory.mktemp("bad"), stack)


def one_sentence(text: object) -> bool:
    return isinstance(text, str) and text.endswith(".") and text.isprintable() and 20 < len(text) < 400


@pytest.mark.parametrize(
    ("host", "login", "status", "code"),
    [
        ("password", {"password": SECRET}, 401, "authentication_failed"),
        ("password", {"private_key_path": "~/encrypted", "passphrase": SECRET}, 401, "passphrase_required"),
        ("password", {"private_key_path": "~/nowhere"}, 400, "key_unreadable"),
        ("password", {"private_key_path": "~/.ssh"}, 400, "key_unreadable"),
        ("password", {"private_key_path": "~/text"}, 400, "key_unreadable"),
        ("password", {"private_key": SECRET}, 400, "key_unreadable"),
        ("no-such-host.invalid", {}, 503, "host_not_found"),
        ("224.0.0.1", {}, 503, "no_route"),
        ("closed", {"password": SECRET}, 503, "connection_refused"),
        ("silent", {"password": SECRET, "timeout": 1}, 408, "connection_timeout"),
        ("changed", {"password": SECRET}, 409, "host_key_changed"),
        ("unknown", {"password": SECRET}, 409, "host_key_confirmation_required"),
        ("cipher", {"password": SECRET}, 500, "ssh_error"),
    ],
)
def test_each_bad_login_has_its_own_word(bad, host, login, status, code) -> None:
    told = bad.connect(host, **login)
    assert (told[0], told[1]["error"]) == (status, code), told
    assert one_sentence(told[1]["message"])
    assert SECRET not in told[2]
    assert bad.ask("/remote/sessions")[1]["sessions"] == []


@pytest.mark.parametrize(
    ("host", "path", "status", "code"),
    [
        ("noshell", "/remote/environments", 502, "no_shell"),
        ("nopython", "/remote/environments", 502, "python_missing"),
        ("full", "/remote/viewer/start", 507, "quota_exceeded"),
        ("noshell", "/remote/viewer/start", 502, "no_shell"),
        ("nopython", "/remote/viewer/start", 502, "python_missing"),
    ],
)
def test_each_bad_account_has_its_own_word(bad, host, path, status, code) -> None:
    status_here, made, _ = bad.connect(host, password=SECRET)
    assert status_here == 200
    key = made["connection_id"]
    body = {"connection_id": key, "remote_root": "/runs"} if "start" in path else None
    told = bad.ask(path if body else f"{path}?connection_id={key}", body)
    assert (told[0], told[1]["error"]) == (status, code), told
    assert one_sentence(told[1]["message"])
    assert bad.ask("/remote/disconnect", {"host": "127.0.0.1", "port": bad.ports[host], "username": "me"})[1]["ok"]


def test_nothing_of_all_that_is_kept(bad) -> None:
    """No key, no host, no secret: neither in a file of the user nor in what the viewer says."""
    after = {path for path in bad.home.rglob("*") if "cache" not in path.parts and "run" not in path.parts}
    assert {path.name for path in after - bad.before} <= {"runicorn-jupyter", "installation"}
    kept = [path for path in bad.home.rglob("*") if path.is_file() and path.name != "text"]
    assert [path for path in kept if SECRET.encode() in path.read_bytes()] == []
    bad.viewer.process.terminate()
    said = bad.viewer.process.communicate(timeout=30)
    assert SECRET not in "".join(said)
