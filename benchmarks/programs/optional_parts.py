"""One process with one optional part of a run: ``optional_parts.py PART LINES FOLDER`` prints one JSON line.

PART is ``environment``, ``telemetry``, ``console``, or empty for none.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

SAMPLE_EVERY, SAMPLED_FOR = 0.1, 2.0
"""Seconds: a default run takes a sample every 5, here many are wanted soon."""

KEYWORDS: dict[str, dict[str, Any]] = {
    "": {},
    "environment": {"capture_env": True},
    "telemetry": {"telemetry": SAMPLE_EVERY},
    "console": {"capture_console": True},
}


def main(part: str, lines: int, folder: str) -> None:
    """Begin, print, finish, and tell what that took in this process and its children."""
    rn: Any = importlib.import_module("runicorn")
    rn.init  # noqa: B018 - found before the clock starts
    cpu = time.process_time()
    run = rn.init("p", "n", storage=folder, **{"capture_env": False, **KEYWORDS[part]})
    ends = time.perf_counter() + (SAMPLED_FOR if part in {"", "telemetry"} else 0.0)
    spent = []
    clock = time.perf_counter_ns
    for step in range(lines):
        at = clock()
        sys.stdout.write(f"step {step}: loss 0.123456, 12.3 samples a second\n")
        spent.append(clock() - at)
    # The idle process is what telemetry is compared with; both wait for the same time.
    time.sleep(max(0.0, ends - time.perf_counter()))
    run.finish()
    own = time.process_time() - cpu
    children = os.times()
    spent.sort()
    samples = run.run_dir / "telemetry.jsonl"
    told = {
        "CPU ms": (own + children.children_user + children.children_system) * 1e3,
        "samples": len(samples.read_bytes().splitlines()) if samples.exists() else 0,
        "µs/line": sum(spent) / lines / 1e3,
        "p99 µs": spent[lines * 99 // 100] / 1e3,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), str(Path(sys.argv[3])))
