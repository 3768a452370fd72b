"""The row about another host over SSH: log in, start a viewer, ask through it; silent hosts, cut lines, left-overs."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

from benchmarks import measure, peers
from benchmarks.bench import Bench
from benchmarks.client import Answer, Client, Request
from benchmarks.data import DataSet
from benchmarks.farhost import FarHost, far_host
from benchmarks.figures import OURS
from benchmarks.places import environment
from benchmarks.server import Server
from benchmarks.venvs import python_of

V05 = "runicorn-0.5.3"
SCP = "scp"
_ASKED = 300
_CONNECTS = 5
_LONGEST = 25.0
_FEW = 3
"""As often an upstream that needs seconds for each, and leaves a process each time."""
_SAVE = """
import sys, runicorn as rn
run = rn.init("remote", storage=sys.argv[1])
run.log_artifact(rn.Artifact("large").add_file(sys.argv[2]))
run.finish()
"""


def remote(bench: Bench) -> None:
    """Measure each side on a host of its own; the rest of the row is in the functions below."""
    for who in bench.sides([V05]):
        folder = bench.home("host")
        with far_host(folder, None if who == OURS else python_of(who)) as host:
            root = bench.copy(who, DataSet(bench.scale.growth_runs[0], 20))
            if who == OURS:
                large = _large(bench, root)
            with _viewer(bench, who, host) as server:
                _connects(bench, who, server, host)
                session = _starts(bench, who, server, host, root)
                _asks(bench, who, server, session)
                if who == OURS:
                    _carries(bench, server, session, host, large)
                _silent(bench, who, server)
                _cut(bench, who, session, host, server)
            _leftovers(bench, who, host)


@contextmanager
def _viewer(bench: Bench, who: str, host: FarHost) -> Iterator[Server]:
    home = bench.home(who)
    (home / ".ssh").mkdir(mode=0o700)
    (home / ".ssh" / "known_hosts").write_text(host.known_hosts)
    (home / "root").mkdir()
    with peers.start(who, home / "root", home) as server:
        yield server


def _connects(bench: Bench, who: str, server: Server, host: FarHost) -> None:
    """Log in; the first time a viewer may have to load what SSH needs."""
    took = []
    for _ in range(_CONNECTS + 1):
        took.append(_post(server, "/api/remote/connect", host.login).seconds * 1000)
        _post(server, "/api/remote/disconnect", host.login)
    bench.add("remote", who, "connect, the first of a viewer", wall=took[0])
    bench.add("remote", who, "connect", wall=measure.median(took[1:]))


def _starts(bench: Bench, who: str, server: Server, host: FarHost, root: Path) -> dict[str, Any]:
    """Start a viewer there, until it has answered through the way that a person gets; return the last session."""
    took: list[float] = []
    _post(server, "/api/remote/connect", host.login)
    for turn in range(bench.scale.repeats):
        began = time.perf_counter()
        session = _start(server, host, root)
        _through(server, session, "/api/health")
        took.append((time.perf_counter() - began) * 1000)
        if turn + 1 < bench.scale.repeats:
            _post(server, "/api/remote/viewer/stop", {"session_id": session["sessionId"]})
    bench.add("remote", who, "viewer ready", wall=measure.median(took))
    return session


def _asks(bench: Bench, who: str, server: Server, session: dict[str, Any]) -> None:
    """Ask for health here and there, one after the other in turns, over connections that are kept."""
    client, path = _way(server, session)
    here, there = [], []
    for turn in range(_ASKED + 20):
        direct, proxied = server.client.get("/api/health"), client.get(f"{path}/api/health")
        if {direct.status, proxied.status} != {200}:
            raise RuntimeError("an answer was no 200")
        if turn >= 20:
            here.append(direct.seconds * 1000)
            there.append(proxied.seconds * 1000)
    client.close()
    direct_ms, proxied_ms = measure.median(here), measure.median(there)
    bench.add("remote", who, "health, direct", wall=direct_ms)
    bench.add("remote", who, "health, through SSH", wall=proxied_ms)
    bench.add("remote", who, "health through SSH, above 1.5 × direct", wall=proxied_ms - 1.5 * direct_ms)


def _carries(bench: Bench, server: Server, session: dict[str, Any], host: FarHost, large: Path) -> None:
    """Fetch a large file through our viewer, and by scp; upstream has no address for a file."""
    call = f"{bench.scale.remote_megabytes} MB"
    ours, theirs = [], []
    for _ in range(bench.scale.repeats + 1):
        client, path = _way(server, session)
        answer = client.get(f"{path}/api/artifacts/large/v1/files/{large.name}")
        client.close()
        if answer.status != 200 or len(answer.content) != large.stat().st_size:
            raise RuntimeError(f"the file came as {answer.status} with {len(answer.content)} bytes")
        ours.append(answer.seconds * 1000)
        theirs.append(host.fetch(large, bench.scratch / "fetched") * 1000)
    bench.add("remote", OURS, call, wall=measure.median(ours[1:]))
    bench.add("remote", SCP, call, wall=measure.median(theirs[1:]))


def _silent(bench: Bench, who: str, server: Server) -> None:
    """Ask for health while logins at hosts that say nothing are waited for."""
    count = bench.scale.silent_hosts
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        pool = stack.enter_context(ThreadPoolExecutor(count))
        for listener in listeners:
            login = {"host": "127.0.0.1", "port": listener.getsockname()[1], "username": "me", "password": "x"}
            pool.submit(_quietly, server, login)
        until = time.perf_counter() + bench.scale.silent_seconds
        took = []
        while time.perf_counter() < until:
            took.append(server.client.get("/api/health").seconds * 1000)
            time.sleep(0.01)
        for listener in listeners:
            listener.close()
    bench.add("remote", who, f"health while {count} hosts are silent, p99", wall=measure.percentile(took, 0.99))
    bench.add("remote", who, f"health while {count} hosts are silent, worst", wall=max(took))


def _cut(bench: Bench, who: str, session: dict[str, Any], host: FarHost, server: Server) -> None:
    """Cut every login, and ask until an answer comes again."""
    began = time.perf_counter()
    host.cut()
    failed = False
    while time.perf_counter() - began < _LONGEST:
        try:
            well = _through(server, session, "/api/health", patience=2).status == 200
        except (OSError, HTTPException, RuntimeError):
            well = False
        failed = failed or not well
        if well and failed:
            bench.add("remote", who, "cut to usable", wall=(time.perf_counter() - began) * 1000)
            return
        time.sleep(0.02)
    bench.fail("remote", who, "cut to usable", f"not usable again within {_LONGEST:g} s")


def _leftovers(bench: Bench, who: str, host: FarHost) -> None:
    """Kill a viewer here, or cut its line and kill it then, again and again; count what stays on the host."""
    host.clear()
    times = bench.scale.cuts if who == OURS else min(_FEW, bench.scale.cuts)
    for turn in range(times):
        root = bench.home("far-root")
        with _viewer(bench, who, host) as server:
            _post(server, "/api/remote/connect", host.login)
            _start(server, host, root)
            if turn % 2:
                host.cut()
            os.kill(server.process.pid, signal.SIGKILL)
        shutil.rmtree(root)
    began = time.perf_counter()
    while host.viewers() and time.perf_counter() - began < bench.scale.leftover_seconds:
        time.sleep(0.5)
    call = f"viewers left {bench.scale.leftover_seconds:g} s after {times} cuts and kills"
    bench.add("remote", who, call, processes=float(len(host.viewers())))
    host.clear()


def _start(server: Server, host: FarHost, root: Path) -> dict[str, Any]:
    answer = _post(server, "/api/remote/viewer/start", {**host.login, "remote_root": str(root)})
    session: dict[str, Any] = answer.json()["session"]
    return session


def _way(server: Server, session: dict[str, Any]) -> tuple[Client, str]:
    """Return a connection to where a session is shown, and what stands before its addresses: our proxy, or a tunnel."""
    if "proxyPath" in session:
        return server.another_client(), str(session["proxyPath"]).rstrip("/")
    return Client(int(session["localPort"]), rotate=True), ""


def _through(server: Server, session: dict[str, Any], path: str, *, patience: float = 60) -> Answer:
    client, before = _way(server, session)
    client.timeout = patience
    try:
        return client.get(before + path)
    finally:
        client.close()


def _post(server: Server, path: str, body: dict[str, Any]) -> Answer:
    answer = server.client.send(Request(path, body))
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {answer.content[:200].decode(errors='replace')}")
    return answer


def _quietly(server: Server, login: dict[str, Any]) -> None:
    client = server.another_client()
    with suppress(OSError, HTTPException):
        client.send(Request("/api/remote/connect", login))
    client.close()


def _large(bench: Bench, root: Path) -> Path:
    """Save a file of random bytes as an artifact of the root, and return it."""
    file = bench.scratch / "large.bin"
    with file.open("wb") as out:
        for _ in range(bench.scale.remote_megabytes):
            out.write(os.urandom(1 << 20))
    subprocess.run([sys.executable, "-c", _SAVE, root, file], check=True, env=environment(), capture_output=True)
    return file
