"""Rows about the training side: what a call of `log()`, an import and an `init()` cost."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks import measure
from benchmarks.asks import UPSTREAM
from benchmarks.bench import Bench
from benchmarks.figures import OURS
from benchmarks.places import REPOSITORY
from benchmarks.venvs import python_of

BARE = "bare json"
_PROGRAM = REPOSITORY / "benchmarks" / "programs" / "log_loop.py"
_STARTS = {"import": "import ", "init": "init ", "import and init": "begin ", "log": ""}
"""A figure's call, and how the names of its measures begin in what the program tells."""

_SLOW = {"mlflow": 100, "runicorn-0.7.2": 10}
"""How many times fewer calls a tool gets, so that the row ends; a call costs the same."""


def logging(bench: Bench) -> None:
    """Dicts of four numbers from one process: processes of all tools in turn, the median of their repeats."""
    sides = [OURS, BARE, *bench.sides([*UPSTREAM, "trackio", "mlflow", "tensorboard"])[1:]]
    told: dict[str, list[dict[str, float]]] = {who: [] for who in sides}
    for _ in range(bench.scale.repeats):
        for who in sides:
            told[who].append(_process(bench, who))
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


def _process(bench: Bench, who: str) -> dict[str, float]:
    python = sys.executable if who in {OURS, BARE} else str(python_of(who))
    folder = bench.home(who.replace(" ", "-"))
    store = folder / "store"
    store.mkdir()
    command = [python, str(_PROGRAM), who, str(_calls(bench, who)), str(store)]
    ended = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return told
