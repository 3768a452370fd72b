"""`runicorn show`, as typed."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rundirs import append, write_run

from runicorn_jupyter.cli import main
from runicorn_jupyter.cli.show import spark


@pytest.fixture
def root(tmp_path, monkeypatch):
    for n in range(2):
        run_dir = write_run(tmp_path, f"2026010{n + 1}_120000_abcdef", points=50, created_at=1_790_000_000.0 + n)
        append(run_dir, {"acc": 0.9, "global_step": 51})
        (run_dir / "logs.txt").write_text("12:00:00 | \x1b[31mone\n12:00:01 | two\n")
        (run_dir / "assets.json").write_text(json.dumps({"config": {"args": {"lr": 0.1, "bad": math.nan}}}))
    monkeypatch.setenv("RUNICORN_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("word", ["20260102_120000_abcdef", "20260102", "latest"])
def test_a_run_with_its_curves_and_its_log(root, capsys, word):
    assert main(["show", word, "--log", "1"]) == 0
    out = capsys.readouterr().out
    assert "demo / first" in out
    assert "20260102_120000_abcdef" in out
    assert "lr=0.1" in out
    assert "loss  █" in out
    assert "steps 1 to 50" in out
    assert out.endswith("12:00:01 | two\n")
    assert "\x1b" not in out


def test_one_metric_without_log(root, capsys):
    assert main(["show", "latest", "--metric", "acc", "--log", "0"]) == 0
    out = capsys.readouterr().out
    assert "acc  " in out
    assert "█" not in out
    assert "two" not in out


def test_json_is_json(root, capsys):
    assert main(["show", "latest", "--json"]) == 0
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found["metrics"]["acc"]["last"] == 0.9


def test_of_very_many_curves_some_are_drawn(root, capsys):
    run_dir = write_run(root, "20260104_120000_abcdef", created_at=1.9e9)
    append(run_dir, {**{f"m{n:03}": n for n in range(100)}, "global_step": 1})
    assert main(["show", "latest"]) == 0
    out = capsys.readouterr().out
    assert "… 80 more: --metric NAME" in out
    assert "m020" not in out
    assert main(["show", "latest", "--metric", "m099"]) == 0
    assert "m099  ▅  steps 1 to 1" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_terminal_that_knows_ascii_only(root, words):
    write_run(root, "20260103_120000_abcdef", project="演示", points=9, created_at=1.8e9)
    command = [sys.executable, "-m", "runicorn_jupyter", "show", "latest", *words]
    done = subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    text = done.stdout.decode("ascii")
    assert json.loads(text)["project"] == "演示" if words else "?? / first" in text


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [(["nope"], 1, "there is no run 'nope'"), (["202601"], 2, "2 runs begin with"),
     (["latest", "--metric", "los"], 2, "did you mean loss?"), (["latest", "--log", "x"], 2, "whole number")],
)  # fmt: skip
def test_what_is_meant_is_asked_for(root, capsys, words, code, sentence):
    assert main(["show", *words]) == code
    assert sentence.lower() in capsys.readouterr().err.lower()


def test_no_runs_yet(tmp_path, capsys):
    assert main(["show", "latest", "--storage", str(tmp_path)]) == 1
    assert "no runs" in capsys.readouterr().err


def test_a_spike_is_seen_in_any_column():
    values = [0.5] * 4000
    values[1234] = 9.0
    assert spark(values).count("█") == 1


@given(st.lists(st.floats(), max_size=200), st.integers(1, 50))
@settings(max_examples=60)
def test_any_values_fit_the_width(values, width):
    line = spark(values, width)
    assert len(line) == min(len(values), width)
    assert set(line) <= set("▁▂▃▄▅▆▇█·")
