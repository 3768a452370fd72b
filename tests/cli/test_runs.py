"""`runicorn runs`, as typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from rundirs import append, write_run

from runicorn_jupyter.cli import main


@pytest.fixture
def root(tmp_path, monkeypatch):
    for n, name in enumerate(("mlp", "cnn", "vit")):
        run_dir = write_run(tmp_path, f"run-{n}", project="demo" if n else "other", name=name, tags=[f"tag{n}"])
        append(run_dir, {"acc": 0.9 + n / 100, "global_step": n})
        (run_dir / "assets.json").write_text(json.dumps({"config": {"args": {"lr": 10.0**-n}}}))
    monkeypatch.setenv("RUNICORN_DIR", str(tmp_path))
    return tmp_path


def ids(capsys) -> list[str]:
    lines = capsys.readouterr().out.splitlines()
    return [line.split()[0] for line in lines if line.startswith("run-")]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], {"run-0", "run-1", "run-2"}),
        (["lr < 0.5"], {"run-1", "run-2"}),
        (["lr < 0.5 and acc.max > 0.915"], {"run-2"}),
        (["lr < 5", "--project", "demo"], {"run-1", "run-2"}),
        (["vit"], {"run-2"}),
        (["tag1"], {"run-1"}),
        (["lr > 100"], set()),
    ],
)
def test_the_runs_of_a_query_or_of_words(root, capsys, arguments, found):
    assert main(["runs", *arguments]) == 0
    assert set(ids(capsys)) == found


def test_order_and_limit(root, capsys):
    assert main(["runs", "--sort", "lr"]) == 0
    assert ids(capsys) == ["run-2", "run-1", "run-0"]
    assert main(["runs", "--sort", "acc.max", "--desc", "--limit", "2"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()] == ["ID", "run-2", "run-1", "2"]
    assert out.endswith("2 of 3 runs\n")


def test_json_has_everything(root, capsys):
    assert main(["runs", "lr == 1", "--json"]) == 0
    [item] = json.loads(capsys.readouterr().out)
    assert (item["id"], item["config"], item["metrics"]["acc"]["max"]) == ("run-0", {"lr": 1.0}, 0.9)


def test_a_mistake_is_marked_with_carets(root, capsys):
    assert main(["runs", "lr =< 0.1"]) == 2
    said = capsys.readouterr()
    assert said.err == "lr =< 0.1\n   ^^\nrunicorn: Write <= instead of =<.\n"
    assert said.out == ""


def test_a_key_to_sort_by_that_is_none(root, capsys):
    assert main(["runs", "--sort", "a b"]) == 2
    assert "cannot be sorted by 'a b'" in capsys.readouterr().err


def test_a_root_that_is_not_there(tmp_path, capsys):
    assert main(["runs", "--storage", str(tmp_path / "nowhere")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_names_cannot_colour_the_terminal(root, capsys):
    write_run(root, "run-9", name="\x1b[31mred", project="demo")
    assert main(["runs", "red"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_closed_pipe_is_no_error(root):
    command = f"{sys.executable} -m runicorn_jupyter runs | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], check=False, capture_output=True, text=True, env=os.environ)
    assert (done.returncode, done.stderr) == (0, "")
