"""Experiments, counts and bytes of both sample roots, against figures read with plain Python."""

from __future__ import annotations

import json
import math
import os
import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rundirs import append, write_run

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import EXPERIMENT_ORDERS, ExperimentQuery
from runicorn_jupyter.store.overview.usage import human
from runicorn_jupyter.workspace import Workspace


@pytest.fixture(params=["upstream-0.5.3", "upstream-0.7.2"])
def root(request: pytest.FixtureRequest, sample_roots: Path) -> Path:
    return sample_roots / request.param


@pytest.fixture
def hall(root: Path) -> Iterator[Workspace]:
    with Workspace(root) as workspace:
        assert workspace.wait_complete(20)
        yield workspace


def read(file: Path) -> Any:
    return json.loads(file.read_text()) if file.exists() else {}


def runs_on_disk(root: Path) -> dict[str, dict[str, Any]]:
    """Return what the files of each run say, read with nothing of ours."""
    found = {}
    for meta in root.rglob("meta.json"):
        place = meta.parent
        lines = (place / "events.jsonl").read_text().splitlines() if (place / "events.jsonl").exists() else []
        found[place.name] = {
            "meta": read(meta),
            "status": read(place / "status.json").get("status"),
            "summary": read(place / "summary.json"),
            "points": [event["data"] for event in map(json.loads, lines) if event["type"] == "metrics"],
            "times": [event["ts"] for event in map(json.loads, lines) if event["type"] == "metrics"],
        }
    return found


def page(hall: Workspace, **asked: Any) -> set[str]:
    return {one["id"] for one in hall.experiments.page(ExperimentQuery(per_page=1000, **asked)).experiments}


def test_r18_every_filter_really_applies(hall: Workspace, root: Path) -> None:
    runs = runs_on_disk(root)
    best = {name: run["summary"].get("best_metric_value") for name, run in runs.items()}
    created = {name: run["meta"]["created_at"] for name, run in runs.items()}
    middle = statistics.median(created.values())
    assert page(hall) == set(runs)
    assert page(hall, best_metric_min=0.8) == {name for name, value in best.items() if value and value >= 0.8}
    assert page(hall, best_metric_max=0.5) == {name for name, value in best.items() if value and value <= 0.5}
    assert page(hall, created_after=middle) == {name for name, at in created.items() if at >= middle}
    assert page(hall, created_before=middle) == {name for name, at in created.items() if at <= middle}
    assert page(hall, status="failed,interrupted") == {
        name for name, run in runs.items() if run["status"] in {"failed", "interrupted"}
    }
    assert page(hall, search="RESNET") == {one.id for one in hall.runs().runs if "resnet" in one.name.lower()} != set()
    assert page(hall, tags=("no such tag",)) == set()


def test_r18_pages_and_orders(hall: Workspace) -> None:
    seen: list[str] = []
    for number in range(1, 9):
        asked = ExperimentQuery(page=number, per_page=10, order_by="best_metric_value", order_desc=True)
        found = hall.experiments.page(asked)
        assert (found.total, found.has_next) == (72, number < 8)
        seen += [one["id"] for one in found.experiments]
    assert len(seen) == len(set(seen)) == 72
    values = [hall.run(one).best_metric_value for one in seen]
    known = [value for value in values if value is not None]
    assert values[: len(known)] == sorted(known, reverse=True)
    for order in EXPERIMENT_ORDERS:
        assert hall.experiments.page(ExperimentQuery(order_by=order)).total == 72
    with pytest.raises(BadRequest, match="order_by must be one of created_at"):
        hall.experiments.page(ExperimentQuery(order_by="id; DROP TABLE run"))


