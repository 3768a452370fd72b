"""The standalone viewer as a process: who may call it (W24–W28), what it prints, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from viewers import ViewerProcess, running_viewer
from websockets.asyncio.client import connect

NOBODY = 65534
PROBE = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
connection.request("GET", "/api/runs", headers={"Authorization": sys.argv[2]} if len(sys.argv) > 2 else {})
print(connection.getresponse().status)
"""


@pytest.fixture
def viewer(upstream_053: Path):
    with running_viewer(upstream_053) as process:
        yield process


def runtime_file(viewer: ViewerProcess) -> Path:
    return Path(os.environ["XDG_RUNTIME_DIR"]) / "runicorn-jupyter" / f"viewer-{viewer.port}.json"


def token_of(viewer: ViewerProcess) -> dict[str, str]:
    return {"Authorization": f"token {json.loads(runtime_file(viewer).read_text())['token']}"}


def test_w25_the_documented_calls_work_without_a_token(viewer: ViewerProcess) -> None:
    for path in ("/api/health", "/api/runs", "/api/projects", "/api/metrics/cache/stats"):
        answer = viewer.get(path)
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
    assert len(json.loads(viewer.get("/api/runs").body)) == 72


def test_w26_any_mark_of_a_browser_ends_token_less_access(viewer: ViewerProcess) -> None:
    for mark in (
        {"Origin": "http://127.0.0.1:1"}, {"Origin": "null"}, {"Referer": "http://127.0.0.1/"}, {"Cookie": "a=b"},
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "same-origin"},
    ):  # fmt: skip
        answer = viewer.get("/api/runs", mark)
        assert answer.status == 403, mark
        assert "Set-Cookie" not in answer.headers
    for harmless in ({"Sec-Fetch-Mode": "cors"}, {"Sec-Fetch-Site": "none"}):
        answer = viewer.get("/api/runs", harmless)
        assert (answer.status, answer.headers["Set-Cookie"]) == (200, None)


def test_what_comes_through_a_proxy_shows_the_token(viewer: ViewerProcess) -> None:
    """A proxy of the same user connects as that user, so who is behind it is not known."""
    for mark in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
        answer = viewer.get("/api/runs", {mark: "203.0.113.7"})
        assert (answer.status, json.loads(answer.body)["error"]) == (401, "token_required"), mark


@pytest.mark.root
def test_w24_another_user_of_the_machine_needs_the_token(viewer: ViewerProcess) -> None:
    """Asked from a process of another uid over loopback; only root can become one."""

    def status(*token: str) -> str:
        # Another uid may not be able to read this virtual environment; the system's isolated start can.
        command = [
            "setpriv",
            f"--reuid={NOBODY}",
            f"--regid={NOBODY}",
            "--clear-groups",
            *PYTHON,
            PROBE,
            str(viewer.port),
        ]
        return subprocess.run([*command, *token], capture_output=True, text=True, check=True, cwd="/").stdout.strip()

    assert status() in {"401", "403"}
    assert status(token_of(viewer)["Authorization"]) == "200"


PYTHON = [getattr(sys, "_base_executable", sys.executable), "-I", "-c"]


def test_require_token_asks_even_us(upstream_053: Path) -> None:
    with running_viewer(upstream_053, "--require-token") as viewer:
        assert viewer.get("/api/runs").status == 401
        assert viewer.get("/api/runs", token_of(viewer)).status == 200
        assert json.loads(viewer.get("/api/health").body).keys() == {"status", "version"}


