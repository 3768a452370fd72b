"""`runicorn viewer --socket`: one unix socket for its own user (S20, S21), on a lease; nothing is left behind (Y06)."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from websockets.sync.client import unix_connect

from runicorn_jupyter.cli import main
from runicorn_jupyter.errors import BadRequest, Conflict, Forbidden
from runicorn_jupyter.paths import Root
from runicorn_jupyter.server.access.lease import Lease
from runicorn_jupyter.server.access.unixsocket import LONGEST_PATH, UnixSocket
from runicorn_jupyter.viewer import SocketViewer

NOBODY = 65534
PYTHON = [getattr(sys, "_base_executable", sys.executable), "-I", "-c"]
PROBE = """
import socket, sys
with socket.socket(socket.AF_UNIX) as caller:
    caller.connect(sys.argv[1])
    caller.sendall(f"GET {sys.argv[2]} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n".encode())
    print(caller.makefile("rb").read().decode())
"""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(str(self._path))


def get(path: Path, address: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = _Connection(path)
    try:
        connection.request("GET", address, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def until(true: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a short folder of ours alone: pytest's are too long for a socket on some machines."""
    with tempfile.TemporaryDirectory(prefix="rn") as name:
        yield Path(name)


@contextmanager
def started(path: Path, root: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "runicorn_jupyter", "viewer", "--socket", str(path), "--storage", str(root)]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stderr.readline()
        assert f"Listening on {path}" in line, line
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


@pytest.fixture
def viewer(folder: Path, upstream_053: Path) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    with started(folder / "s", upstream_053, "--lease", "300") as process:
        yield folder / "s", process


def test_s20_it_listens_on_its_socket_and_nowhere_else(viewer: tuple[Path, subprocess.Popen[str]]) -> None:
    path, process = viewer
    status, headers, body = get(path, "/api/runs")
    assert (status, len(json.loads(body))) == (200, 72)
    assert headers["Set-Cookie"] is None
    assert psutil.Process(process.pid).net_connections("inet") == []
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["s"]
    runtime = Path(os.environ["XDG_RUNTIME_DIR"]) / "runicorn-jupyter"
    assert not runtime.exists() or not list(runtime.iterdir())


def test_it_has_the_api_and_no_page(viewer: tuple[Path, subprocess.Popen[str]]) -> None:
    path, _ = viewer
    assert get(path, "/api/health")[0] == 200
    for address in ("/", "/static/page.js", "/docs", "/login/code", "/remote/x/"):
        assert get(path, address)[0] == 404, address
    assert get(path, "/api/runs", Host="gpu7.cluster")[0] == 403


def test_nothing_a_browser_says_matters_here(viewer: tuple[Path, subprocess.Popen[str]]) -> None:
    """Whose connection it is decides; the gate of the near side has judged the browser before."""
    path, _ = viewer
    for headers in ({"Referer": "http://localhost/"}, {"Cookie": "a=b"}, {"X-Forwarded-For": "10.0.0.1"}):
        assert get(path, "/api/runs", **headers)[0] == 200, headers


def test_sigterm_ends_it_and_its_socket_with_streams_open(viewer: tuple[Path, subprocess.Popen[str]]) -> None:
    """C10 at the far end."""
    path, process = viewer
    with unix_connect(str(path), "ws://localhost/api/events/ws") as stream:
        stream.recv(timeout=20)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        for _ in stream:
            continue
        assert stream.close_code == 1001
    said = process.communicate(timeout=20)
    assert time.monotonic() - began < 10
    assert process.returncode == 0
    assert said[0] == ""
    assert "told to" in said[1]
    assert not path.exists()


def test_without_requests_it_ends_by_itself_with_code_0(folder: Path, upstream_053: Path) -> None:
    """Y06: whoever asked is gone; a websocket that is merely open keeps nothing alive."""
    path = folder / "s"
    with started(path, upstream_053, "--lease", "1") as process:
        with unix_connect(str(path), "ws://localhost/api/events/ws") as stream:
            stream.recv(timeout=20)
            assert process.wait(timeout=30) == 0
        assert "nobody has asked anything" in process.stderr.read()
    assert not path.exists()


def test_y06_killed_it_leaves_a_socket_that_the_next_one_replaces(folder: Path, upstream_053: Path) -> None:
    path = folder / "s"
    with started(path, upstream_053) as first:
        first.kill()
        first.wait(timeout=20)
    assert path.exists()
    with started(path, upstream_053):
        assert get(path, "/api/health")[0] == 200


def test_a_living_one_is_not_replaced(viewer: tuple[Path, subprocess.Popen[str]], upstream_053: Path, capsys) -> None:
    path, _ = viewer
    assert main(["viewer", "--socket", str(path), "--storage", str(upstream_053)]) == 1
    assert f"A viewer is already listening on {path}" in capsys.readouterr().err
    assert get(path, "/api/health")[0] == 200


def probe(path: Path, address: str, *, nobody: bool = True) -> subprocess.CompletedProcess[str]:
    other = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if nobody else []
    command = [*other, *PYTHON, PROBE, str(path), address]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=60)


def test_s21_another_user_does_not_even_reach_it(viewer: tuple[Path, subprocess.Popen[str]]) -> None:
    path, _ = viewer
    assert "200 OK" in probe(path, "/api/runs", nobody=False).stdout
    assert "PermissionError" in probe(path, "/api/runs").stderr


