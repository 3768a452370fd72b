"""Rows about many points: one long run cold, restarted, warm and growing; a zoom; many runs on one chart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks import measure, peers
from benchmarks.asks import UPSTREAM, compare, curve, curves, rows_check
from benchmarks.bench import SETTLE, Ask, Bench, WrongAnswer, verify
from benchmarks.client import Request
from benchmarks.data import DataSet
from benchmarks.figures import MEMORY, OURS
from benchmarks.fillers.runicorn import event
from benchmarks.server import Server, ServerDied
from benchmarks.truth import SPIKE, SPIKE_STEP, Run

_OTHERS = ("trackio", "mlflow", "tensorboard")
_NEW_ROWS = 10
_POLLS = 8
_PATIENCE = 100


def long_run(bench: Bench) -> None:
    """One run of very many steps: cold, restarted, warm, zoomed, and what its memory costs."""
    data = DataSet(1, bench.scale.steps)
    roots = {who: _hidden(bench, who, data) for who in bench.sides([*UPSTREAM, *_OTHERS])}
    homes = {who: bench.home(who) for who in roots}
    with bench.viewers("curve", roots, homes) as running:
        asks = []
        for who, server in running.items():
            server.resume()
            before = server.rss()
            ask = curve(who, server, data)
            _cold(bench, "curve", _named(ask, f"cold: {ask.call}"), data, roots[who])
            bench.add("curve", who, "memory added", **{MEMORY: server.rss() - before})
            asks.append(ask)
        bench.side_by_side("curve", asks)
        if OURS in running:
            bench.side_by_side("zoom", [_zoom(running[OURS], data), _spike(running[OURS], data)])
    _restart(bench, roots, homes, data)


def growing(bench: Bench) -> None:
    """The same run while it grows: ten rows are appended, then its viewer is asked again."""
    data = DataSet(1, bench.scale.steps)
    for who in bench.sides(UPSTREAM):
        root = bench.copy(who, data)
        [events] = root.rglob("events.jsonl")
        try:
            with peers.start(who, root, bench.home(who)) as server:
                _known(server, who, data)
                server.client.send(curve(who, server, data).requests[0])
                _polls(bench, who, server, events, data)
        except ServerDied as error:
            bench.fail("grow", who, "start", error)


def compared(bench: Bench) -> None:
    """One metric of a hundred runs on one chart."""
    data = bench.scale.compare
    roots = {who: _hidden(bench, who, data) for who in bench.sides([*UPSTREAM, *_OTHERS])}
    with bench.viewers("compare", roots) as running:
        asks = []
        for who, server in running.items():
            server.resume()
            ask = compare(who, server, data)
            _cold(bench, "compare", _named(ask, f"cold: {ask.call}"), data, roots[who])
            asks.append(ask)
        bench.side_by_side("compare", asks)


def wide(bench: Bench) -> None:
    """One metric of runs that have very many of them."""
    data = bench.scale.wide
    runs = [Run(k) for k in range(data.runs)]
    root = _hidden(bench, OURS, data)
    with bench.viewers("wide", {OURS: root}) as running:
        server = running[OURS]
        server.resume()
        ask = curves(server, runs, "layer0007/norm", data, f"{data.runs} runs, 1 metric", width=250)
        _cold(bench, "wide", _named(ask, f"cold: {ask.call}"), data, root)
        bench.side_by_side("wide", [ask])


@contextmanager
def cold_curve(bench: Bench, row: str, data: DataSet, call: str) -> Iterator[Server]:
    """Record our first answer about a run that has just appeared; give the viewer that knows it now."""
    root = _hidden(bench, OURS, data)
    with peers.start(OURS, root, bench.home(OURS)) as server:
        _cold(bench, row, _named(curve(OURS, server, data), call), data, root)
        yield server


def _known(server: Server, who: str, data: DataSet) -> None:
    """Wait until a viewer lists the runs: finding them is another row's work."""
    until = time.perf_counter() + 60
    while who in {OURS, *UPSTREAM} and time.perf_counter() < until:
        if len(server.client.get("/api/runs").json()) == data.runs:
            return
        time.sleep(0.05)


