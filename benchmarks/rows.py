"""Every row of the benchmark: its name, what it is about, what runs it, and what ours owes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import rows_artifacts, rows_curves, rows_growth, rows_http, rows_lists, rows_live, rows_remote, rows_sdk
from benchmarks.bench import Bench
from benchmarks.figures import CPU, MEMORY, OURS, SHARE, SIZE, WALL, Target

V05, V07 = "runicorn-0.5.3", "runicorn-0.7.2"
_CURVE = "4 metrics, 1000 points"
_POLL = "poll after 10 new rows"
_COMPARE = "100 runs, 500 points"


@dataclass(frozen=True)
class Row:
    """A title, the function that measures, and the targets of the figures it records under its names."""

    title: str
    run: Callable[[Bench], None]
    names: tuple[str, ...]
    targets: tuple[Target, ...] = ()


ROWS = {
    "page": Row(
        "A page of 50 of 10,000 runs, sorted and filtered by a metric, with the total, warm",
        rows_lists.pages,
        ("page",),
        (
            Target("page of 50", CPU, 4),
            Target("page of 50", CPU, 200, "times less", V05, "lists all, unsorted"),
            Target("page of 50", CPU, 40, "times less", V07, "lists all, unsorted"),
            Target("page of 50", CPU, 1, "times less", "trackio", "one project, unsorted"),
        ),
    ),
    "full": Row(
        "The full list of 10,000 runs in the documented shape",
        rows_lists.full,
        ("full",),
        (
            Target("full list", CPU, 15, "times less", V05),
            Target("full list", CPU, 3, "times less", V07),
            Target("unchanged (304)", CPU, 3),
            Target("health meanwhile, p99", WALL, 50),
        ),
    ),
    "first": Row(
        "The first complete list of a root never seen, 10,000 runs, and a restart",
        rows_lists.first,
        ("first",),
        (
            Target("facts of every run", WALL, 1000),
            Target("health meanwhile, worst", WALL, 50),
            Target("restart: first 200 to complete page", WALL, 150),
        ),
    ),
    "curve": Row(
        "One run of 1,000,000 steps, 4 metrics, on 1,000 points; and a zoom to 1 % of it",
        rows_curves.long_run,
        ("curve", "zoom"),
        (
            Target(f"cold: {_CURVE}", CPU, 2500),
            Target(f"restart: {_CURVE}", CPU, 100),
            Target(_CURVE, CPU, 12),
            Target(_CURVE, CPU, 100, "times less", V05),
            Target("memory added", MEMORY, 60),
            Target("1 % of the run, 1 metric", CPU, 2),
        ),
    ),
    "grow": Row(
        "The same run growing: a poll after 10 new rows",
        rows_curves.growing,
        ("grow",),
        (Target(_POLL, CPU, 5), Target(_POLL, CPU, 200, "times less", V05)),
    ),
    "compare": Row(
        "One metric of 100 runs of 10,000 steps, 500 points each",
        rows_curves.compared,
        ("compare",),
        (
            Target(_COMPARE, CPU, 50),
            Target(f"cold: {_COMPARE}", CPU, 2500),
            Target(_COMPARE, SIZE, 1200),
        ),
    ),
    "wide": Row(
        "One metric of 100 runs that have 1,500 metrics and 20 steps each",
        rows_curves.wide,
        ("wide",),
        (Target("100 runs, 1 metric", CPU, 50),),
    ),
    "live": Row(
        "20 runs being written, 10 points a second each, and one client",
        rows_live.live,
        ("live",),
        (
            Target("a point seen after log(), p95", WALL, 100),
            Target("nobody watches", SHARE, 2),
            Target("one client follows one run", SHARE, 2),
        ),
    ),
    "viewer": Row(
        "A viewer on 1,000 runs: start, memory, idle",
        rows_live.viewer,
        ("viewer",),
        (
            Target("start to first 200", WALL, 500),
            Target("1,000 runs, idle", MEMORY, 70),
            Target("1,000 runs, idle", SHARE, 0.2),
        ),
    ),
    "runs": Row(
        "Growth with the number of runs (1,000,000 are synthetic index rows without files)",
        rows_growth.runs,
        ("runs",),
        (
            Target("page of 50, 100,000 runs", CPU, 1.5, "times as much", OURS, "page of 50, 10,000 runs"),
            Target("page of 50, 1,000,000 synthetic rows", CPU, 4, "times as much", OURS, "page of 50, 10,000 runs"),
        ),
    ),
    "points": Row("Growth with the number of points of one run", rows_growth.points, ("points",)),
    "sdk": Row(
        "Training: import, init, and log() of 4 numbers",
        rows_sdk.logging,
        ("sdk",),
        (
            Target("log", "µs/call", 8),
            Target("log", "p99 µs", 30),
            Target("log", "CPU µs/call", 9),
            Target("log", "bytes/point", 56),
            Target("log", "µs/call", 15, "times less", V05),
            Target("import", CPU, 40),
            Target("import", "MB", 12),
            Target("init", CPU, 3),
        ),
    ),
    "saving": Row(
        "Saving artifacts: one large file, and many small ones",
        rows_artifacts.saving,
        ("saving",),
        (
            Target("1 file of 200 MB", CPU, 1.2, "times as much", rows_artifacts.BARE),
            Target("1 file of 200 MB, again", "MB added", 0.01),
            Target("1 file of 200 MB, again, every byte read", CPU, 1.2, "times as much", OURS, "1 file of 200 MB"),
            Target("10000 files of 2 kB", WALL, 1500),
            Target("10000 files of 2 kB, again", WALL, 400),
        ),
    ),
    "artifacts": Row(
        "1,000 artifacts: their list and their statistics, warm",
        rows_artifacts.listing,
        ("artifacts",),
        (
            Target("list of 1000 artifacts", CPU, 4),
            Target("list of 1000 artifacts", CPU, 10, "times less", V05),
            Target("statistics of 1000 artifacts", CPU, 3),
            Target("statistics of 1000 artifacts", CPU, 15, "times less", V05),
        ),
    ),
    "http": Row(
        "Health and a page of 50 of 10,000 runs, one after the other over one connection",
        rows_http.http,
        ("http",),
        (
            Target("health above upstream's", WALL, 0.5),
            Target("page above upstream's health", WALL, 4),
        ),
    ),
    "sockets": Row(
        "Websocket clients on one live log, and the first line of a long one",
        rows_http.sockets,
        ("sockets",),
        (
            Target("2,000 clients, 100 lines each", MEMORY, 300),
            Target("first line of a log of 1,024 MB", WALL, 300),
        ),
    ),
    "remote": Row(
        "Another host over SSH, on loopback: logging in, a viewer there, asking through it, and lines that break",
        rows_remote.remote,
        ("remote",),
        (
            Target("connect", WALL, 300),
            Target("viewer ready", WALL, 1500),
            Target("health through SSH, above 1.5 × direct", WALL, 2),
            Target("100 MB", WALL, 2, "times as much", rows_remote.SCP),
            Target("health while 50 hosts are silent, p99", WALL, 100),
            Target("cut to usable", WALL, 15_000),
            Target("viewers left 150 s after 100 cuts and kills", "processes", 0),
        ),
    ),
    "parts": Row(
        "Training: what is captured beside the points, each part for itself",
        rows_sdk.parts,
        ("parts",),
    ),
}