def test_a_listed_origin_may_read_and_no_other(upstream_053: Path) -> None:
    with running_viewer(upstream_053, "--allow-origin", "http://localhost:3000") as viewer:
        listed = {
            "Origin": "http://localhost:3000",
            "Sec-Fetch-Site": "cross-site",
            "Referer": "http://localhost:3000/",
        }
        answer = viewer.get("/api/runs", listed)
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, "http://localhost:3000")
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers
        asked = {**listed, "Access-Control-Request-Method": "POST"}
        preflight = viewer.get("/api/runs/soft-delete", asked, "OPTIONS")
        assert (preflight.status, preflight.headers["Access-Control-Allow-Methods"]) == (204, "POST")
        for other in ("http://localhost:30000", "https://localhost:3000", "http://localhost:3000.evil", "null"):
            answer = viewer.get("/api/runs", {**listed, "Origin": other})
            assert answer.status == 403
            assert "Access-Control-Allow-Origin" not in answer.headers
        assert b"--allow-origin" in viewer.get("/api/runs", {"Origin": "https://evil.example"}).body


def test_w28_the_login_address_works_once_and_leaves_no_trace(upstream_053: Path) -> None:
    with running_viewer(upstream_053, "--log-level", "debug", "--require-token") as viewer:
        first = viewer.get(viewer.login)
        assert (first.status, first.headers["Location"]) == (302, "/")
        cookie = first.headers["Set-Cookie"]
        assert cookie.startswith(f"runicorn-viewer-{viewer.port}=")
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        browser = {"Cookie": cookie.split(";", 1)[0], "Sec-Fetch-Site": "same-origin"}
        assert viewer.get("/", browser).status == 200
        assert viewer.get("/api/runs", browser).status == 200
        again = viewer.get(viewer.login)
        assert again.status == 401
        assert b"runicorn viewer --url" in again.body
        token = token_of(viewer)["Authorization"].split()[1]
        viewer.process.terminate()
        said = "".join(viewer.process.communicate(timeout=20))
        assert viewer.login.split("=")[1] not in said
        assert token not in said


def test_g3_the_owners_own_navigation_logs_in_and_no_other_page_can(viewer: ViewerProcess) -> None:
    typed = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Cookie": "other=1"}
    answer = viewer.get("/", typed)
    assert answer.status == 200
    assert "SameSite=Strict" in answer.headers["Set-Cookie"]
    linked = viewer.get("/", {**typed, "Sec-Fetch-Site": "cross-site"})
    assert linked.status == 403
    assert "Set-Cookie" not in linked.headers
    assert viewer.get("/api/runs", typed).status == 403, "only the page logs in"


def test_w20_the_page_allows_only_its_own_script(viewer: ViewerProcess) -> None:
    answer = viewer.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    page = answer.body.decode()
    assert "Set-Cookie" not in answer.headers
    scripts = re.findall(r"<script[^>]*>", page)
    assert all("src=" in script or "application/json" in script for script in scripts)
    assert ("page.js" in page) or ("has not been built" in page)


def test_files_come_from_our_own_folder_only(viewer: ViewerProcess) -> None:
    for path in (
        "/static/none.js",
        "/static/../viewer.py",
        "/static/%2e%2e/viewer.py",
        "/static//etc/passwd",
        "/static/",
    ):
        answer = viewer.get(path)
        assert answer.status == 404, path
        assert json.loads(answer.body)["error"] == "not_found"


def test_w27_no_secret_in_the_command_line_and_the_token_file_is_ours_alone(viewer: ViewerProcess) -> None:
    file = runtime_file(viewer)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    token = json.loads(file.read_text())["token"]
    assert len(token) == 64
    shown = [viewer.process.pid, *(child.pid for child in psutil.Process(viewer.process.pid).children(recursive=True))]
    for pid in shown:
        assert token not in " ".join(psutil.Process(pid).cmdline())