def test_w24_another_user_is_refused_even_where_the_files_let_them(folder: Path, upstream_053: Path) -> None:
    """SO_PEERCRED alone holds: this test opens folder and socket to everybody."""
    answers: list[str] = []

    def open_to_all() -> None:
        folder.chmod(0o755)
        (folder / "s").chmod(0o666)

    async def scene() -> None:
        async with SocketViewer(Root(upstream_053, "argument"), folder / "s"):
            open_to_all()
            for address, nobody in (("/api/runs", True), ("/api/health", True), ("/api/health", False)):
                done = await asyncio.to_thread(probe, folder / "s", address, nobody=nobody)
                answers.append(done.stdout)

    asyncio.run(scene())
    refused, stranger, owner = answers
    assert refused.startswith("HTTP/1.1 403")
    assert "nobody else" in refused
    assert json.loads(stranger.split("\n\n")[-1]).keys() == {"status", "version"}
    assert "storage" in json.loads(owner.split("\n\n")[-1])


def test_every_request_renews_the_lease_and_a_refused_one_does_not(folder: Path, upstream_053: Path) -> None:
    """A clock of the test's own: only what was asked moves the end."""

    async def scene() -> None:
        viewer = SocketViewer(Root(upstream_053, "argument"), folder / "s", lease=100)
        now = [0.0]
        viewer._lease._clock = lambda: now[0]
        async with viewer:
            for seconds, ask in ((40, "/api/health"), (90, "/api/nothing"), (130, "/api/events/ws")):
                now[0] = seconds
                await asyncio.to_thread(get, folder / "s", ask)
                assert viewer._lease.left() == 100, ask
            now[0] = 170
            await asyncio.to_thread(get, folder / "s", "/api/health", Host="evil.example")
            assert viewer._lease.left() == 60
            await asyncio.to_thread(_listen_and_say, folder / "s", now, viewer._lease)
        assert viewer._lease.left() == 100

    asyncio.run(scene())


def _listen_and_say(path: Path, now: list[float], lease: Lease) -> None:
    with unix_connect(str(path), "ws://localhost/api/events/ws") as stream:
        assert lease.left() == 100, "opening a websocket is a request"
        now[0] = 200
        stream.recv(timeout=20)
        assert lease.left() == 70, "what the viewer says is none"
        stream.send("here")
        until(lambda: lease.left() == 100)


def test_the_lease_is_over_when_its_time_is_and_not_before() -> None:
    now = [0.0]
    lease = Lease(10, clock=lambda: now[0])
    now[0] = 9
    lease.renew()
    now[0] = 18.5
    assert lease.left() == 0.5
    now[0] = 19
    assert lease.left() == 0
    asyncio.run(asyncio.wait_for(lease.ended(), 20))


@pytest.mark.parametrize(("mode", "link"), [(0o755, False), (0o770, False), (0o700, True)])
def test_s21_a_folder_that_is_not_ours_alone_is_refused(folder: Path, mode: int, link: bool) -> None:
    place = folder / "place"
    place.mkdir()
    place.chmod(mode)
    if link:
        (folder / "link").symlink_to(place)
        place = folder / "link"
    with pytest.raises(Forbidden, match=str(place)):
        UnixSocket(place / "s")
    assert not list(place.iterdir())


def test_what_cannot_be_a_socket_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "file").write_text("mine")
    with pytest.raises(BadRequest, match="no socket"):
        UnixSocket(folder / "file")
    assert (folder / "file").read_text() == "mine"
    with pytest.raises(BadRequest, match="absolute"):
        UnixSocket(Path("s"))
    with pytest.raises(BadRequest, match="100 bytes"):
        UnixSocket(folder / ("s" * LONGEST_PATH))
    with pytest.raises(Forbidden, match="no such file"):
        UnixSocket(folder / "none" / "s")
    for options in (["--lease", "9"], ["--lease", "0", "--socket", "s"], ["--lease", "nan", "--socket", "s"]):
        assert main(["viewer", *options]) == 2
        assert "lease" in capsys.readouterr().err


def test_a_link_at_the_place_of_the_socket_is_not_followed(folder: Path) -> None:
    (folder / "target").write_text("mine")
    (folder / "s").symlink_to(folder / "target")
    with pytest.raises(BadRequest, match="no socket"):
        UnixSocket(folder / "s")
    assert (folder / "target").read_text() == "mine"


def test_of_many_that_start_at_once_one_listens(folder: Path) -> None:
    """A stale socket lies there, and every start finds it; only one may put its own in its place."""
    stale = UnixSocket(folder / "s")
    stale.socket.close()
    made: list[UnixSocket] = []
    refused: list[Conflict] = []
    gate = threading.Barrier(8)

    def start() -> None:
        gate.wait()
        try:
            made.append(UnixSocket(folder / "s"))
        except Conflict as error:
            refused.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (1, 7)
    made[0].remove()
    made[0].socket.close()
    assert not (folder / "s").exists()


def test_it_removes_no_socket_but_its_own(folder: Path) -> None:
    first = UnixSocket(folder / "s")
    (folder / "s").unlink()
    second = UnixSocket(folder / "s")
    first.remove()
    assert (folder / "s").exists()
    second.remove()
    assert not (folder / "s").exists()
    for one in (first, second):
        one.socket.close()
