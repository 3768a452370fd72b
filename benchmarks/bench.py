"""One run of the benchmark: who takes part, how large things are, and how anything is asked and recorded."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import measure, peers
from benchmarks.client import Answer, Request
from benchmarks.data import DataSet, copy_of, root_of, warm
from benchmarks.figures import CPU, OURS, SIZE, WALL, Figure
from benchmarks.server import Server, ServerDied

SETTLE = 0.3
"""Seconds after one cold answer in which work that it left to a thread still counts as its own."""


_LONG = 2.5
"""Seconds; what takes longer than this is asked once, not in every round: its figure is far from any target."""


_COMPARE, _WIDE = DataSet(100, 10_000), DataSet(100, 20, 1_500)


class WrongAnswer(Exception):
    """A viewer answered, but not what was written; whoever answers nothing quickly wins nothing."""


@dataclass(frozen=True)
class Scale:
    """How large and how often; tests run the same rows on next to nothing."""

    runs: int = 10_000
    steps: int = 1_000_000
    compare: DataSet = _COMPARE
    wide: DataSet = _WIDE
    writers: int = 20
    live_seconds: float = 7.0
    growth_runs: tuple[int, ...] = (1_000, 10_000, 100_000)
    growth_rows: int = 1_000_000
    growth_steps: tuple[int, ...] = (10_000, 1_000_000, 10_000_000)
    logged: int = 20_000
    artifact_megabytes: tuple[int, ...] = (200, 1024)
    artifact_files: int = 10_000
    artifacts: int = 1_000
    sockets: tuple[int, ...] = (500, 2_000)
    log_megabytes: int = 1_024
    remote_megabytes: int = 100
    silent_hosts: int = 50
    silent_seconds: float = 8.0
    cuts: int = 100
    leftover_seconds: float = 150.0
    repeats: int = 3
    budget: float = 0.8
    """Seconds that one side is asked the same thing in each round."""
    idle_seconds: float = 8.0


QUICK = Scale(repeats=2, budget=0.5, live_seconds=5, idle_seconds=5, growth_runs=(1_000, 10_000), growth_rows=100_000,
              growth_steps=(10_000, 1_000_000), logged=5_000, artifact_megabytes=(200,), cuts=10)  # fmt: skip
"""In minutes: fewer repeats and the smaller sizes; the rows that have targets are as large as ever."""


@dataclass(frozen=True)
class Ask:
    """One thing asked of one viewer: its requests, how many units of work they are, and what the answers must say."""

    who: str
    call: str
    server: Server
    requests: Sequence[Request]
    check: Callable[[Sequence[Answer]], None]
    units: int = 1


@dataclass
class Bench:
    """The state of one run.

    Parameters
    ----------
    scratch : Path
        Gone afterwards.
    peers : sequence of str
        Who takes part besides us.
    data : Path, optional
        Where data sets lie, if not in the kept place.
    """

    scratch: Path
    peers: Sequence[str]
    scale: Scale = field(default_factory=Scale)
    data: Path | None = None
    figures: list[Figure] = field(default_factory=list)
    _homes: int = 0

    def sides(self, among: Sequence[str]) -> list[str]:
        """Return those of `among` who take part, us first."""
        return [OURS, *(peer for peer in among if peer in self.peers)]

    def root(self, who: str, data: DataSet) -> Path:
        """Return the data set as `who` keeps it, never to be changed; upstream, which may write into it, gets links."""
        if who.startswith("runicorn-"):
            return self.links(who, data)
        kept = root_of(who, data, self.data)
        warm(kept)
        return kept

    def links(self, who: str, data: DataSet) -> Path:
        """Return a copy of it made of hard links: runs may come and go, what is in their files may not change."""
        kept = root_of(who, data, self.data)
        warm(kept)
        return Path(shutil.copytree(kept, self.home(who) / data.folder, copy_function=os.link))

    def copy(self, who: str, data: DataSet) -> Path:
        """Return a copy of it that may be changed."""
        return copy_of(root_of(who, data, self.data), self.home(who) / data.folder)

    def home(self, who: str) -> Path:
        """Return a new folder for the caches of one viewer that has seen nothing yet."""
        self._homes += 1
        folder = self.scratch / f"{self._homes:03d}-{who}"
        folder.mkdir(parents=True)
        return folder

    def add(self, row: str, who: str, call: str, note: str = "", /, **measures: float) -> None:
        """Record a figure; measures are named by keyword: wall, cpu (ms), size (kB), or anything else as it is."""
        names = {"wall": WALL, "cpu": CPU, "size": SIZE}
        self._keep(Figure(row, who, call, {names.get(name, name): value for name, value in measures.items()}, note))

    def fail(self, row: str, who: str, call: str, why: object) -> None:
        """Record that there is no figure, and why."""
        self._keep(Figure(row, who, call, problem=" ".join(str(why).split())[:200] or type(why).__name__))

    def _keep(self, figure: Figure) -> None:
        self.figures.append(figure)
        values = "  ".join(f"{name} {value:,.2f}" for name, value in figure.measures.items())
        print(f"  {figure.row:8} {figure.who:15} {figure.call:34} {values or figure.problem}", flush=True)

    @contextmanager
    def viewers(
        self, row: str, roots: dict[str, Path], homes: dict[str, Path] | None = None
    ) -> Iterator[dict[str, Server]]:
        """Start a viewer on each root, one after the other, and pause it; those that do not start are recorded."""
        running: dict[str, Server] = {}
        try:
            for who, root in roots.items():
                try:
                    running[who] = peers.start(who, root, (homes or {}).get(who) or self.home(who))
                except ServerDied as error:
                    self.fail(row, who, "start", error)
                else:
                    running[who].pause()
            yield running
        finally:
            for server in running.values():
                server.stop()

    def once(self, row: str, ask: Ask) -> None:
        """Record one unit of work, asked once: a cold answer."""
        ask.server.resume()
        try:
            cpu = ask.server.cpu()
            wall, answers = _unit(ask)
            verify(ask, answers)
            time.sleep(SETTLE)
            self._add_unit(row, ask, wall, ask.server.cpu() - cpu, answers)
        except (OSError, ValueError, WrongAnswer) as error:
            self.fail(row, ask.who, ask.call, error)
        finally:
            ask.server.pause()

    def side_by_side(self, row: str, asks: Sequence[Ask]) -> None:
        """Record the median of interleaved rounds of each: every side in turn, the others paused meanwhile."""
        walls: dict[int, list[float]] = {at: [] for at in range(len(asks))}
        cpus: dict[int, list[float]] = {at: [] for at in range(len(asks))}
        last: dict[int, Sequence[Answer]] = {}
        for turn in range(self.scale.repeats + 1):
            for at, ask in enumerate(asks):
                if at not in walls or (walls[at] and walls[at][0] > _LONG):
                    continue
                try:
                    wall, cpu, last[at] = self._round(ask, once=turn == 0)
                except (OSError, ValueError, WrongAnswer) as error:
                    self.fail(row, ask.who, ask.call, error)
                    del walls[at]
                    continue
                if turn or (wall > _LONG and ask.who != OURS):  # the first round only warms up, unless it says enough
                    walls[at].append(wall)
                    cpus[at].append(cpu)
        for at, seen in walls.items():
            self._add_unit(row, asks[at], measure.median(seen), measure.median(cpus[at]), last[at])

    def _round(self, ask: Ask, *, once: bool) -> tuple[float, float, Sequence[Answer]]:
        ask.server.resume()
        try:
            walls = []
            cpu = ask.server.cpu()
            until = time.perf_counter() + (0 if once else self.scale.budget)
            while True:
                wall, answers = _unit(ask)
                walls.append(wall)
                if time.perf_counter() >= until:
                    break
            cpu = (ask.server.cpu() - cpu) / len(walls)
            verify(ask, answers)
            return measure.median(walls), cpu, answers
        finally:
            ask.server.pause()

    def _add_unit(self, row: str, ask: Ask, wall: float, cpu: float, answers: Sequence[Answer]) -> None:
        size = float(sum(len(answer.content) for answer in answers))
        note = "" if len(ask.requests) == ask.units else f"{len(ask.requests)} requests"
        wall, cpu, size = wall / ask.units * 1000, cpu / ask.units * 1000, size / ask.units / 1000
        self.add(row, ask.who, ask.call, note, wall=wall, cpu=cpu, size=size)


def _unit(ask: Ask) -> tuple[float, list[Answer]]:
    began = time.perf_counter()
    answers = [ask.server.client.send(request) for request in ask.requests]
    return time.perf_counter() - began, answers


def verify(ask: Ask, answers: Sequence[Answer]) -> None:
    """Raise `WrongAnswer` unless every answer came and says what was written."""
    for answer in answers:
        if answer.status not in {200, 304}:
            raise WrongAnswer(f"{answer.status}: {answer.content[:150].decode(errors='replace')}")
    try:
        ask.check(answers)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise WrongAnswer(f"the answer has another form: {error!r}") from error
