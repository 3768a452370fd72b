"""`python -m benchmarks`: run the rows, print ratios and targets, write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Sequence

from benchmarks import report
from benchmarks.asks import UPSTREAM
from benchmarks.bench import QUICK, Bench, Scale
from benchmarks.figures import OURS
from benchmarks.places import DOCUMENT, scratch
from benchmarks.rows import ROWS
from benchmarks.venvs import wanted


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; return 0 when every row could be run, whatever it says."""
    options = _options(arguments)
    names = [name for text in options.row for name in text.split(",")] or list(ROWS)
    chosen = list(UPSTREAM) if options.quick else list(wanted())
    if options.peers is not None:
        chosen = [peer for peer in chosen if peer in options.peers.split(",")]
    began, load = time.perf_counter(), os.getloadavg()[0]
    with scratch() as folder:
        bench = Bench(folder, chosen, QUICK if options.quick else Scale())
        broken = [name for name in names if not _run(bench, name)]
    seen_on = report.machine(time.perf_counter() - began, load)
    print(f"\n{seen_on}")
    for name in names:
        print(f"\n{ROWS[name].title}\n\n{report.section(ROWS[name], bench.figures)}")
    if options.write:
        report.write(DOCUMENT, bench.figures, seen_on, names)
        print(f"\nWritten to {DOCUMENT.name}.")
    return 1 if broken else 0


def _run(bench: Bench, name: str) -> bool:
    print(ROWS[name].title, flush=True)
    began = time.perf_counter()
    try:
        ROWS[name].run(bench)
    except Exception as error:  # noqa: BLE001 - one row must not take the others with it
        traceback.print_exc()
        bench.fail(ROWS[name].names[0], OURS, "all of it", error)
        return False
    finally:
        print(f"  ({time.perf_counter() - began:.0f} s)", flush=True)
    return True


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--row", action="append", default=[], help=f"only these of {', '.join(ROWS)}")
    parser.add_argument("--quick", action="store_true", help="upstream only, in minutes")
    parser.add_argument("--peers", help="only these, separated by commas; an empty text is none")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    options = parser.parse_args(arguments)
    unknown = {name for text in options.row for name in text.split(",")} - set(ROWS)
    if unknown:
        parser.error(f"there is no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    if options.write and (options.quick or options.peers is not None):
        parser.error("only a run with all peers is written down: leave out --quick and --peers")
    return options


if __name__ == "__main__":
    sys.exit(main())
