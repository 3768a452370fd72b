"""Rows about what happens now: runs that are being written, and a viewer that nobody asks anything."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from websockets.sync.client import connect

from benchmarks import measure, peers, places
from benchmarks.asks import UPSTREAM
from benchmarks.bench import Bench
from benchmarks.data import DataSet
from benchmarks.figures import MEMORY, OURS, SHARE
from benchmarks.places import REPOSITORY
from benchmarks.server import Server, ServerDied
from benchmarks.venvs import python_of

_WRITER = REPOSITORY / "benchmarks" / "programs" / "live_writer.py"
_SETTLE = 3.0
_POLL_EVERY = 0.05
_SLOW_START = 5.0


def live(bench: Bench) -> None:
    """Runs that log ten points a second: when a client sees a point, and what its viewer spends on it."""
    seconds = bench.scale.live_seconds
    for who in bench.sides(UPSTREAM):
        root = bench.home(who) / "root"
        root.mkdir()
        with peers.start(who, root, bench.home(who)) as server, writers(bench, who, root) as ids:
            time.sleep(_SETTLE)
            bench.add("live", who, "nobody watches", **{SHARE: _spent(server, seconds)})
            follow = _pushed if who == OURS else _polled
            seen: list[float] = []
            cpu = server.cpu()
            follow(server, ids[0], seconds, seen)
            share = (server.cpu() - cpu) / seconds * 100
            if not seen:
                bench.fail("live", who, "a point seen after log()", "no point was seen")
                continue
            note = "pushed, then fetched" if who == OURS else f"asking every {_POLL_EVERY * 1000:.0f} ms"
            bench.add("live", who, "a point seen after log(), p50", note, wall=measure.percentile(seen, 0.5) * 1000)
            bench.add("live", who, "a point seen after log(), p95", note, wall=measure.percentile(seen, 0.95) * 1000)
            bench.add("live", who, "one client follows one run", note, **{SHARE: share})


def viewer(bench: Bench) -> None:
    """A viewer's start, memory and idle time."""
    data = DataSet(bench.scale.growth_runs[0], 20)
    sides = bench.sides([*UPSTREAM, "trackio", "mlflow", "tensorboard"])
    roots, homes = {who: bench.root(who, data) for who in sides}, {who: bench.home(who) for who in sides}
    starts: dict[str, list[float]] = {who: [] for who in sides}
    spent: dict[str, list[float]] = {who: [] for who in sides}
    for _ in range(bench.scale.repeats - 1):
        for who in sides:
            if not starts[who] or starts[who][0] < _SLOW_START:
                with peers.start(who, roots[who], homes[who]) as server:
                    spent[who].append(server.start_cpu)
                    starts[who].append(server.start_seconds)
                    time.sleep(bench.scale.idle_seconds / 4)
    with bench.viewers("viewer", roots, homes) as running:
        for who, server in running.items():
            server.resume()
            starts[who].append(server.start_seconds)
            spent[who].append(server.start_cpu)
        time.sleep(bench.scale.idle_seconds)
        before = {who: server.cpu() for who, server in running.items()}
        began = time.perf_counter()
        time.sleep(bench.scale.idle_seconds)
        for who, server in running.items():
            share = (server.cpu() - before[who]) / (time.perf_counter() - began) * 100
            cold = {"wall": measure.median(starts[who]) * 1000, "cpu": measure.median(spent[who]) * 1000}
            bench.add("viewer", who, "start to first 200", **cold)
            bench.add("viewer", who, f"{data.runs:,} runs, idle", **{MEMORY: server.rss(), SHARE: share})


@contextmanager
def writers(bench: Bench, who: str, root: Path) -> Iterator[list[str]]:
    """Run training processes of one tool; give the ids of their runs."""
    python = sys.executable if who == OURS else str(python_of(who))
    style = "path" if who == "runicorn-0.7.2" else "project"
    command = [python, str(_WRITER), style, str(root)]
    home = bench.home(who)
    started: list[subprocess.Popen[str]] = []
    try:
        with (home / "writers.log").open("w") as errors:
            for number in range(bench.scale.writers):
                one = [*command, str(number)]
                process = subprocess.Popen(
                    one, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=home, env=places.environment()
                )
                started.append(process)  # one by one: those that run are ended even if the next does not start
        ids = [_told_id(process) for process in started]
        if not all(ids):
            raise ServerDied(f"a writer did not start: {(home / 'writers.log').read_text().strip()[-150:]}")
        yield ids
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.communicate()


def _told_id(process: subprocess.Popen[str]) -> str:
    """Return the id that a writer prints, or nothing when it ends; what its tool prints before is passed over."""
    for line in process.stdout or ():
        word, _, rest = line.partition(" ")
        if word == "run":
            return rest.strip()
    return ""


def _spent(server: Server, seconds: float) -> float:
    cpu = server.cpu()
    time.sleep(seconds)
    return (server.cpu() - cpu) / seconds * 100


def _pushed(server: Server, run: str, seconds: float, seen: list[float]) -> None:
    """Follow the change feed; fetch the run's curve whenever it is named."""
    path = f"/api/curves?runs={run}&metrics=loss&width=1000"
    fetch = _fetcher(seen, lambda: server.client.get(path).json()["curves"][0]["y"])
    fetch()
    until = time.time() + seconds
    with connect(f"ws://127.0.0.1:{server.port}/api/events/ws", compression=None) as socket:
        while time.time() < until:
            try:
                frame = json.loads(socket.recv(timeout=max(until - time.time(), 0.01)))
            except TimeoutError:
                return
            if run in frame.get("changed", ()):
                fetch()


def _polled(server: Server, run: str, seconds: float, seen: list[float]) -> None:
    path = f"/api/runs/{run}/metrics_step?downsample=5000"
    fetch = _fetcher(seen, lambda: [row["loss"] for row in server.client.get(path).json()["rows"]])
    fetch()
    over = threading.Event()
    until = time.time() + seconds
    while time.time() < until:
        fetch()
        over.wait(_POLL_EVERY)


def _fetcher(seen: list[float], ask: Callable[[], list[float]]) -> Callable[[], None]:
    """Return what asks, and notes for each point that is new how long ago it was logged; the first call only looks."""
    known: set[float] = set()

    def fetch() -> None:
        first, values = not known, ask()
        now = time.time()
        if not first:
            seen.extend(now - value for value in values if value not in known)
        known.update(values)

    return fetch
