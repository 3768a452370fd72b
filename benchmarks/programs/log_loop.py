"""One process that logs dicts of four numbers: ``log_loop.py TOOL CALLS FOLDER [SEED]`` prints one JSON line."""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
import time
from collections.abc import Callable
from typing import Any

Log = Callable[[dict[str, float], int], object]
Finish = Callable[[], object]


def _ours(folder: str) -> tuple[Log, Finish]:
    rn: Any = importlib.import_module("runicorn")
    run = rn.init(project="p", name="n", storage=folder, capture_env=False)
    return lambda values, step: run.log(values, step=step), run.finish


def _upstream_07(folder: str) -> tuple[Log, Finish]:
    rn: Any = importlib.import_module("runicorn")
    run = rn.init(path="p/n", storage=folder)
    return lambda values, step: run.log(values, step=step), run.finish


def _trackio(folder: str) -> tuple[Log, Finish]:
    os.environ.update({"TRACKIO_DIR": folder, "HF_HUB_OFFLINE": "1"})
    trackio: Any = importlib.import_module("trackio")
    trackio.init(project="p", name="n", embed=False)
    return lambda values, step: trackio.log(values, step=step), trackio.finish


def _tensorboard(folder: str) -> tuple[Log, Finish]:
    writer: Any = importlib.import_module("tensorboardX").SummaryWriter(folder)

    def log(values: dict[str, float], step: int) -> None:
        for name, value in values.items():
            writer.add_scalar(name, value, step)

    return log, writer.close


def _mlflow(folder: str) -> tuple[Log, Finish]:
    mlflow: Any = importlib.import_module("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.set_experiment("p")
    mlflow.start_run()
    return lambda values, step: mlflow.log_metrics(values, step=step), mlflow.end_run


def _json(folder: str) -> tuple[Log, Finish]:
    file = open(os.path.join(folder, "events.jsonl"), "w")  # noqa: PTH118, PTH123, SIM115 - the bare bound

    def log(values: dict[str, float], step: int) -> None:
        file.write(json.dumps({**values, "global_step": step, "time": time.time()}) + "\n")
        file.flush()

    return log, file.close


TOOLS = {
    "ours": ("runicorn", _ours),
    "runicorn-0.5.3": ("runicorn", _ours),
    "runicorn-0.7.2": ("runicorn", _upstream_07),
    "trackio": ("trackio", _trackio),
    "tensorboard": ("tensorboardX", _tensorboard),
    "mlflow": ("mlflow", _mlflow),
    "bare json": ("json", _json),
}


def main(tool: str, calls: int, folder: str) -> None:
    """Import, begin, log, finish, and tell what each took."""
    module, begin = TOOLS[tool]
    size = _rss()
    began, cpu = time.perf_counter(), time.process_time()
    # Ours finds its names when they are first used; the finding is a part of the import, not of what is done with it.
    getattr(importlib.import_module(module), "init", None)
    imported, import_cpu, grown = time.perf_counter() - began, time.process_time() - cpu, _rss() - size
    began, cpu = time.perf_counter(), time.process_time()
    log, finish = begin(folder)
    initialised, begin_cpu, begun_size = time.perf_counter() - began, time.process_time() - cpu, _rss() - size
    values = [_values(step) for step in range(1, calls + 1)]
    spent = []
    cpu, clock = time.process_time(), time.perf_counter_ns
    for step, value in enumerate(values, 1):
        at = clock()
        log(value, step)
        spent.append(clock() - at)
    called = sum(spent)
    finish()
    os.sync()
    cpu = time.process_time() - cpu
    spent.sort()
    told = {
        "import ms": imported * 1e3, "import CPU ms": import_cpu * 1e3, "import MB": grown,
        "init ms": initialised * 1e3, "init CPU ms": begin_cpu * 1e3,
        "begin ms": (imported + initialised) * 1e3,
        "begin MB": begun_size,
        "µs/call": called / calls / 1e3, "p50 µs": spent[calls // 2] / 1e3, "p99 µs": spent[calls * 99 // 100] / 1e3,
        "CPU µs/call": cpu / calls * 1e6, "bytes/point": _bytes(folder) / calls / 4,
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")


def _values(step: int) -> dict[str, float]:
    wave = math.cos(step * 1e-4)
    return {"loss": 1 / (1 + step * 1e-3), "acc": 1 - math.exp(-step * 1e-4), "lr": 5e-4 + wave, "grad_norm": wave * 7}


def _rss() -> float:
    with open("/proc/self/statm") as file:  # noqa: PTH123 - pathlib would be imported by us, not by the tool
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _bytes(folder: str) -> int:
    places = (os.path.join(where, name) for where, _, names in os.walk(folder) for name in names)  # noqa: PTH118
    return sum(os.lstat(place).st_size for place in places)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