def _hidden(bench: Bench, who: str, data: DataSet) -> Path:
    """Return a root whose runs stand beside it, for `_show` to put in: nothing can be read before it is asked for.

    The other tools keep theirs in a database or read everything at start, so they get their data as it is.
    """
    if who in _OTHERS:
        return bench.root(who, data)
    root = bench.links(who, data)
    beside = root.with_name("beside")
    root.rename(beside)
    _projects_of(root, who).mkdir(parents=True)
    return root


def _show(root: Path, who: str) -> None:
    if who in _OTHERS:
        return
    place = _projects_of(root, who)
    for project in sorted(_projects_of(root.with_name("beside"), who).iterdir()):
        project.rename(place / project.name)


def _projects_of(root: Path, who: str) -> Path:
    return root / "runs" if who == "runicorn-0.7.2" else root


def _cold(bench: Bench, row: str, ask: Ask, data: DataSet, root: Path) -> None:
    """Record the first right answer, from the moment on at which the runs are there.

    What a viewer does to find and list them counts. TensorBoard, which answers from what it
    has loaded so far, is asked until it is right, and measured from its launch on.
    """
    ask.server.resume()
    late = ask.who == "tensorboard"
    began = time.perf_counter() - (ask.server.start_seconds if late else 0)
    cpu = 0.0 if late else ask.server.cpu()
    _show(root, ask.who)
    _known(ask.server, ask.who, data)
    while True:
        try:
            answers = [ask.server.client.send(request) for request in ask.requests]
            verify(ask, answers)
            break
        except (WrongAnswer, ValueError) as error:
            if time.perf_counter() > began + _PATIENCE:
                bench.fail(row, ask.who, ask.call, error)
                return
            time.sleep(0.02)
    wall = time.perf_counter() - began
    time.sleep(SETTLE)
    note = "from its launch on" if late else ""
    bench.add(row, ask.who, ask.call, note, wall=wall * 1000, cpu=(ask.server.cpu() - cpu) * 1000)
    ask.server.pause()


def _named(ask: Ask, call: str) -> Ask:
    return replace(ask, call=call)


def _zoom(server: Server, data: DataSet) -> Ask:
    first = data.steps // 3
    window = (first, first + data.steps // 100)
    return curves(server, [Run(0)], "acc", data, "1 % of the run, 1 metric", width=1000, window=window)


def _spike(server: Server, data: DataSet) -> Ask:
    ask = curves(server, [Run(0)], "grad_norm", data, "whole run, 1 metric, one spike", width=500)

    def check(answers: object) -> None:
        ask.check(answers)  # type: ignore[arg-type]
        assert isinstance(answers, list)
        if data.steps >= SPIKE_STEP and SPIKE not in answers[0].json()["curves"][0]["y"]:
            raise WrongAnswer("the spike is lost")

    return Ask(ask.who, ask.call, ask.server, ask.requests, check)


def _restart(bench: Bench, roots: dict[str, Path], homes: dict[str, Path], data: DataSet) -> None:
    """Ask the same of a new process with the old caches; the others have none, their cold figure says it."""
    for who in (OURS,):
        try:
            with peers.start(who, roots[who], homes[who]) as server:
                _known(server, who, data)
                server.calm()  # it loads numpy behind the first list
                ask = curve(who, server, data)
                bench.once("curve", _named(ask, f"restart: {ask.call}"))
        except ServerDied as error:
            bench.fail("curve", who, "restart", error)


def _polls(bench: Bench, who: str, server: Server, events: Path, data: DataSet) -> None:
    walls, cpus, step = [], [], data.steps
    path = f"/api/runs/{Run(0).id}/metrics_step?downsample=1000"
    for _ in range(_POLLS):
        with events.open("a") as file:
            file.writelines(event(0, step + at) for at in range(1, _NEW_ROWS + 1))
        step += _NEW_ROWS
        cpu = server.cpu()
        answer = server.client.send(Request(path))
        cpus.append(server.cpu() - cpu)
        walls.append(answer.seconds)
        try:
            rows_check(data, last=step)([answer])
        except (WrongAnswer, KeyError) as error:
            bench.fail("grow", who, "poll after 10 new rows", error)
            return
    bench.add("grow", who, "poll after 10 new rows", wall=measure.median(walls) * 1000, cpu=measure.median(cpus) * 1000)
