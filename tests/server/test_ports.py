"""The local port of a session, outside Jupyter: its page, its API, and the guard of the viewer (D27, S23, S24)."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from farends import SESSION, Far, far_viewer, leads_to
from mounts import Mount, patterns, until

from runicorn_jupyter.errors import NotFound, PortTaken
from runicorn_jupyter.models import RemoteSession
from runicorn_jupyter.server.gate import Gate, GateSocket
from runicorn_jupyter.server.remote import ports as module
from runicorn_jupyter.server.remote.ports import LocalPorts
from runicorn_jupyter.viewer import Viewer

NOBODY = 65534
PROBE = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
connection.request("GET", sys.argv[2])
print(connection.getresponse().status)
"""
TYPED = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@dataclasses.dataclass
class Sessions(Far):
    """One session on a real viewer, and whoever watches it."""

    state: str = "running"
    watching: list[Callable[[], None]] = dataclasses.field(default_factory=list)

    def session(self) -> RemoteSession:
        return RemoteSession(
            id=SESSION, connection_id="ann@gpu7:22", conn_id="conn_00000000", host="gpu7", port=22, username="ann",
            root="there", environment="system", state=self.state, reason=None, since=0.0, started=0.0, pid=1,
            version=None, restarts=0, next_try=None,
        )  # fmt: skip

    def viewers(self) -> Future[list[RemoteSession]]:
        found: Future[list[RemoteSession]] = Future()
        found.set_result([self.session()])
        return found

    def viewer(self, session_id: str) -> Future[RemoteSession]:
        found: Future[RemoteSession] = Future()
        if session_id == SESSION:
            found.set_result(self.session())
        else:
            found.set_exception(NotFound(f"Session not found: {session_id}"))
        return found

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        self.watching.append(callback)
        return lambda: self.watching.remove(callback)


@pytest.fixture
def far(
    upstream_072: Path, monkeypatch: pytest.MonkeyPatch, jp_asyncio_loop: asyncio.AbstractEventLoop
) -> Iterator[Sessions]:
    run = jp_asyncio_loop.run_until_complete
    context = far_viewer(upstream_072)
    far = Sessions(run(context.__aenter__()).path)
    leads_to(monkeypatch, far)
    yield far
    run(context.__aexit__(None, None, None))


@pytest.fixture
def ports(viewer: Viewer, far: Sessions) -> LocalPorts:
    assert viewer.service.ports is not None
    return viewer.service.ports


