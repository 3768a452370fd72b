"""Whatever is logged comes back the same through every door of the hall: file, frame, curve, rows, list, detail."""

from __future__ import annotations

import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runicorn_jupyter import tracking
from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.workspace import Workspace

_TAKEN = {"step", "global_step", "stage", "time", "epoch"}
"""Names the files use themselves (contract R8)."""

_names = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(lambda name: name not in _TAKEN)
_numbers = st.floats() | st.integers(-(2**63), 2**63 - 1)
_values = _numbers | st.booleans() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_steps = st.none() | st.integers(-50, 50) | st.integers(-(2**53), 2**53 - 100)
_points = st.lists(st.tuples(_steps, st.dictionaries(_names, _values, max_size=5)), max_size=40)

PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def logged(root: Path, points) -> str:
    """Log `points` with the SDK; return the run's id."""
    run = tracking.init(project="p", name="n", storage=root)
    for step, values in points:
        run.log(values, step=step)
    run.finish()
    return run.id


def expected_events(points):
    """Give the (step, values) of each event, as `log` promises to count."""
    at, events = 0, []
    for step, values in points:
        at = at + 1 if step is None else step
        events.append((at, values))
    return events


def expected_frame(events):
    """Merge the events of one step, last wins; None where a metric was not logged."""
    merged: dict[int, dict[str, object]] = {}
    for step, values in events:
        merged.setdefault(step, {}).update(values)
    names = {name for values in merged.values() for name in values}
    return {step: {name: merged[step].get(name) for name in names} for step in sorted(merged)}


def same(one, other) -> bool:
    """Equal with its kind: NaN is NaN, True is not 1, 1 may come back as 1.0 from a column that holds floats."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    return one == other


@PATIENT
@given(points=_points)
def test_a_logged_value_is_the_same_in_file_frame_and_rows(points):
    with TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        run_id = logged(root, points)
        events = expected_events(points)
        lines = [json.loads(line) for line in _lines(root)]
        assert [line["data"]["global_step"] for line in lines] == [step for step, _ in events]
        with Workspace(root) as hall:
            assert hall.wait_complete(30)
            frame = hall.frame_columns(run_id)
            rows = hall.metric_rows(run_id)
            record = hall.run(run_id)
        wanted = expected_frame(events)
        assert frame["step"] == list(wanted)
        assert [row["global_step"] for row in rows.rows] == list(wanted)
        for at, (step, values) in enumerate(wanted.items()):
            for name, value in values.items():
                assert same(frame[name][at], value), (step, name, value, frame[name][at])
                shown = None if isinstance(value, float) and not math.isfinite(value) else value
                assert same(rows.rows[at][name], shown), (step, name, value, rows.rows[at][name])
        assert record.last_step == (max(wanted) if wanted else None)


@PATIENT
@given(points=_points)
def test_curves_and_summaries_hold_just_the_numbers_that_were_logged(points):
    with TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        run_id = logged(root, points)
        events = expected_events(points)
        with Workspace(root) as hall:
            assert hall.wait_complete(30)
            curves = {curve.metric: curve for curve in hall.curves([run_id], width=1000)}
            record = hall.run(run_id)
        numbers: dict[str, list[tuple[int, float]]] = {}
        for step, values in events:
            for name, value in values.items():
                small = isinstance(value, float) or (isinstance(value, int) and abs(value) <= 2**53)
                if small and not isinstance(value, bool):
                    numbers.setdefault(name, []).append((step, float(value)))
        assert set(curves) == set(numbers) == set(record.metrics)
        for name, logged_points in numbers.items():
            last = dict(logged_points)
            assert list(curves[name].x) == sorted(last)
            assert all(same(y, last[x]) for x, y in zip(curves[name].x, curves[name].y, strict=True))
            finite = [value for _, value in logged_points if math.isfinite(value)]
            summary = record.metrics[name]
            assert summary.count == len(logged_points)
            assert summary.min == (min(finite) if finite else None)
            assert summary.max == (max(finite) if finite else None)
            assert summary.last == (finite[-1] if finite else None)


@PATIENT
@given(
    runs=st.lists(
        st.fixed_dictionaries({
            "lr": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text("ab", max_size=2),
            "acc": st.lists(st.floats(-1, 1), max_size=3),
        }),
        min_size=1,
        max_size=6,
    ),
    bound=st.floats(-1, 1),
)  # fmt: skip
def test_list_detail_query_and_frame_agree(runs, bound):
    with TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        ids = {}
        for values in runs:
            run = tracking.init(project="p", name="n", storage=root, config={"lr": values["lr"]})
            for acc in values["acc"]:
                run.log(acc=acc)
            run.finish()
            ids[run.id] = values
        with Workspace(root) as hall:
            assert hall.wait_complete(30)
            page = hall.runs()
            assert {run.id for run in page.runs} == set(ids)
            assert all(hall.run(run.id) == run for run in page.runs)
            best = {one for one, values in ids.items() if values["acc"] and max(values["acc"]) > bound}
            found = hall.runs(RunFilter(query=f"acc.max > {bound!r}"))
            assert {run.id for run in found.runs} == best
            assert best == {
                one for one in ids if any(value > bound for value in hall.frame_columns(one).get("acc", []))
            }
            low = {one for one, values in ids.items() if isinstance(values["lr"], float) and values["lr"] <= bound}
            assert {run.id for run in hall.runs(RunFilter(query=f"config.lr <= {bound!r}")).runs} == low


def _lines(root: Path) -> list[str]:
    (events,) = root.glob("p/n/runs/*/events.jsonl") if any(root.glob("p/n/runs/*/events.jsonl")) else (None,)
    return events.read_text(encoding="utf-8").split("\n")[:-1] if events else []


@pytest.fixture(autouse=True)
def _no_run_is_left():
    yield
    tracking.ending.endings.end_active()
