"""Frames hold exactly what was logged, under names one can type."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweeps import record, summary

from runicorn_jupyter.display.frames import metrics_frame, runs_frame


def test_one_row_a_run_with_bare_names():
    runs = [
        record(
            "a", config={"lr": 0.1, "model": {"depth": 3}}, summary={"score": 1}, metrics={"acc": summary([0.5, 0.9])}
        ),
        record(
            "b",
            config={"lr": 0.001},
            metrics={"acc": summary([0.7])},
            state="running",
            ended_at=None,
            updated_at=1.79e9,
        ),
    ]
    frame = runs_frame(runs)
    assert list(frame[frame.lr < 0.01].index) == ["b"]
    assert frame.index.name == "run"
    assert list(frame.acc) == [0.9, 0.7]
    assert frame.loc["a", "model.depth"] == 3
    assert frame.loc["a", "score"] == 1
    assert frame.loc["a", "duration"] == 65.0
    assert frame.loc["b", "duration"] == 0.0
    assert frame.loc["a", "created"] == pd.Timestamp(1_790_000_000, unit="s", tz="UTC")


def test_a_clash_gives_the_later_one_its_prefix():
    run = record(
        "a",
        config={"name": "inner", "acc": 1},
        summary={"acc": 2, "best_metric_value": 5.0},
        metrics={"acc": summary([3.0]), "status": summary([4.0])},
    )
    row = runs_frame([run]).loc["a"]
    assert (row["name"], row["config.name"]) == ("mlp", "inner")
    assert (row["acc"], row["summary.acc"], row["metric.acc"]) == (1, 2, 3.0)
    assert (row["status"], row["metric.status"]) == ("finished", 4.0)
    assert row["best_metric_value"] is None


def test_no_runs_is_an_empty_frame():
    frame = runs_frame([])
    assert len(frame) == 0
    assert frame.index.name == "run"
    assert len(frame[frame.state == "finished"]) == 0


@given(st.lists(st.floats() | st.none(), max_size=30))
def test_values_are_exact(values):
    steps = list(range(1, len(values) + 1))
    frame = metrics_frame({"step": steps, "time": [float(step) for step in steps], "loss": values})
    assert list(frame.index) == steps
    for got, wanted in zip(frame.loss.tolist(), values, strict=True):
        assert math.isnan(got) if wanted is None or math.isnan(wanted) else got == wanted
    assert str(frame.loss.dtype) == "float64"


@pytest.mark.parametrize("odd", [2**60 + 1, "text"])
def test_what_float64_cannot_hold_stays_an_object(odd):
    frame = metrics_frame({"step": [1, 2], "time": [0.0, 0.5], "m": [1.0, odd], "loss": [1, 2]})
    assert frame.m.tolist() == [1.0, odd]
    assert frame.attrs["object_columns"] == ["m"]
    assert frame.loss.tolist() == [1.0, 2.0]
    assert list(frame.time) == [0.0, 0.5]


def test_no_points_is_an_empty_frame():
    frame = metrics_frame({"step": [], "time": []})
    assert len(frame) == 0
    assert frame.index.name == "step"