def test_r18_what_is_deleted_shows_when_asked_for_and_filters_hold_for_it(scratch_053: Path) -> None:
    with Workspace(scratch_053) as hall:
        assert hall.wait_complete(20)
        gone = hall.runs(limit=3).runs
        hall.experiments.delete([one.id for one in gone], reason="tidy")
        assert not {one.id for one in gone} & page(hall)
        found = hall.experiments.page(ExperimentQuery(include_deleted=True, per_page=1000))
        assert found.total == 72
        deleted = [one for one in found.experiments if one["deleted_at"] is not None]
        assert {one["id"] for one in deleted} == {one.id for one in gone}
        assert {one["delete_reason"] for one in deleted} == {"tidy"}
        assert all(one.keys() >= found.experiments[0].keys() for one in deleted)
        created = [one["created_at"] for one in found.experiments]
        assert created == sorted(created, reverse=True)
        assert gone[0].id in page(hall, include_deleted=True, search=gone[0].id)
        assert gone[0].id not in page(hall, include_deleted=True, project="no such project")


def test_r21_more_than_a_hundred_go_at_once_and_a_wrong_id_stops_all(tmp_path: Path) -> None:
    ids = [f"20260101_120000_{at:06x}" for at in range(120)]
    for run_id in ids:
        write_run(tmp_path, run_id)
    with Workspace(tmp_path) as hall:
        assert hall.wait_complete(20)
        with pytest.raises(BadRequest):
            hall.experiments.delete([*ids, "../evil"], reason="x")
        assert hall.runs().total == 120
        outcome = hall.experiments.delete([*ids, ids[0], "nope"], reason="x")
        assert (outcome.done, outcome.errors["nope"]) == (120, "run not found")
        assert hall.runs().total == 0


def test_r19_and_k3_tell_what_the_events_hold(hall: Workspace, root: Path) -> None:
    for name, run in list(runs_on_disk(root).items())[::7]:
        numbers: dict[str, dict[int, tuple[float, float]]] = {}
        others: dict[str, dict[int, Any]] = {}
        for data, time_of in zip(run["points"], run["times"], strict=True):
            for metric, value in data.items():
                if metric in {"global_step", "time", "step", "epoch"}:
                    continue
                finite = isinstance(value, int | float) and math.isfinite(value)
                for held, mine in ((numbers, finite), (others, not finite)):
                    held.setdefault(metric, {}).pop(data["global_step"], None)
                    if mine:
                        held[metric][data["global_step"]] = (value, time_of)
        found = hall.experiments.points(name)
        told = {key: {one["step"]: one["value"] for one in points} for key, points in found.metrics.items() if points}
        assert told == {key: {step: pair[0] for step, pair in held.items()} for key, held in numbers.items() if held}
        assert found.skipped == sum(map(len, others.values()))
        summary = hall.experiments.summary(name)
        steps = [data["global_step"] for data in run["points"]]
        assert (summary.first_step, summary.last_step) == ((min(steps), max(steps)) if steps else (None, None))
        assert summary.files == sum(len(files) for _, _, files in os.walk(hall.run(name).run_dir))


def test_k3_limit_is_the_last_ones_of_each_metric(tmp_path: Path) -> None:
    run_dir = write_run(tmp_path)
    append(run_dir, *({"a": step, "b": "text" if step % 2 else math.nan, "global_step": step} for step in range(9)))
    with Workspace(tmp_path) as hall:
        assert hall.wait_complete(20)
        found = hall.experiments.points(run_dir.name, ["a", "nope"], 2)
        assert [one["value"] for one in found.metrics["a"]] == [7, 8]
        assert found.metrics.keys() == {"a"}
        assert hall.experiments.points(run_dir.name, ["b"]).skipped == 9


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.floats(-1e6, 1e6, width=32)), min_size=1, max_size=200),
    st.tuples(st.integers(-5, 310), st.integers(-5, 310)).map(sorted),
    st.integers(4, 40),
)
def test_r20_a_stretch_is_exact_and_thinned_keeps_its_extremes(
    tmp_path_factory: pytest.TempPathFactory, points: list[tuple[int, float]], stretch: list[int], budget: int
) -> None:
    root = tmp_path_factory.mktemp("stretch")
    run_dir = write_run(root)
    append(run_dir, *({"loss": value, "global_step": step} for step, value in points))
    last = {step: value for step, value in points if stretch[0] <= step <= stretch[1]}
    with Workspace(root) as hall:
        exact = hall.metric_rows(run_dir.name, steps=(stretch[0], stretch[1]))
        assert {row["global_step"]: row["loss"] for row in exact.rows} == {
            step: pytest.approx(value) for step, value in sorted(last.items())
        }
        assert exact.total == len(last)
        thin = hall.metric_rows(run_dir.name, steps=(stretch[0], stretch[1]), downsample=budget)
        assert thin.total == len(last)
        assert len(thin.rows) <= budget
        if last:
            kept = [row["loss"] for row in thin.rows]
            assert (np.min(kept), np.max(kept)) == (min(last.values()), max(last.values()))
            assert (thin.rows[0], thin.rows[-1]) == (exact.rows[0], exact.rows[-1])


