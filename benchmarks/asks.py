"""The questions in each viewer's own words, and how its answers are held against the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from benchmarks.bench import Ask, WrongAnswer
from benchmarks.client import Answer, Request
from benchmarks.data import DataSet
from benchmarks.figures import OURS
from benchmarks.fillers.mlflow import run_uuid
from benchmarks.server import Server
from benchmarks.truth import BELOW, FILTERED_BY, METRICS, PROJECTS, SORTED_BY, Run, best_page, same, values

UPSTREAM = ("runicorn-0.5.3", "runicorn-0.7.2")
Check = Callable[[Sequence[Answer]], None]


def demand(*, that: bool, why: str) -> None:
    """Raise `WrongAnswer` unless `that` holds."""
    if not that:
        raise WrongAnswer(why)


# -- lists ----------------------------------------------------------------------------------------------------------

_THRESHOLDS = 8
_COUNTED = 10_001
"""Filtered totals stop here, and say so."""


def page(who: str, server: Server, data: DataSet, call: str = "page of 50", copies: int = 1) -> Ask:
    """Ask for the first fifty runs, sorted and filtered by metrics, with the number that match.

    Upstream lists everything, whatever is asked; trackio lists one project without sorting. We are asked with another
    threshold each time, so that no remembered answer helps. `copies` says how often each run is in a synthetic index.
    """
    if who in UPSTREAM:
        return everything(who, server, data, "lists all, unsorted")
    if who == "trackio":
        ask = Request("/api/get_runs_for_project", {"project": Run(0).project})
        return Ask(who, "one project, unsorted", server, [ask], _trackio_count(-(-data.runs // PROJECTS)))
    if who == "mlflow":
        return _mlflow_page(server, best_page(data.runs, data.steps)[0])
    limits = [BELOW + at * 1e-5 for at in range(_THRESHOLDS)]
    meant = [best_page(data.runs, data.steps, below=below) for below in limits]
    queries = [
        {"q": f"{FILTERED_BY}.last < {below!r}", "order_by": f"{SORTED_BY}.last", "order_desc": "true", "limit": "50"}
        for below in limits
    ]

    def check(answers: Sequence[Answer]) -> None:
        for answer, (best, total) in zip(answers, meant, strict=True):
            seen = [item["id"].split("~")[0] for item in answer.json()]
            demand(that=int(answer.headers["x-total-count"]) == min(total * copies, _COUNTED), why="the total is wrong")
            repeated = [Run(k).id for k in best for _ in range(copies)]
            demand(that=seen == repeated[: min(50, total * copies)], why="these are not the best fifty")

    requests = [Request(f"/api/runs?{urlencode(query)}") for query in queries]
    return Ask(OURS, call, server, requests, check, units=len(requests))


def everything(who: str, server: Server, data: DataSet, call: str = "full list") -> Ask:
    """Ask for every run in the documented shape."""

    def check(answers: Sequence[Answer]) -> None:
        items = answers[0].json()
        demand(that=len(items) == data.runs, why=f"{len(items):,} of {data.runs:,} runs")
        best = {item["id"]: item["best_metric_value"] for item in items}
        for k in (0, data.runs // 2, data.runs - 1):
            demand(that=same(best[Run(k).id], values(k, data.steps)["acc"]), why="a best value is wrong")

    return Ask(who, call, server, [Request("/api/runs")], check)


def _trackio_count(runs: int) -> Check:
    def check(answers: Sequence[Answer]) -> None:
        demand(that=len(_trackio(answers[0])) == runs, why=f"not {runs} runs")

    return check


def _trackio(answer: Answer) -> Any:
    found = answer.json()
    return found["data"] if isinstance(found, dict) and "data" in found else found


def _mlflow_page(server: Server, best: list[int]) -> Ask:
    names = server.client.send(Request("/api/2.0/mlflow/experiments/search", {"max_results": 1000})).json()
    wanted = [found["experiment_id"] for found in names["experiments"] if found["name"].startswith("project")]
    query = {
        "experiment_ids": wanted,
        "filter": f"metrics.{FILTERED_BY} < {BELOW}",
        "order_by": [f"metrics.{SORTED_BY} DESC"],
        "max_results": 50,
    }

    def check(answers: Sequence[Answer]) -> None:
        seen = [found["info"]["run_id"] for found in answers[0].json()["runs"]]
        demand(that=seen == [run_uuid(Run(k)) for k in best], why="these are not the best fifty")

    return Ask("mlflow", "page of 50, no total", server, [Request("/api/2.0/mlflow/runs/search", query)], check)


# -- curves ---------------------------------------------------------------------------------------------------------


def curve(who: str, server: Server, data: DataSet, call: str = "4 metrics, 1000 points") -> Ask:
    """Ask for all metrics of the first run, thinned for a screen of about 1000 pixels."""
    run = Run(0)
    if who == "trackio":
        ask = [Request("/api/get_logs", {"project": run.project, "run": run.id, "run_id": run.id, "scalar_only": True})]
        return Ask(who, "4 metrics, 3000 rows", server, ask, _trackio_rows(data))
    if who == "mlflow":
        return Ask(
            who, call, server, [_mlflow_interval([run], name, 1000) for name in METRICS], _mlflow_points(1, data)
        )
    if who == "tensorboard":
        asks = [_tensorboard_scalars(run, name) for name in METRICS]
        return Ask(who, "4 metrics, 1000 samples", server, asks, _tensorboard_points(data))
    return Ask(who, call, server, [Request(f"/api/runs/{run.id}/metrics_step?downsample=1000")], rows_check(data))


def rows_check(data: DataSet, last: int | None = None) -> Check:
    """Return a check of the documented row form: first and last row, and not one row for each step."""

    def check(answers: Sequence[Answer]) -> None:
        for k, answer in enumerate(answers):
            rows = answer.json()["rows"]
            demand(that=0 < len(rows) <= 1000, why=f"{len(rows):,} rows")
            end = last or data.steps
            for row, step in ((rows[0], 1), (rows[-1], end)):
                demand(that=row["global_step"] == step, why=f"step {row['global_step']} where {step} was meant")
                for name, value in values(k, step).items():
                    demand(that=same(row[name], value), why=f"{name} is wrong at step {step}")

    return check


def compare(who: str, server: Server, data: DataSet) -> Ask:
    """Ask for one metric of every run, 500 points each, in as few requests as the viewer takes."""
    runs = [Run(k) for k in range(data.runs)]
    call = f"{data.runs} runs, 500 points"
    if who == "trackio":
        named = [{"run": run.id, "run_id": run.id} for run in runs if run.project == runs[0].project]
        # Its batches stay within a project: twenty of them hold the hundred runs.
        asks = [
            _trackio_batch([run for run in runs if run.project == name]) for name in sorted({r.project for r in runs})
        ]
        return Ask(who, call, server, asks, _trackio_batches(len(named), data))
    if who == "mlflow":
        asks = [_mlflow_interval(runs[at : at + 100], "loss", 500) for at in range(0, len(runs), 100)]
        return Ask(who, call, server, asks, _mlflow_points(len(runs), data))
    if who == "tensorboard":
        asks = [_tensorboard_scalars(run, "loss") for run in runs]
        return Ask(who, f"{data.runs} runs, 1000 samples", server, asks, _tensorboard_points(data))
    if who in UPSTREAM:
        asks = [Request(f"/api/runs/{run.id}/metrics_step?downsample=500") for run in runs]
        return Ask(who, call, server, asks, rows_check(data))
    return curves(server, runs, "loss", data, call, width=250)


def curves(
    server: Server,
    runs: Sequence[Run],
    metric: str,
    data: DataSet,
    call: str,
    *,
    width: int,
    window: tuple[int, int] | None = None,
) -> Ask:
    """Ask us for curves; `width` pixels give at most twice as many points."""
    query = {"runs": ",".join(run.id for run in runs), "metrics": metric, "width": str(width)}
    first, last = window or (1, data.steps)
    if window:
        query |= {"x0": str(first), "x1": str(last)}

    def check(answers: Sequence[Answer]) -> None:
        found = {curve["run"]: curve for curve in answers[0].json()["curves"]}
        demand(that=len(found) == len(runs), why=f"{len(found)} of {len(runs)} curves")
        for run in (runs[0], runs[-1]):
            x, y = found[run.id]["x"], found[run.id]["y"]
            demand(that=0 < len(x) <= 2 * width or found[run.id]["exact"], why=f"{len(x)} points")
            # A window may hold one point more on either side, so that its line reaches the edges.
            demand(that=x[0] in {first, first - 1} and x[-1] in {last, last + 1}, why=f"from {x[0]} to {x[-1]}")
            for at in (0, -1) if metric in METRICS else ():
                demand(that=same(y[at], values(run.k, int(x[at]))[metric]), why="a value at an edge is wrong")

    return Ask(OURS, call, server, [Request(f"/api/curves?{urlencode(query)}")], check)


def _trackio_batch(runs: Sequence[Run]) -> Request:
    named = [{"run": run.id, "run_id": run.id} for run in runs]
    return Request(
        "/api/get_logs_batch", {"project": runs[0].project, "runs": named, "max_points": 500, "scalar_only": True}
    )


def _trackio_batches(runs: int, data: DataSet) -> Check:
    def check(answers: Sequence[Answer]) -> None:
        for answer in answers:
            found = _trackio(answer)
            demand(that=len(found) == runs, why=f"{len(found)} of {runs} runs")
            logs = found[0]["logs"]
            demand(
                that=same(logs[-1]["loss"], values(_k_of(found[0]["run"], data), logs[-1]["step"])["loss"]),
                why="a value",
            )

    return check


def _k_of(run_id: str, data: DataSet) -> int:
    return next(k for k in range(data.runs) if Run(k).id == run_id)


def _trackio_rows(data: DataSet) -> Check:
    def check(answers: Sequence[Answer]) -> None:
        rows = _trackio(answers[0])
        demand(that=0 < len(rows) <= max(3001, data.steps), why=f"{len(rows):,} rows")
        for row in (rows[0], rows[-1]):
            demand(that=same(row["loss"], values(0, row["step"])["loss"]), why="a value is wrong")

    return check


def _mlflow_interval(runs: Sequence[Run], metric: str, points: int) -> Request:
    ids = "&".join(f"run_ids={run_uuid(run)}" for run in runs)
    path = "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval"
    return Request(f"{path}?{ids}&metric_key={metric}&max_results={points}")


def _mlflow_points(runs: int, data: DataSet) -> Check:
    def check(answers: Sequence[Answer]) -> None:
        for metric, answer in zip(METRICS, answers, strict=False):
            points = answer.json()["metrics"]
            demand(that=len({point["run_id"] for point in points}) == runs, why="runs are missing")
            mine = {int(point["step"]): point["value"] for point in points if point["run_id"] == run_uuid(Run(0))}
            demand(that=data.steps in mine, why="the last step is missing")
            demand(that=same(mine[data.steps], values(0, data.steps)[metric]), why="a value is wrong")

    return check


def _tensorboard_scalars(run: Run, metric: str) -> Request:
    return Request(f"/data/plugin/scalars/scalars?run={quote(run.id)}&tag={metric}")


def _tensorboard_points(data: DataSet) -> Check:
    def check(answers: Sequence[Answer]) -> None:
        for answer in (answers[0], answers[-1]):
            points = answer.json()
            demand(that=0 < len(points) <= 1000 and points[-1][1] == data.steps, why="not loaded yet")
        last = answers[0].json()[-1]
        demand(that=same(last[2], values(0, last[1])["loss"]), why="a value is wrong")

    return check
