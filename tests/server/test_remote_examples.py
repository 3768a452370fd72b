"""Every example of both documents about remote viewers, run as it stands against a real sshd and a real viewer there.

Changed are host, port, user, key, ids and paths alone; the documented clients, Python and JavaScript, not even there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from curls import curl
from documented import Example, alike, code_of, examples, titled
from farviewers import FarHost, started_host
from fixtures_sshd import free_port
from viewers import ViewerProcess, running_viewer


class Stage(NamedTuple):
    """A host, a viewer here whose user can log in there, and the folder of that user."""

    host: FarHost
    viewer: ViewerProcess
    home: Path

    def ask(self, path: str, body: Mapping[str, Any] | None = None, method: str | None = None) -> Any:
        """Return what the API answers, which must be a success."""
        verb = method or ("GET" if body is None else "POST")
        data = "" if body is None else f"-H 'Content-Type: application/json' -d '{json.dumps(body)}'"
        told = curl(f"curl -X {verb} {data} 'http://127.0.0.1:{self.viewer.port}/api/remote/{path}'")
        assert told.status == 200, told.body
        return json.loads(told.body)

    @property
    def key(self) -> str:
        """The id of the connection."""
        return f"{self.host.sshd.user}@127.0.0.1:{self.host.sshd.port}"

    def here(self, text: str) -> str:
        """Return an example with this host, port and user in it."""
        port, user = self.host.sshd.port, self.host.sshd.user
        for name in ("127.0.0.1", "localhost"):
            text = text.replace(f"{name}:23300", f"{name}:{self.viewer.port}")
        for theirs, ours in (("gpu-server.com", "127.0.0.1"), ("gpu-server-01.com", "127.0.0.1"),
                             ("gpu-server-02.com", "localhost"), ("remote-server.com", "127.0.0.1")):  # fmt: skip
            text = text.replace(theirs, ours)
        text = text.replace("mluser", user).replace('username="user"', f'username="{user}"')
        text = text.replace("/data/experiments", str(self.host.home / "runicorn_data"))
        return _with_port(text, port)

    def run(self, command: list[str], text: str, answers: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program that is told on its standard input what a person would type."""
        return subprocess.run(
            [*command, text], input=answers, capture_output=True, text=True, cwd=self.home, env=self.environment,
            timeout=120, check=False,
        )  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        """What the user's programs see."""
        return {**os.environ, "HOME": str(self.home), "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(self.home)}


def _with_port(text: str, port: int) -> str:
    """Name the port of sshd where an example has 22, or says nothing, which is 22."""
    text = re.sub(r"""((?<!\w)"?port"?: )22\b""", rf"\g<1>{port}", text)
    text = re.sub(r"port=22,?\s*", "", text)
    text = re.sub(r'"host": "[^"]+"', rf'\g<0>, "port": {port}', text)
    text = re.sub(r"\bhost: '[^']+'", rf"\g<0>, port: {port}", text)
    # The functions of the use cases take no port; what they call does.
    return re.sub(r'\bhost=("[^"]+"|host)(?=[,)])(?!,\s*username="\w+",\s*key_path)', rf"\g<0>, port={port}", text)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarHost]:
    with started_host(tmp_path_factory.mktemp("host")) as started:
        folder = started.home / ".virtualenvs"
        (folder / "ours").rename(folder / "pytorch-env")
        yield started