def test_it_listens_on_loopback_only(viewer: ViewerProcess) -> None:
    listening = [
        one for one in psutil.Process(viewer.process.pid).net_connections() if one.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert {one.laddr.ip for one in listening} <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_c10_it_ends_in_time_with_open_streams(
    viewer: ViewerProcess, number: signal.Signals, upstream_053: Path
) -> None:
    runs = [run["id"] for run in json.loads(viewer.get("/api/runs").body)]

    async def scene() -> None:
        url = f"ws://127.0.0.1:{viewer.port}/api"
        sockets = [await connect(f"{url}/runs/{run}/logs/ws") for run in runs[:20]]
        sockets.append(await connect(f"{url}/events/ws"))
        await sockets[-1].recv()
        viewer.process.send_signal(number)
        codes = []
        for socket in sockets:
            await asyncio.wait_for(socket.wait_closed(), 10)
            codes.append(socket.close_code)
        assert set(codes) == {1001}

    asyncio.run(scene())
    viewer.process.wait(timeout=5)
    assert viewer.process.returncode == 0
    assert not runtime_file(viewer).exists()


def test_w10_a_tour_of_gets_writes_nothing_into_the_root(scratch_053: Path) -> None:
    def picture() -> dict[str, tuple[int, int]]:
        return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in scratch_053.rglob("*")}

    before = picture()
    with running_viewer(scratch_053) as viewer:
        for run in json.loads(viewer.get("/api/runs").body)[:10]:
            for part in ("", "/metrics", "/metrics_step?downsample=100", "/images"):
                assert viewer.get(f"/api/runs/{run['id']}{part}").status == 200
    assert picture() == before


def test_a_fresh_login_address_for_a_running_viewer(viewer: ViewerProcess) -> None:
    command = [sys.executable, "-m", "runicorn_jupyter", "viewer", "--url", "--port", str(viewer.port)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert printed.startswith(f"http://127.0.0.1:{viewer.port}/?login=")
    assert viewer.get(printed.split(str(viewer.port), 1)[1]).status == 302
    assert viewer.get("/login/code", method="POST").status == 403


def test_without_a_port_the_viewers_that_run_are_meant(viewer: ViewerProcess) -> None:
    command = [sys.executable, "-m", "runicorn_jupyter", "viewer", "--url"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"http://127.0.0.1:{viewer.port}/?login=" in printed


def test_it_prints_two_lines_and_nothing_else(viewer: ViewerProcess, upstream_053: Path) -> None:
    assert viewer.lines[0].startswith("Runicorn viewer at http://127.0.0.1:")
    assert viewer.lines[1] == f"Runs of {upstream_053} (argument)\n"
    viewer.get("/api/runs/none")
    viewer.get("/api/runs", {"Host": "evil.example"})
    viewer.process.terminate()
    assert viewer.process.communicate(timeout=20) == ("", "")


@pytest.mark.sshd
def test_the_owner_rule_holds_through_ssh_forwarding(viewer: ViewerProcess, sshd) -> None:
    """`ssh -L` ends in sshd's process of the login user: the same user passes without a token."""
    assert shutil.which("ssh"), "the ssh client comes with openssh-server's package openssh-client"
    with sshd.forward(viewer.port) as port:
        through = ViewerProcess(viewer.process, viewer.lines, viewer.login, port)
        assert through.get("/api/runs").status == 200, "the port in the Host header is the tunnel's"
        assert through.get("/api/runs", {"Origin": "https://evil.example"}).status == 403


def test_w13_on_a_reachable_address_only_the_configured_names_answer(upstream_053: Path) -> None:
    options = ("--host", "0.0.0.0", "--allow-plain-http", "--host-name", "gpu7.cluster")
    with running_viewer(upstream_053, *options) as viewer:
        token = token_of(viewer)
        for host in ("gpu7.cluster", f"GPU7.cluster:{viewer.port}", "localhost", "127.0.0.1:1"):
            assert viewer.get("/api/runs", {**token, "Host": host}).status == 200, host
        for host in ("evil.example", "gpu7.cluster.evil.example", "10.1.2.3"):
            for path in ("/api/runs", "/", "/static/page.js", "/none"):
                assert viewer.get(path, {**token, "Host": host}).status == 403, (host, path)
        assert viewer.get("/api/runs", {"Host": "gpu7.cluster"}).status == 401, "token-less is for loopback names only"
        assert viewer.get("/api/runs").status == 200
