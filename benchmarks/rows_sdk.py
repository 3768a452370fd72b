"""Rows about the training side: what a call of `log()`, an import and an `init()` cost, and each optional part."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import measure
from benchmarks.asks import UPSTREAM
from benchmarks.bench import Bench
from benchmarks.figures import CPU, OURS
from benchmarks.places import REPOSITORY
from benchmarks.venvs import python_of

BARE = "bare json"
BARE_PRINT = "bare print"
_PROGRAM = REPOSITORY / "benchmarks" / "programs" / "log_loop.py"
_PARTS = REPOSITORY / "benchmarks" / "programs" / "optional_parts.py"
_STARTS = {"import": "import ", "init": "init ", "import and init": "begin ", "log": ""}
"""A figure's call, and how the names of its measures begin in what the program tells."""

_SLOW = {"mlflow": 100, "runicorn-0.7.2": 10}
"""How many times fewer calls a tool gets, so that the row ends; a call costs the same."""


def logging(bench: Bench) -> None:
    """Dicts of four numbers from one process: processes of all tools in turn, the median of their repeats."""
    sides = [OURS, BARE, *bench.sides([*UPSTREAM, "trackio", "mlflow", "tensorboard"])[1:]]
    told: dict[str, list[dict[str, float]]] = {who: [] for who in sides}
    for who in sides:
        _process(bench, who, 20)
    for _ in range(bench.scale.repeats):
        for who in sides:
            told[who].append(_process(bench, who, _calls(bench, who)))
    for who, seen in told.items():
        medians = {name: measure.median([one[name] for one in seen]) for name in seen[0]}
        for call, start in _STARTS.items():
            mine = {name: value for name, value in medians.items() if _kind(name) == call}
            note = f"{_calls(bench, who):,} calls" if call == "log" else ""
            bench.add("sdk", who, call, note, **{name.removeprefix(start): value for name, value in mine.items()})


def _kind(name: str) -> str:
    return next(call for call, start in _STARTS.items() if name.startswith(start))


def _calls(bench: Bench, who: str) -> int:
    return max(bench.scale.logged // _SLOW.get(who, 1), 20)


def parts(bench: Bench) -> None:
    """Record what each optional part of a run costs: the CPU of a process and its children with it, less that without.

    A part that works once is told in all, one that works again and again by the line or sample.
    """
    seen: dict[str, list[dict[str, float]]] = {"": [], "environment": [], "telemetry": [], "console": []}
    _part(bench, "", 20)
    for _ in range(bench.scale.repeats):
        for name, told in seen.items():
            told.append(_part(bench, name, bench.scale.logged))
    bare, *found = ({name: measure.median([one[name] for one in told]) for name in told[0]} for told in seen.values())
    environment, telemetry, console = ({**one, "CPU ms": one["CPU ms"] - bare["CPU ms"]} for one in found)
    lines = bench.scale.logged
    bench.add("parts", OURS, "environment, once", **{CPU: environment["CPU ms"]})
    bench.add("parts", OURS, "telemetry, a sample", **{CPU: telemetry["CPU ms"] / max(telemetry["samples"], 1)})
    for who, one in ((BARE_PRINT, bare), (OURS, console)):
        extra = {"CPU µs/line": console["CPU ms"] * 1e3 / lines} if who == OURS else {}
        times = {name: one[name] for name in ("µs/line", "p99 µs")}
        bench.add("parts", who, "a line printed", f"{lines:,} lines", **times, **extra)


def _part(bench: Bench, name: str, lines: int) -> dict[str, float]:
    store = bench.home(name or "bare") / "store"
    return _run(bench, [sys.executable, str(_PARTS), name, str(lines), str(store)], store.parent)


def _process(bench: Bench, who: str, calls: int) -> dict[str, float]:
    python = sys.executable if who in {OURS, BARE} else str(python_of(who))
    folder = bench.home(who.replace(" ", "-"))
    store = folder / "store"
    store.mkdir()
    return _run(bench, [python, str(_PROGRAM), who, str(calls), str(store)], folder)


def _run(bench: Bench, command: list[str], folder: Path) -> dict[str, float]:
    """Run a program that tells its measures in its last line.

    Every tool finds its code compiled, as an installed one does: the first process of each, which is not counted,
    compiles it into a folder of the benchmark's own, whatever the environment says of writing beside the sources.
    """
    unwanted = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    environment = {key: value for key, value in os.environ.items() if key not in unwanted}
    environment["PYTHONPYCACHEPREFIX"] = str(bench.scratch / "compiled")
    ended = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return told
