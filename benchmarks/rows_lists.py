"""Rows about many runs: pages, the full list, a root never seen, a restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import measure, peers
from benchmarks.asks import UPSTREAM, everything, page
from benchmarks.bench import Ask, Bench, WrongAnswer
from benchmarks.client import Answer, Request
from benchmarks.data import DataSet
from benchmarks.figures import OURS
from benchmarks.server import Server, ServerDied

POINTS = 20
"""Steps of each run in lists."""

_PATIENCE = 240
_LOOK_EVERY = 0.05


def pages(bench: Bench) -> None:
    """Fifty of many runs, sorted and filtered by a metric, with the total."""
    data = DataSet(bench.scale.runs, POINTS)
    roots = {who: bench.root(who, data) for who in bench.sides([*UPSTREAM, "trackio", "mlflow"])}
    with bench.viewers("page", roots) as running:
        for who, server in running.items():
            _awake(server, who, data)
        bench.side_by_side("page", [page(who, server, data) for who, server in _resumed(running)])


def full(bench: Bench) -> None:
    """Every run in the documented shape, the same unchanged, and what health says meanwhile."""
    data = DataSet(bench.scale.runs, POINTS)
    with bench.viewers("full", {who: bench.root(who, data) for who in bench.sides(UPSTREAM)}) as running:
        for who, server in running.items():
            _awake(server, who, data)
        asks = [everything(who, server, data) for who, server in running.items()]
        asks += [_unchanged(server) for who, server in _resumed(running) if who == OURS]
        bench.side_by_side("full", asks)
        for who, server in _resumed(running):
            with watched_health(server) as seen:
                until = time.perf_counter() + 4 * bench.scale.budget
                while time.perf_counter() < until:
                    server.client.get("/api/runs")
            bench.add("full", who, "health meanwhile, p99", wall=measure.percentile(seen, 0.99) * 1000)
            server.pause()


def first(bench: Bench) -> None:
    """A root that nobody has seen: when is there a page, when every run, when everything about them."""
    data = DataSet(bench.scale.runs, POINTS)
    for who in bench.sides(UPSTREAM):
        home = bench.home(who)
        root = bench.root(who, data)
        try:
            with peers.start(who, root, home) as server:
                first_list(bench, "first", who, server, data)
        except ServerDied as error:
            bench.fail("first", who, "start", error)
        if who in UPSTREAM:
            continue
        began = time.perf_counter()
        with peers.start(who, root, home) as server:
            restarted(bench, server, data, began)


def first_list(bench: Bench, row: str, who: str, server: Server, data: DataSet, suffix: str = "") -> None:
    """Record the stages of the first list; `suffix` tells sizes apart."""
    began, cpu = time.perf_counter(), server.cpu()
    stages: dict[str, float] = {}
    with watched_health(server) as seen:
        for answer in _until(lambda: server.client.get("/api/runs?limit=50" if who == OURS else "/api/runs")):
            stages |= {name: time.perf_counter() for name in _stages(who, answer, data) if name not in stages}
            if "complete" in stages:
                break
    spent = server.cpu() - cpu
    for name, when in stages.items():
        bench.add(row, who, f"{name}{suffix}", wall=(when - began) * 1000)
    bench.add(row, who, f"CPU until complete{suffix}", cpu=spent * 1000)
    bench.add(row, who, f"health meanwhile, worst{suffix}", wall=max(seen) * 1000)


def restarted(bench: Bench, server: Server, data: DataSet, began: float, row: str = "first") -> None:
    """Record how soon after a restart a complete page is there."""
    up = time.perf_counter()
    for answer in _until(lambda: server.client.get("/api/runs?limit=50")):
        if "complete" in _stages(OURS, answer, data):
            break
    now = time.perf_counter()
    bench.add(row, OURS, "restart: first 200 to complete page", wall=(now - up) * 1000)
    bench.add(row, OURS, "restart: start to complete page", wall=(now - began) * 1000, cpu=server.cpu() * 1000)


@contextmanager
def watched_health(server: Server) -> Iterator[list[float]]:
    """Ask for health every few milliseconds over another connection; the list fills with seconds a call."""
    seen: list[float] = []
    over = threading.Event()
    client = server.another_client()

    def watch() -> None:
        while True:
            seen.append(client.get(server.health).seconds)
            if over.wait(_LOOK_EVERY):
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
        client.close()


def _stages(who: str, answer: Answer, data: DataSet) -> list[str]:
    if who != OURS:
        return ["complete"] if len(answer.json()) == data.runs else []
    listed = len(answer.json())
    total, whole = int(answer.headers["x-total-count"]), answer.headers["x-runicorn-complete"] == "true"
    stages = [
        ("first page", listed == min(50, data.runs)),
        ("facts of every run", total == data.runs),
        ("complete", whole and total == data.runs),
    ]
    return [name for name, reached in stages if reached]


def _until(ask: object) -> Iterator[Answer]:
    assert callable(ask)
    end = time.perf_counter() + _PATIENCE
    while time.perf_counter() < end:
        yield ask()
        time.sleep(_LOOK_EVERY)
    raise WrongAnswer(f"the list is not complete after {_PATIENCE} s")


def _awake(server: Server, who: str, data: DataSet) -> None:
    """Let a viewer find every run, so that what follows is warm."""
    server.resume()
    server.calm()
    if who in {OURS, *UPSTREAM}:
        path = "/api/runs?limit=50" if who == OURS else "/api/runs"
        for answer in _until(lambda: server.client.get(path)):
            if "complete" in _stages(who, answer, data):
                break
        server.calm()  # 0.7.2 may answer with fewer runs again while it still fills its database
    server.pause()


def _resumed(running: dict[str, Server]) -> Iterator[tuple[str, Server]]:
    for who, server in running.items():
        server.resume()
        yield who, server


def _unchanged(server: Server) -> Ask:
    tag = server.client.get("/api/runs").headers["etag"]

    def check(answers: object) -> None:
        assert isinstance(answers, list)
        if answers[0].status != 304:
            raise WrongAnswer(f"{answers[0].status} instead of 304")

    return Ask(OURS, "unchanged (304)", server, [Request("/api/runs", headers={"If-None-Match": tag})], check)