@pytest.fixture(scope="module")
def stage(host: FarHost, sample_roots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    home = tmp_path_factory.mktemp("user")
    for folder in (".cache", ".config", "run", ".ssh"):
        (home / folder).mkdir(mode=0o700)
    shutil.copy(host.sshd.key, home / ".ssh" / "id_rsa")
    known = host.sshd.known_hosts.read_text()
    (home / ".ssh" / "known_hosts").write_text(known + known.replace("127.0.0.1", "localhost"))
    env = {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "XDG_CONFIG_HOME": str(home / ".config"),
           "XDG_RUNTIME_DIR": str(home / "run"), "SSH_AUTH_SOCK": ""}  # fmt: skip
    with running_viewer(sample_roots / "upstream-0.5.3", "--rate-limit=connect=0", env=env) as viewer:
        stage = Stage(host, viewer, home)
        for name, title in CLIENTS.items():
            (home / name).write_text(_addressed(code_of(title), viewer))
        yield stage


CLIENTS = {
    "runicorn_remote_client.py": "Complete Python Client Class",
    "runicorn_remote_client.mjs": "Complete JavaScript/TypeScript Client Class",
}
"""The documented classes; of them the address of the viewer alone is changed."""


def _addressed(text: str, viewer: ViewerProcess) -> str:
    return re.sub(r"(127\.0\.0\.1|localhost):23300", rf"\1:{viewer.port}", text)


@pytest.fixture
def conn_id(stage: Stage) -> str:
    """Let there be a connection with a running viewer, and return the id that 0.5.0 gives it."""
    login = {"host": "127.0.0.1", "port": stage.host.sshd.port, "username": stage.host.sshd.user}
    found = stage.ask("connect", {**login, "private_key_path": "~/.ssh/id_rsa"})
    stage.ask("viewer/start", {"connection_id": found["connection_id"], "conda_env": "pytorch-env"})
    return str(found["conn_id"])


def answer_to(example: Example) -> Any:
    """Return the documented answer of the address that an example is about."""
    about = example.title.partition(" / Request Examples")[0]
    return json.loads(code_of(f"{about} / Response / Success Response (200 OK)"))


def made_ready(stage: Stage, example: Example, conn_id: str) -> str:
    """Return an example with the id of the connection; a viewer that it starts does not run yet."""
    if "viewer/start" in example.title:
        stage.ask("viewer/stop", {"connection_id": conn_id})
    return stage.here(example.text).replace("conn_1a2b3c4d", conn_id)


@pytest.mark.parametrize("example", titled("bash"))
def test_every_curl_is_answered_as_documented(example: Example, stage: Stage, conn_id: str) -> None:
    told = curl(made_ready(stage, example, conn_id))
    assert told.status == 200, told.body
    documented = answer_to(example)
    if "config" in documented:
        del documented["config"]["viewer_port"]  # no port is opened on the host (S20)
    alike(documented, json.loads(told.body))


@pytest.mark.parametrize("example", titled("python", ending="Request Examples / Python"))
def test_every_request_in_python(example: Example, stage: Stage, conn_id: str) -> None:
    source = made_ready(stage, example, conn_id)
    last = re.findall(r"^(\w+) = ", source, re.MULTILINE)[-1]
    done = stage.run([sys.executable, "-c"], f"{source}\nprint({last})")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.strip()) > len("[]")


@pytest.mark.parametrize("example", titled("javascript", ending="Request Examples / JavaScript"))
def test_every_request_in_javascript(example: Example, stage: Stage) -> None:
    done = stage.run(node(), stage.here(example.text) + "\nconsole.log(connectionId)")
    assert (done.returncode, done.stdout.strip()) == (0, stage.key), done.stderr


@pytest.mark.parametrize("path", ["health", "ping"])
def test_what_is_documented_without_a_request(path: str, stage: Stage, conn_id: str) -> None:
    documented = json.loads(code_of(f"GET /api/remote/{path} / Response / Success Response (200 OK)"))
    told = stage.ask(f"{path}?connection_id={conn_id}")
    alike(documented, told)
    assert told.get("checks", {}) == documented.get("checks", {})
    assert told.get("health") == documented.get("health")


def test_the_workflow(stage: Stage) -> None:
    """The five steps, in their order, with no viewer there before."""
    for one in stage.ask("viewer/sessions")["sessions"]:
        stage.ask("viewer/stop", {"session_id": one["sessionId"]})
    steps = re.findall(r"\d\. (\w+) /api/remote/(\S+)", code_of("Overview / Workflow"))
    assert [verb for verb, _ in steps] == ["POST", "GET", "POST", "GET", "DELETE"]
    login = {"host": "127.0.0.1", "port": stage.host.sshd.port, "username": stage.host.sshd.user, "auth_method": "key"}
    conn_id = stage.ask(steps[0][1], {**login, "private_key_path": "~/.ssh/id_rsa"})["connection_id"]
    names = [one["name"] for one in stage.ask(f"{steps[1][1]}?connection_id={conn_id}")["environments"]]
    assert "pytorch-env" in names
    url = stage.ask(steps[2][1], {"connection_id": conn_id, "env_name": "pytorch-env"})["viewer"]["url"]
    assert stage.ask(f"{steps[3][1]}?connection_id={conn_id}")["viewer"]["url"] == url
    health = curl(f"curl {url}/api/health")
    assert (health.status, json.loads(health.body)["status"]) == (200, "ok")
    stage.ask(steps[4][1].replace("id", conn_id), method="DELETE")
    assert stage.ask("connections")["total"] == 0
    assert stage.ask("viewer/sessions")["sessions"] == []