def test_x22_counts_are_those_of_the_files(hall: Workspace, root: Path) -> None:
    runs = runs_on_disk(root)
    told = hall.overview.totals()["overview"]
    assert told["by_status"] == Counter(run["status"] for run in runs.values())
    assert (told["total_experiments"], told["running_experiments"]) == (72, 9)
    assert told["success_rate"] == pytest.approx(51 / 63)
    projects = hall.overview.projects(36_500)
    assert {one["project"]: one["total_experiments"] for one in projects} == Counter(
        one.project for one in hall.runs().runs
    )
    assert sum(one["recent_experiments"] for one in projects) == 72
    assert sum(one["recent_experiments"] for one in hall.overview.projects(0)) == 0
    lowest = {}
    for name, run in runs.items():
        values = [data["loss"] for data in run["points"] if isinstance(data.get("loss"), int | float)]
        finite = [value for value in values if math.isfinite(value)]
        if finite:
            lowest[name] = min(finite)
    trends = hall.overview.trends("loss", None, 36_500)
    assert {one["run_id"]: one["value"] for one in trends["trend_data"]} == lowest
    assert trends["statistics"]["mean_value"] == pytest.approx(statistics.fmean(lowest.values()))
    assert hall.overview.trends("no `such` \\ metric", None, 30)["trend_data"] == []
    assert hall.overview.health()["health_status"] == "excellent"


def test_x28_bytes_add_up_to_what_lies_in_the_root(hall: Workspace, root: Path) -> None:
    stats = hall.usage.stats()
    sizes = {}
    for folder, _, names in os.walk(root):
        for name in names:
            found = os.lstat(Path(folder, name))
            sizes[found.st_dev, found.st_ino] = found.st_size
    assert stats["total"]["size_bytes"] - stats["index"]["size_bytes"] == sum(sizes.values())
    blobs = [path for path in (root / "archive" / "blobs").rglob("*") if path.is_file()]
    assert stats["archive"]["blobs"]["file_count"] == len(blobs)
    assert stats["runs"]["runs_count"] == 72
    assert human(1536) == "1.5 KB"
    assert human(7) == "7 B"


def test_x30_roots_are_found_and_only_roots(sample_roots: Path, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for version in ("0.5.3", "0.7.2"):
        (tmp_path / "a" / version).symlink_to(sample_roots / f"upstream-{version}")
    write_run(tmp_path / "a" / "mine")
    found = Workspace(tmp_path).overview.candidates(str(tmp_path), 3)
    assert [(one["name"], one["run_count"]) for one in found["candidates"]] == [("mine", 1)]
    assert found["complete"]
    both = Workspace(tmp_path).overview.candidates(str(sample_roots), 3)["candidates"]
    assert {(one["name"], one["run_count"]) for one in both} == {("upstream-0.5.3", 72), ("upstream-0.7.2", 72)}
    with pytest.raises(BadRequest):
        Workspace(tmp_path).overview.candidates(str(tmp_path / "nope"), 3)
    with pytest.raises(BadRequest):  # found by schemathesis: a name longer than any was a 500
        Workspace(tmp_path).overview.candidates("0" * 4096, 3)
