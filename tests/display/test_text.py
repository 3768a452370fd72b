"""Words: short, aligned, never an error."""

from __future__ import annotations

import math

import pytest
from sweeps import record, summary, sweep

from runicorn_jupyter.display import text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (0.123456, "0.1235"),
        (1e-7, "1e-07"),
        (3, "3"),
        (2**70, "1.181e+21"),
        (True, "True"),
        (math.nan, "nan"),
        (-math.inf, "-∞"),
        ("a\nb", "a b"),
        ("x" * 50, "x" * 39 + "…"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_number(value, said):
    assert text.number(value) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (0.44, "0.4 s"),
        (12, "12 s"),
        (185, "3 min 05 s"),
        (7800, "2 h 10 min"),
        (4 * 86400 + 3 * 3600, "4 d 3 h"),
        (-5, "–"),
        (math.nan, "–"),
    ],
)
def test_duration(seconds, said):
    assert text.duration(seconds) == said


@pytest.mark.parametrize("seconds", [None, 1e300, -1e18, math.nan])
def test_a_broken_time_is_a_dash(seconds):
    assert text.moment(seconds) == "–"


def test_list_is_aligned_and_shows_what_varies():
    records, _ = sweep(4, 10, ["loss"])
    lines = text.runs_text(records).splitlines()
    assert len(lines) == 5
    assert lines[0].split() == ["run", "project", "name", "state", "duration", "lr", "seed", "loss"]
    assert {line.index("digits") for line in lines[1:]} == {lines[0].index("project")}


def test_list_is_cut_and_says_so():
    records, _ = sweep(40, 3)
    lines = text.runs_text(records, total=900).splitlines()
    assert lines[-1] == "… and 870 more"
    assert text.runs_text([]) == "no runs"


def test_a_run_in_words():
    said = text.run_text(record(config={"lr": 0.1}, metrics={"acc": summary([0.5, 0.75])}, alias="best"))
    assert said.splitlines()[0] == "digits / mlp (best)  20261120_120000_abcdef  finished  1 min 05 s"
    assert "config: lr=0.1" in said
    assert "acc  last 0.75  min 0.5  max 0.75  (2 points)" in said


def test_best_metrics_lead():
    runs = [
        record("a", metrics={"loss": summary([1.0]), "acc": summary([1.0])}, best_metric_name="acc"),
        record("b", metrics={"loss": summary([1.0]), "aaa": summary([1.0])}),
    ]
    assert text.leading_metrics(runs, 3) == ["acc", "loss", "aaa"]
