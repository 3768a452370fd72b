"""Rows about artifacts: what saving costs, once and again, and what a list of many costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import measure
from benchmarks.asks import demand
from benchmarks.bench import Ask, Bench
from benchmarks.client import Answer, Request
from benchmarks.figures import OURS
from benchmarks.places import REPOSITORY, environment, kept
from benchmarks.server import Server
from benchmarks.venvs import python_of

BARE = "copy and sha256"
FAST = f"{OURS}, with blake3"
_PROGRAM = REPOSITORY / "benchmarks" / "programs" / "artifact_saves.py"
_SMALL = 2048
_STEPS = {"first": "", "again": ", again", "verified": ", again, every byte read"}
_SETTLED = 2.5
"""Seconds after which no tool has a reason to distrust the times of a new file."""


def saving(bench: Bench) -> None:
    """One large file, and thousands of small ones: the first time and again; the median of repeats, tools in turn."""
    small = bench.scale.artifact_files
    for megabytes in bench.scale.artifact_megabytes:
        first_size = megabytes == bench.scale.artifact_megabytes[0]
        sources = _sources(bench, megabytes, small)
        sides = [OURS, FAST, BARE, *bench.sides(["runicorn-0.5.3", "trackio", "mlflow", "wandb"])[1:]]
        told: dict[str, list[dict[str, dict[str, float]]]] = {who: [] for who in sides}
        for _ in range(bench.scale.repeats if first_size else 1):
            for who in sides:
                told[who].append(_process(bench, who, sources))
        names = {"big": f"1 file of {megabytes} MB", "small": f"{small} files of 2 kB"}
        for who, seen in told.items():
            for key in seen[0]:
                kind, step = key.split()
                if first_size or kind == "big":
                    measures = {name: measure.median([one[key][name] for one in seen]) for name in seen[0][key]}
                    bench.add("saving", who, f"{names[kind]}{_STEPS[step]}", **measures)


def listing(bench: Bench) -> None:
    """The list and the statistics of many artifacts, warm."""
    count = bench.scale.artifacts
    roots = {who: _many(bench.home(who) / "root", count) for who in bench.sides(["runicorn-0.5.3"])}
    with bench.viewers("artifacts", roots) as running:
        asks = [_ask(who, server, count, path) for who, server in running.items() for path in ("", "/stats")]
        bench.side_by_side("artifacts", asks)


def _ask(who: str, server: Server, count: int, path: str) -> Ask:
    def check(answers: Sequence[Answer]) -> None:
        for answer in answers:
            found = answer.json()
            seen = found["total_artifacts"] if path else len(found)
            demand(that=seen == count, why=f"{seen} artifacts instead of {count}")

    call = "statistics" if path else "list"
    return Ask(who, f"{call} of {count} artifacts", server, [Request(f"/api/artifacts{path}")], check)


def _sources(bench: Bench, megabytes: int, files: int) -> tuple[Path, Path]:
    """Return a file and a folder of random bytes, made once and kept."""
    base = bench.data or kept() / "artifact-sources"
    big, small = base / f"{megabytes}.bin", base / f"{files}-small"
    made = False
    if not big.is_file() or big.stat().st_size != megabytes << 20:
        base.mkdir(parents=True, exist_ok=True)
        with big.open("wb") as file:
            for _ in range(megabytes):
                file.write(os.urandom(1 << 20))
        made = True
    if not (small / "complete").is_dir():
        for number in range(files):
            place = small / f"{number // 100:03d}"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{number}.bin").write_bytes(os.urandom(_SMALL))
        (small / "complete").mkdir()
        made = True
    while made and time.time() - (small / "complete").stat().st_mtime < _SETTLED and bench.data is None:
        time.sleep(0.1)
    return big, small


def _process(bench: Bench, who: str, sources: tuple[Path, Path]) -> dict[str, dict[str, float]]:
    python = sys.executable if who in {OURS, FAST, BARE} else str(python_of(who))
    home = bench.home(who.replace(",", "").replace(" ", "-"))
    store = home / "store"
    store.mkdir()
    folders = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "XDG_CONFIG_HOME": str(home / "config")}
    command = [python, str(_PROGRAM), who, str(store), *map(str, sources)]
    ended = subprocess.run(
        command, cwd=home, env={**environment(), **folders}, check=True, capture_output=True, text=True
    )
    # Trackio says goodbye after the program's last line.
    line = next(one for one in reversed(ended.stdout.splitlines()) if one.startswith("{"))
    told: dict[str, dict[str, float]] = json.loads(line)
    return told


def _many(root: Path, count: int) -> Path:
    """Make a root of `count` artifacts of three versions each; only their indexes, for nothing else is listed."""
    for number in range(count):
        kind = ("model", "dataset")[number % 2]
        folder = root / "artifacts" / kind / f"artifact-{number:05d}"
        folder.mkdir(parents=True)
        row = {"created_by_run": "20260101_000000_abcdef", "size_bytes": 5096, "num_files": 10, "status": "ready"}
        rows = [{"version": one, "created_at": 1.7e9 + one, **row, "aliases": ["latest"]} for one in (1, 2, 3)]
        index = {"artifact_name": folder.name, "artifact_type": kind, "versions": rows, "aliases": {"latest": 3}}
        (folder / "versions.json").write_text(json.dumps({**index, "created_at": 1.7e9, "updated_at": 1.7e9 + number}))
    for shard in range(256):
        (root / "artifacts" / ".dedup" / f"{shard:02x}").mkdir(parents=True)
    return root