def node() -> list[str]:
    found = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found, "make test brings Node"
    return [found, "--input-type=module", "-e"]


def test_the_javascript_client(stage: Stage) -> None:
    usage = "import RunicornRemoteClient from './runicorn_remote_client.mjs';\n" + code_of("JavaScript Usage Example")
    done = stage.run(node(), stage.here(usage))
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.splitlines()
    assert said[0] == f"✓ Connected: {stage.key}"
    assert re.fullmatch(r"✓ Found [1-9]\d* env\(s\)", said[1])
    assert any(re.fullmatch(r"  - pytorch-env: Python Python 3\.\S+ \(\w+\)", line) for line in said)
    assert said[-3].startswith("✓ Viewer started: http://localhost:")
    assert said[-2:] == ["✓ Viewer status: running", "✓ Disconnected"]


def test_the_python_client(stage: Stage) -> None:
    done = stage.run([sys.executable, "-c"], stage.here(code_of("Basic Usage Example")), "\n")
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.splitlines()
    assert said[0] == f"✓ Connected: {stage.key}"
    assert said[2].startswith("✓ Viewer started: http://localhost:")
    assert said[3:] == ["✓ Viewer status: running", "Press Enter to disconnect...✓ Disconnected"]


def test_use_case_1_watches_until_it_is_stopped(stage: Stage) -> None:
    source = stage.here(code_of("Use Case 1: Automated Training Monitoring"))
    with subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, cwd=stage.home, env=stage.environment
    ) as program:
        assert program.stdout
        said = [program.stdout.readline() for _ in range(2)]
        program.send_signal(signal.SIGKILL)
    assert said[0].startswith("Viewer URL: http://localhost:")
    assert re.fullmatch(r"Status: running, Uptime: [\d.]+s\n", said[1])


def test_use_case_2_two_servers(stage: Stage) -> None:
    done = stage.run([sys.executable, "-c"], stage.here(code_of("Use Case 2: Multi-Server Management")), "l\nq\n")
    assert (done.returncode, done.stderr) == (0, "")
    other = stage.key.replace("127.0.0.1", "localhost")
    for line in (f"Connected to 127.0.0.1: {stage.key}", f"Connected to localhost: {other}",
                 "Total 2 active session(s):", f"  - {other}: connected=True", f"{stage.key}: connected=True",
                 "✓ Disconnected: 127.0.0.1", "✓ Disconnected: localhost"):  # fmt: skip
        assert line in done.stdout, line


def test_use_case_3_selects_an_environment(stage: Stage) -> None:
    done = stage.run([sys.executable, "-c"], stage.here(code_of("Use Case 3: Environment Detection and Selection")))
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"✓ Viewer available: http://localhost:\d+$", done.stdout.strip())


def test_the_error_handling_example_where_nothing_is_wrong(stage: Stage) -> None:
    done = stage.run([sys.executable, "-c"], stage.here(code_of("Python Error Handling Example")))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("✓ Success: http://localhost:")
    assert stage.ask("sessions")["sessions"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"127.0.0.1": "localhost"}, "Error: Host key confirmation required"),
        ({"PORT": "CLOSED"}, "Error: SSH service unavailable"),
        ({"~/.ssh/id_rsa": "~/.ssh/known_hosts"}, "Error: HTTP 400 - "),
    ],
)
def test_the_error_handling_example_where_something_is(stage: Stage, change: dict[str, str], said: str) -> None:
    """The host key that nobody knows, the host that is away, the key that is none: each is told apart."""
    source = stage.here(code_of("Python Error Handling Example"))
    known = stage.home / ".ssh" / "known_hosts"
    before = known.read_text()
    words = {"PORT": str(stage.host.sshd.port), "CLOSED": str(free_port())}
    for old, new in change.items():
        source = source.replace(words.get(old, old), words.get(new, new))
    try:
        known.write_text(before.replace("localhost", "else"))
        done = stage.run([sys.executable, "-c"], source)
    finally:
        known.write_text(before)
    assert (done.returncode, done.stdout[: len(said)]) == (0, said), done.stderr


