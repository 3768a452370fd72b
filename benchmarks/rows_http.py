"""Rows about the server itself: what an answer costs beyond its content, and many clients on one live log."""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.sync.client import connect as connect_sync

from benchmarks import measure, peers
from benchmarks.bench import Bench
from benchmarks.data import DataSet
from benchmarks.figures import MEMORY, OURS
from benchmarks.server import Server

UPSTREAM = "runicorn-0.5.3"
"""Whose health ours is held against."""

_THEIRS = 0.39
_POINTS = 20
_ASKED = 300
_RUN = "20260101_120000_abcdef"
_LINES = 100
_MEGABYTE = 1024 * 1024


def http(bench: Bench) -> None:
    """Ask for health and for a page one after the other, over one connection."""
    data = DataSet(bench.scale.runs, _POINTS)
    seen: dict[str, float] = {}
    with bench.viewers("http", {who: bench.root(who, data) for who in bench.sides([UPSTREAM])}) as running:
        for who, server in running.items():
            server.resume()
            server.calm()
            seen[who] = _median(lambda server=server: server.client.get("/api/health").status)  # type: ignore[misc]
            bench.add("http", who, "health, p50", wall=seen[who])
            if who == OURS:
                page = _median(lambda server=server: server.client.get("/api/runs?limit=50").status)  # type: ignore[misc]
                bench.add("http", who, "page of 50, p50", wall=page)
            server.pause()
    base, note = seen.get(UPSTREAM, _THEIRS), "" if UPSTREAM in seen else f"upstream's as measured once: {_THEIRS} ms"
    bench.add("http", OURS, "health above upstream's", note, wall=seen[OURS] - base)
    bench.add("http", OURS, "page above upstream's health", note, wall=page - base)


def sockets(bench: Bench) -> None:
    """Hold many clients on one live log, all of which get every line; and open a long log."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    root = bench.home(OURS) / "root"
    log = _laid_out(root)
    with peers.start(OURS, root, bench.home(OURS)) as server:
        for clients in bench.scale.sockets:
            log.write_text("begin\n")
            took = asyncio.run(_everybody(server, log, clients))
            call = f"{clients:,} clients, {_LINES} lines each"
            bench.add("sockets", OURS, call, wall=took * 1000, **{MEMORY: server.rss()})
        _lengthen(log, bench.scale.log_megabytes)
        began = time.perf_counter()
        with connect_sync(f"ws://127.0.0.1:{server.port}/api/runs/{_RUN}/logs/ws", compression=None) as socket:
            socket.recv()
            took = time.perf_counter() - began
        bench.add("sockets", OURS, f"first line of a log of {bench.scale.log_megabytes:,} MB", wall=took * 1000)


def _median(ask: Callable[[], int]) -> float:
    """Return the median in milliseconds; every answer must be a 200."""
    took = []
    for _ in range(_ASKED):
        began = time.perf_counter()
        if ask() != 200:
            raise RuntimeError("an answer was no 200")
        took.append((time.perf_counter() - began) * 1000)
    return measure.median(took)


async def _everybody(server: Server, log: Path, clients: int) -> float:
    """Return the seconds from the first line to the last client's last one; a client without a line is a failure."""
    seen = [0] * clients
    tasks = [asyncio.create_task(_client(server.port, seen, number)) for number in range(clients)]
    while min(seen) < 1:
        await asyncio.sleep(0.05)
        for task in tasks:
            if task.done():
                task.result()
    began = time.perf_counter()
    with log.open("a") as file:
        for number in range(_LINES):
            file.write(f"line {number}\n")
            file.flush()
            await asyncio.sleep(0.01)
    await asyncio.gather(*tasks)
    return time.perf_counter() - began


async def _client(port: int, seen: list[int], number: int) -> None:
    url = f"ws://127.0.0.1:{port}/api/runs/{_RUN}/logs/ws"
    async with connect(url, open_timeout=120, compression=None, ping_interval=None) as socket:
        for line in ["begin", *(f"line {at}" for at in range(_LINES))]:
            if await socket.recv() != line:
                raise RuntimeError(f"client {number} missed {line!r}")
            seen[number] += 1


def _laid_out(root: Path) -> Path:
    run = root / "demo" / "live" / "runs" / _RUN
    run.mkdir(parents=True)
    (run / "meta.json").write_text(json.dumps({"id": _RUN, "project": "demo", "name": "live"}))
    (run / "status.json").write_text(json.dumps({"status": "running", "started_at": time.time()}))
    return run / "logs.txt"


def _lengthen(log: Path, megabytes: int) -> None:
    block = b"a line of a log that somebody left running for weeks\n" * (_MEGABYTE // 53)
    with log.open("ab") as file:
        for _ in range(megabytes):
            file.write(block)
