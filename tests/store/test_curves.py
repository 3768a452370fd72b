"""Curves of event tables: the same, and right, whichever way the points came in."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from itertools import pairwise

import pytest
from eventfiles import Routes, lines, runs, short_stretches, table_of
from hypothesis import given, settings
from hypothesis import strategies as st

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.store.curves import check_axis, curves_of, stages_of
from runicorn_jupyter.store.series.batch import columnise
from runicorn_jupyter.store.series.envelope import bucket_length

NO_WINDOW = (None, None)
edges = st.none() | st.floats(-10, 700)
windows = st.tuples(edges, edges)


def plain_points(events, metric, axis):
    """Return the points of a metric along an axis, worked out as slowly and plainly as can be."""
    times = [event.get("ts", math.nan) for event in events]
    start = min((time for time in times if not math.isnan(time)), default=0.0)
    points, last = [], 0
    for event, time in zip(events, times, strict=True):
        last = event["data"].get("global_step", last + 1)
        value = event["data"].get(metric)
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) == 2**60:
            continue
        x = {"step": last, "time": round(time - start, 6), "wall": time}[axis]
        if not math.isnan(x):
            points.append((x, float(value)))
    points.sort(key=lambda point: point[0])
    followed = [*(x for x, _ in points[1:]), *([None] if points else [])]
    return [point for point, x in zip(points, followed, strict=True) if axis != "step" or point[0] != x]


def plain_curve(points, window, width):
    """Return the drawn points and how many there are, bucket by bucket."""
    x0, x1 = window
    start = max(
        next((at for at, (x, _) in enumerate(points) if x0 is None or x >= x0), len(points)) - (x0 is not None), 0
    )
    stop = min(
        next((at for at, (x, _) in enumerate(points) if x1 is not None and x > x1), len(points)) + 1, len(points)
    )
    stop = max(start, stop)
    count, width = stop - start, max(width, 2)
    if count <= 2 * width:
        return points[start:stop], count
    length = bucket_length(count, width - 1)
    buckets = {}
    for at in range(start, stop):
        buckets.setdefault(at // length if width > 2 else 0, []).append(at)
    chosen = {start, stop - 1}
    for members in buckets.values():
        finite = [at for at in members if math.isfinite(points[at][1])]
        chosen.add(min(finite, key=lambda at: points[at][1], default=members[0]))
        chosen.add(max(finite, key=lambda at: points[at][1], default=members[0]))
    assert len(chosen) <= 2 * width
    return [points[at] for at in sorted(chosen)], count


def drawn(table, metric, axis, window, width):
    found = curves_of(table, "run", [metric], axis, window, width)
    if not found:
        return None
    [curve] = found
    return repr(list(zip(curve.x, curve.y, strict=True))), curve.total, curve.exact


@settings(max_examples=80, deadline=None)
@given(
    runs(),
    st.lists(st.integers(0, 500), max_size=4),
    st.sampled_from(["step", "time", "wall"]),
    windows,
    st.integers(1, 80),
)
def test_every_route_draws_what_plain_python_draws(tmp_path_factory, events, cuts, axis, window, width):
    """Followed in pieces, restarted from the cache, read anew: any window, width, order, gaps and repeats."""
    whole = lines(events)
    bounds = sorted({0, len(whole), *(len(lines(events[:cut])) for cut in cuts)})
    with short_stretches():
        routes = Routes(tmp_path_factory.mktemp("run"))
        for start, stop in pairwise(bounds):
            drawn(routes.grow(whole[start:stop]), "a", axis, NO_WINDOW, width)  # what it sorts now is built upon later
        if axis == "wall" and window != NO_WINDOW:
            window = tuple(None if edge is None else 1000.0 + edge for edge in window)
        for metric in ("a", "b"):
            points = plain_points(events, metric, axis)
            expected = plain_curve(points, window, width)
            for route, table in {**routes.tables(), "memory": table_of(events)}.items():
                found = drawn(table, metric, axis, window, width)
                if found is None:
                    assert not points, route
                    continue
                told, total, exact = found
                assert told == repr([(float(x), y) for x, y in expected[0]]), (route, metric)
                assert (total, exact) == (expected[1], expected[1] <= 2 * max(width, 2)), (route, metric)


@settings(max_examples=60, deadline=None)
@given(runs(), st.sampled_from(["a", "b"]))
def test_every_route_sums_up_alike(tmp_path_factory, events, metric):
    with short_stretches():
        routes = Routes(tmp_path_factory.mktemp("run"))
        routes.grow(lines(events[: len(events) // 2]))
        routes.grow(lines(events[len(events) // 2 :]))
        values = [event["data"].get(metric) for event in events]
        numbers = [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool) and v != 2**60]
        finite = [number for number in numbers if math.isfinite(number)]
        for table in routes.tables().values():
            summary = table.summaries().get(metric)
            if not numbers:
                assert summary is None
                continue
            assert summary.count == len(numbers)
            known = (summary.first, summary.last, summary.min, summary.max)
            assert known == ((finite[0], finite[-1], min(finite), max(finite)) if finite else (None,) * 4)
            assert (
                summary.mean is None
                if not finite
                else math.isclose(summary.mean, math.fsum(finite) / len(finite), rel_tol=1e-9, abs_tol=1e-9)
            )


def events_of(*datas, start=1000.0):
    return [{"ts": start + at, "type": "metrics", "data": data} for at, data in enumerate(datas)]


def test_a_metric_as_axis_joins_by_step_and_sorts():
    table = table_of(
        events_of(
            {"lr": 0.3, "loss": 3.0, "global_step": 1},
            {"lr": 0.1, "global_step": 2},
            {"loss": 2.0, "global_step": 2},
            {"loss": 9.0, "global_step": 3},
            {"lr": 0.2, "loss": 1.0, "global_step": 4},
            {"lr": 0.2, "loss": 0.5, "global_step": 5},
        )
    )
    [curve] = curves_of(table, "run", ["loss"], "metric:lr", NO_WINDOW, 100)
    assert list(zip(curve.x, curve.y, strict=True)) == [(0.1, 2.0), (0.2, 1.0), (0.2, 0.5), (0.3, 3.0)]
    [curve] = curves_of(table, "run", ["loss"], "metric:lr", (0.2, 0.2), 100)
    assert curve.x == [0.1, 0.2, 0.2, 0.3]
    assert curves_of(table, "run", ["loss"], "metric:none", NO_WINDOW, 100) == []


@pytest.mark.parametrize("axis", ["mass", "metric:", "", "Step"])
def test_an_axis_that_is_none_is_named(axis):
    with pytest.raises(BadRequest, match="x must be one of"):
        check_axis(axis)


def test_stages_are_told_along_the_axis():
    table = table_of(
        events_of(
            {"a": 1, "global_step": 10, "stage": "warmup"},
            {"a": 1, "global_step": 20, "stage": "warmup"},
            {"a": 1, "global_step": 30},
            {"a": 1, "global_step": 40, "stage": "main"},
            {"a": 1, "global_step": 50, "stage": "warmup"},
        )
    )
    told = [(stage.stage, stage.x0, stage.x1) for stage in stages_of(table, "step")]
    assert told == [("warmup", 10, 20), ("main", 40, 40), ("warmup", 50, 50)]
    assert [(stage.x0, stage.x1) for stage in stages_of(table, "time")] == [(0.0, 1.0), (3.0, 3.0), (4.0, 4.0)]
    assert stages_of(table, "metric:a") == []
    assert stages_of(table_of(events_of({"a": 1})), "step") == []


@settings(max_examples=40, deadline=None)
@given(runs(200))
def test_every_route_tells_the_same_stages_and_texts(tmp_path_factory, events):
    with short_stretches():
        routes = Routes(tmp_path_factory.mktemp("run"))
        routes.grow(lines(events))
        told = []
        for table in routes.tables().values():
            texts = {name: list(zip(*table.objects(name), strict=True)) for name in table.texts}
            told.append((repr(stages_of(table, "step")), repr(texts), table.names))
        assert told[0] == told[1] == told[2]


def test_a_table_stays_as_it_is_while_its_run_grows_and_is_stored(tmp_path):
    """Points shown to one caller do not change under it when the next one reads on."""
    events = events_of(*({"a": float(step), "global_step": step} for step in range(600)))
    with short_stretches():
        routes = Routes(tmp_path)
        early = routes.grow(lines(events[:300]))
        before = drawn(early, "a", "step", NO_WINDOW, 20)
        routes.grow(lines(events[300:]))
        assert drawn(early, "a", "step", NO_WINDOW, 20) == before
        assert drawn(early, "a", "step", (0, 50), 100)[1] == 52
        [curve] = curves_of(early, "run", ["a"], "step", NO_WINDOW, 1000)
        assert curve.y == [float(step) for step in range(300)]
        assert len(early) == 300
        assert early.summaries()["a"].last == 299.0


def test_ranks_of_one_file_are_told_apart():
    events = [{"ts": 1.0, "type": "metrics", "rank": rank, "data": {"a": rank, "global_step": 1}} for rank in (0, 1, 2)]
    assert columnise(events, 0, rank=1).numbers["a"].values.tolist() == [1.0]
    assert columnise(events, 0, rank=1).ranks == {0, 1, 2}


def test_a_viewer_never_loads_what_it_does_not_need():
    """numpy.unique and its like import numpy.ma: 40 ms at the first curve, 4 MB for ever."""
    code = """
import sys
from eventfiles import table_of
from runicorn_jupyter.store.curves import curves_of
from runicorn_jupyter.store.rows import metric_rows
events = [{"type": "metrics", "data": {"a": step % 7, "global_step": step % 900}} for step in range(1000)]
for table in (table_of(events), table_of(events[:900])):
    for axis in ("step", "time", "metric:a"):
        assert curves_of(table, "run", None, axis, (5, 500), 20)
    metric_rows(table, relative_time=False, downsample=100, metrics=None)
print("numpy.ma" in sys.modules)
"""
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run([sys.executable, "-c", code], env={**os.environ, **path}, capture_output=True, check=True)
    assert told.stdout == b"False\n"
