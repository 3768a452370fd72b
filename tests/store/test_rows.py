"""The documented row form (contract R7, R8, D10, D11)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runicorn_jupyter.store.rows import every_point, metric_rows
from runicorn_jupyter.store.series.growing import GrowingRun


def table_of(*data, start=1000.0):
    run = GrowingRun()
    run.extend([{"ts": start + at, "type": "metrics", "data": values} for at, values in enumerate(data)])
    return run.table


def rows_of(table, *, relative_time=False, downsample=None, metrics=None):
    return metric_rows(table, relative_time=relative_time, downsample=downsample, metrics=metrics)


def test_every_row_holds_every_column_and_kinds_stay():
    table = table_of(
        {"loss": 0.5, "epochs_left": 3, "global_step": 1, "stage": "warmup"},
        {"loss": float("nan"), "global_step": 2, "note": "über", "ok": True, "big": 2**60},
    )
    rows = rows_of(table)
    assert rows.columns == ("global_step", "big", "epochs_left", "loss", "note", "ok", "stage", "time")
    first, second = rows.rows
    assert first == {
        "global_step": 1,
        "big": None,
        "epochs_left": 3,
        "loss": 0.5,
        "note": None,
        "ok": None,
        "stage": "warmup",
        "time": 1000.0,
    }
    assert isinstance(first["epochs_left"], int)
    assert (second["loss"], second["note"], second["ok"], second["big"]) == (None, "über", True, 2**60)
    assert (rows.total, rows.last_step) == (2, 2)


@pytest.mark.parametrize("odd", [2**53 + 1, -(2**53) - 1, 2**63, True, "text"])
def test_a_value_that_a_float_cannot_hold_stays_what_it_is_among_floats(odd):
    rows = rows_of(table_of({"a": 1.5, "global_step": 1}, {"a": odd, "global_step": 2}, {"a": 2, "global_step": 3}))
    assert [(row["a"], type(row["a"])) for row in rows.rows] == [(1.5, float), (odd, type(odd)), (2.0, float)]


def test_events_of_one_step_merge_and_the_last_wins():
    rows = rows_of(table_of({"a": 1.5, "global_step": 1}, {"b": 2.5, "global_step": 1}, {"a": 9.5, "global_step": 1}))
    assert rows.rows == ({"global_step": 1, "a": 9.5, "b": 2.5, "time": 1002.0},)


def test_relative_time_stands_first_and_begins_at_zero():
    rows = rows_of(table_of({"a": 1.0, "global_step": 5}, {"a": 2.0, "global_step": 6}), relative_time=True)
    assert rows.columns == ("time", "global_step", "a")
    assert [row["time"] for row in rows.rows] == [0.0, 1.0]


def test_steps_out_of_order_missing_or_absurd_have_a_defined_order():
    """I06: no step breaks the answer; one without a usable step follows the event before it."""
    rows = rows_of(
        table_of(
            {"a": 1.0, "global_step": 7},
            {"a": 2.0},
            {"a": 3.0, "global_step": -4},
            {"a": 4.0, "global_step": 2**63},
            {"a": 5.0, "global_step": "x", "step": 3},
            {"a": 6.0, "global_step": 9.0},
        )
    )
    assert [(row["global_step"], row["a"]) for row in rows.rows] == [
        (-4, 3.0),
        (-3, 4.0),
        (3, 5.0),
        (7, 1.0),
        (8, 2.0),
        (9, 6.0),
    ]


def test_an_empty_run_has_no_columns():
    rows = rows_of(table_of())
    assert (rows.columns, rows.rows, rows.total, rows.last_step) == ((), (), 0, None)


def test_only_the_metrics_asked_for_are_given():
    rows = rows_of(table_of({"a": 1.0, "b": 2.0, "global_step": 1}), metrics=["b", "unknown"])
    assert rows.columns == ("global_step", "b", "time")


finite = st.floats(-1e6, 1e6)


@settings(max_examples=30)
@given(st.lists(st.tuples(finite, finite), min_size=150, max_size=400), st.integers(100, 140))
def test_downsampling_keeps_ends_and_every_metrics_extremes(points, budget):
    """D11: as many rows as asked for, with first, last and each metric's own minimum and maximum among them."""
    table = table_of(*({"a": a, "b": b, "global_step": step} for step, (a, b) in enumerate(points)))
    rows = rows_of(table, downsample=budget)
    assert len(rows.rows) == budget
    assert rows.total == len(points)
    assert rows.clipped == ()
    assert rows.rows[0]["global_step"] == 0
    assert rows.rows[-1]["global_step"] == len(points) - 1
    for at, name in enumerate("ab"):
        kept = [row[name] for row in rows.rows]
        assert min(kept) == min(point[at] for point in points)
        assert max(kept) == max(point[at] for point in points)


def test_metrics_that_find_no_room_are_named():
    data = [{f"m{at}": math.sin(step * (at + 1)) for at in range(80)} for step in range(300)]
    rows = rows_of(table_of(*({**values, "global_step": step} for step, values in enumerate(data))), downsample=100)
    assert len(rows.rows) == 100
    assert rows.clipped
    for name in set(rows.columns) - set(rows.clipped) - {"global_step", "time"}:
        assert max(row[name] for row in rows.rows) == max(values[name] for values in data)


def test_every_point_keeps_values_that_are_not_finite():
    columns = every_point(table_of({"a": float("inf"), "global_step": 1}, {"b": 2, "global_step": 2}))
    assert columns == {"step": [1, 2], "time": [0.0, 1.0], "a": [float("inf"), None], "b": [None, 2]}


def test_a_gap_of_a_mixed_metric_is_none_and_its_nan_stays_nan():
    table = table_of({"a": math.nan, "global_step": 1}, {"b": 1, "global_step": 2}, {"a": "text", "global_step": 3})
    assert repr(every_point(table)["a"]) == "[nan, None, 'text']"


def test_raw_gives_every_event_in_the_order_of_the_file():
    """D31: repeated steps and overwritten values are all there."""
    table = table_of({"a": 1, "global_step": 5}, {"a": 2, "global_step": 5}, {"b": "x", "global_step": 3})
    assert every_point(table, raw=True) == {
        "step": [5, 5, 3],
        "time": [0.0, 1.0, 2.0],
        "a": [1, 2, None],
        "b": [None, None, "x"],
    }
    assert every_point(table) == {"step": [3, 5], "time": [2.0, 1.0], "a": [None, 2], "b": ["x", None]}


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abc"), st.floats() | st.text(max_size=2)), max_size=60))
def test_frames_and_rows_agree_with_plain_python(logged):
    """Of several values of a step the last one stands, whatever the order; a frame keeps NaN, a row says null."""
    table = table_of(*({name: value, "global_step": step} for step, name, value in logged))
    expected = {}
    for step, name, value in logged:
        expected.setdefault(step, {})[name] = value
    columns = every_point(table)
    steps = sorted({step for step, *_ in logged})
    assert columns["step"] == steps
    for name in {name for _, name, _ in logged}:
        wanted = [expected.get(step, {}).get(name) for step in steps]
        assert repr(columns[name]) == repr(wanted)
        told = [row[name] for row in rows_of(table).rows]
        assert told == [
            value if isinstance(value, str) or (value is not None and math.isfinite(value)) else None
            for value in wanted
        ]


@pytest.mark.parametrize("downsample", [100, 50_000])
def test_a_short_run_is_given_whole(downsample):
    rows = rows_of(table_of(*({"a": 1.0, "global_step": step} for step in range(100))), downsample=downsample)
    assert len(rows.rows) == 100