@pytest.fixture
def opened(viewer: Viewer, ports: LocalPorts, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Mount:
    """Return the port of the session, as a mount whose address is that of the session."""

    async def open_it() -> int:
        return ports.open(SESSION)

    port = jp_asyncio_loop.run_until_complete(open_it())
    application = ports._open[SESSION].server.request_callback
    token = {"Authorization": f"token {viewer.identity.token}"}
    mount = Mount("viewer", port, "/api", application, token, stranger={"Sec-Fetch-Site": "same-origin"})
    jp_asyncio_loop.run_until_complete(mount.settled())
    return mount


def listens(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as caller:
        return caller.connect_ex((host, port)) == 0


async def test_the_port_has_the_page_and_the_api_of_its_session(opened: Mount) -> None:
    page = await opened.fetch("/", TYPED, whole=True)
    config = json.loads(re.search(rb'id="runicorn-config">(.*?)</script>', page.body)[1])
    assert (page.code, config["api"], config["session"]["id"]) == (200, "/api", SESSION)
    script = re.search(rb'<script type="module" src="([^"]+)"', page.body)[1].decode()
    assert (await opened.fetch(script, {}, whole=True)).code == 200
    runs = await opened.json("/runs", {})
    assert (len(runs), {run["project"] for run in runs} != set()) == (72, True)
    assert (await opened.json("/health"))["label"] == "upstream-0.7.2"
    events = await opened.socket("/events/ws")
    assert json.loads(await events.read_message())
    events.close()


async def test_the_cookie_of_a_browser_is_for_this_port(viewer: Viewer, opened: Mount) -> None:
    came = await opened.fetch("/", TYPED, whole=True)
    cookie = next(line for line in came.headers.get_list("Set-Cookie") if line.startswith("runicorn-viewer-"))
    assert cookie.startswith(f"runicorn-viewer-{opened.port}=")
    assert "HttpOnly" in cookie
    browser = {"Cookie": cookie.split(";", 1)[0], "Sec-Fetch-Site": "same-origin"}
    assert (await opened.fetch("/runs", browser)).code == 200
    own = Mount("viewer", viewer.port, "/api", opened.application, {})
    assert (await own.fetch("/runs", browser)).code == 403, "no cookie of a port logs in at the viewer"
    changing = {**browser, "Content-Type": "application/json"}
    answer = await opened.fetch("/runs/soft-delete", changing, method="POST", body=b'{"run_ids":["x"]}')
    assert answer.code == 403, "W07: without XSRF nothing changes there"


async def test_a_login_address_of_the_token_works_here_too(opened: Mount) -> None:
    given = await opened.fetch("/login/code", method="POST", whole=True)
    path = json.loads(given.body)["path"]
    answer = await opened.fetch(path, {"Sec-Fetch-Site": "none"}, whole=True)
    assert (answer.code, answer.headers["Location"]) == (302, "/")
    assert f"runicorn-viewer-{opened.port}=" in answer.headers["Set-Cookie"]


async def test_s23_web_pages_and_foreign_names_get_nothing(opened: Mount) -> None:
    evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for path in ("/", "/api/runs", "/api/events/ws", "/nothing"):
        for headers in (evil, {"Origin": "null"}, opened.stranger, {"Host": "evil.example"}, {"X-Forwarded-For": "1"}):
            answer = await opened.fetch(path, headers, whole=True)
            assert answer.code in {401, 403}, (path, headers)
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
            assert "Set-Cookie" not in answer.headers
            assert b"gpu7" not in answer.body


async def test_s23_another_user_is_refused(opened: Mount) -> None:
    other = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    python = [getattr(sys, "_base_executable", sys.executable), "-I", "-c", PROBE, str(opened.port)]

    def status(path: str, *, nobody: bool) -> str:
        command = [*(other if nobody else []), *python, path]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd="/", timeout=60).stdout.strip()

    for path in ("/", "/api/runs", "/api/health"):
        assert await asyncio.to_thread(status, path, nobody=True) in {"401", "403"}, path
    assert await asyncio.to_thread(status, "/api/runs", nobody=False) == "200"


async def test_g1_every_handler_of_a_port_is_a_gate(opened: Mount) -> None:
    walked = patterns(opened)
    assert len(walked) > 5
    for pattern, handler in walked:
        assert issubclass(handler, Gate | GateSocket), pattern


async def test_it_is_loopback_both_ways_round(opened: Mount) -> None:
    """`localhost` may be IPv6: that must be ours as well, not somebody else's."""
    sockets = [one.getsockname() for one in module._both(0)]
    assert {one[0] for one in sockets} <= {"127.0.0.1", "::1"}
    assert len({one[1] for one in sockets}) == 1
    if socket.has_ipv6 and len(sockets) == 2:
        assert listens(opened.port, "::1")


async def test_s24_a_port_that_was_asked_for_and_is_taken_is_409(ports: LocalPorts) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortTaken, match="is taken") as refusal:
        ports.open(SESSION, taken.getsockname()[1])
    assert (refusal.value.status, refusal.value.code) == (409, "port_in_use")
    assert ports.port(SESSION) is None


async def test_s24_otherwise_the_next_free_one_is_taken(ports: LocalPorts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is probed: what is bound is what is had, so nobody can come between."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        first = taken.getsockname()[1]
        monkeypatch.setattr(module, "_FIRST", first)
        monkeypatch.setattr(module, "_LAST", first)
        port = ports.open(SESSION)
        assert port != first
        assert listens(port)


async def test_s24_a_port_whose_other_half_is_taken_is_not_had(ports: LocalPorts) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken):
            ports.open(SESSION, port)
    assert not listens(port)


async def test_asked_again_it_stays_or_moves_where_it_is_wanted(ports: LocalPorts) -> None:
    port = ports.open(SESSION)
    assert ports.open(SESSION) == ports.open(SESSION, port) == ports.port(SESSION) == port
    with socket.create_server(("127.0.0.1", 0)) as free:
        wanted = free.getsockname()[1]
    assert ports.open(SESSION, wanted) == wanted
    assert listens(wanted)
    assert not listens(port)


async def test_closing_ends_what_is_open_and_frees_the_port(ports: LocalPorts, opened: Mount) -> None:
    events = await opened.socket("/events/ws")
    assert await events.read_message()
    ports.close(SESSION)
    assert ports.port(SESSION) is None
    assert not listens(opened.port)
    while await events.read_message() is not None:
        continue
    ports.close(SESSION)
    assert ports.open(SESSION, opened.port) == opened.port


async def test_a_session_that_ends_takes_its_port_with_it(ports: LocalPorts, opened: Mount, far: Sessions) -> None:
    """A host may refuse a session for good while nobody asks anything; a session that only waits keeps its port."""
    await until(lambda: far.watching)
    far.state = "reconnecting"
    await asyncio.to_thread(far.watching[0])
    await asyncio.gather(*ports._tasks)
    assert ports.port(SESSION) == opened.port
    far.state = "stopped"
    await asyncio.to_thread(far.watching[0])
    await until(lambda: ports.port(SESSION) is None)
    assert not listens(opened.port)


async def test_a_stopped_viewer_leaves_no_port(upstream_053: Path, far: Sessions) -> None:
    viewer = Viewer(upstream_053, port=0)
    await viewer.start()
    port = viewer.service.ports.open(SESSION)
    await until(lambda: far.watching)
    assert await viewer.stop()
    assert not listens(port)
    assert not far.watching