@pytest.mark.parametrize("example", [one for one in titled("python") if "Best Practices" in one.values[0].title])
def test_every_best_practice(example: Example, stage: Stage) -> None:
    before = "from runicorn_remote_client import RunicornRemoteClient\nclient = RunicornRemoteClient()\n"
    login = f'host="127.0.0.1", username="{stage.host.sshd.user}", private_key_path="~/.ssh/id_rsa"'
    source = before + stage.here(example.text.replace("client.connect(...)", f"client.connect({login})"))
    variables = {"REMOTE_HOST": "127.0.0.1", "REMOTE_USERNAME": stage.host.sshd.user, "SSH_KEY_PATH": "~/.ssh/id_rsa"}
    done = stage.run(["env", *(f"{name}={value}" for name, value in variables.items()), sys.executable, "-c"], source)
    assert done.returncode == 0, done.stderr
    assert "failed" not in done.stderr
    if "client.connect(" in example.text:
        assert [one["key"] for one in stage.ask("sessions")["sessions"]] == [stage.key]


ERRORS = [
    (400, "invalid_parameters", "connect", {"host": "127.0.0.1"}),
    (401, "authentication_failed", "connect", {"username": "nobody-of-this-name"}),
    (404, "connection_not_found", "viewer/start", {"connection_id": "conn_00000000", "env_name": "pytorch-env"}),
    (404, "environment_not_found", "viewer/start", {"connection_id": "", "env_name": "none"}),
    (409, "viewer_already_running", "viewer/start", {"connection_id": "", "env_name": "pytorch-env"}),
]


@pytest.mark.parametrize(("status", "code", "path", "body"), ERRORS, ids=[error[1] for error in ERRORS])
def test_every_documented_error(
    status: int, code: str, path: str, body: dict[str, Any], stage: Stage, conn_id: str
) -> None:
    """`ssh_error` and `internal_error` are nobody's example: tests/remote and test_gate have those."""
    if "username" in body:
        body = {**body, "host": "127.0.0.1", "port": stage.host.sshd.port, "private_key_path": "~/.ssh/id_rsa"}
    body = {name: value or conn_id for name, value in body.items()}
    told = curl(
        f"curl -X POST -H 'Content-Type: application/json' -d '{json.dumps(body)}' "
        f"http://127.0.0.1:{stage.viewer.port}/api/remote/{path}"
    )
    answer = json.loads(told.body)
    assert (told.status, answer["error"], answer["success"]) == (status, code, False)
    for title in ("Response / Error Response (400/401/500)", "Error Handling / Error Response Format"):
        alike(json.loads(code_of(title)), answer)


def test_the_documented_timeout(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        body = {"host": "127.0.0.1", "port": silent.getsockname()[1], "username": "me", "timeout": 1}
        told = curl(
            f"curl -X POST -H 'Content-Type: application/json' -d '{json.dumps(body)}' "
            f"http://127.0.0.1:{stage.viewer.port}/api/remote/connect"
        )
    assert (told.status, json.loads(told.body)["error"]) == (408, "connection_timeout")


def test_no_example_is_left_out() -> None:
    done = {one.title for one in examples() if one.language in {"bash", "json"}}
    done |= {one.title for one in examples() if "Request Examples" in one.title or "Best Practices" in one.title}
    named = (*CLIENTS.values(), "Basic Usage Example", "JavaScript Usage Example", "Python Error Handling Example")
    done |= {one.title for one in examples() if one.title.endswith(named) or "Use Case" in one.title}
    left = {one.title for one in examples()} - done
    assert {title.rpartition(" / ")[2] for title in left} == {"Workflow", "Request"}
