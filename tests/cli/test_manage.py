"""`runicorn manage` and `runicorn delete`, as typed."""

from __future__ import annotations

import json
import time

import pytest
from rundirs import write_run

from runicorn_jupyter.cli import main


@pytest.fixture
def root(tmp_path, monkeypatch):
    for n in range(3):
        write_run(tmp_path, f"run-{n}", project="demo" if n else "other", name="mlp", tags=["kept"])
    running = write_run(tmp_path, "run-live", project="demo", name="mlp", status="running")
    (running / "heartbeat").write_text(json.dumps({"seq": 1, "wall": time.time(), "host": "elsewhere", "pid": 1}))
    monkeypatch.setenv("RUNICORN_DIR", str(tmp_path))
    return tmp_path


def said(capsys) -> object:
    return json.loads(capsys.readouterr().out)


def test_tags_are_added_found_and_taken_away(root, capsys):
    assert main(["manage", "--action", "tag", "--run-id", "run-1", "--run-id", "run-2", "--tags", "a, b"]) == 0
    assert capsys.readouterr().out == "run-1  tagged\nrun-2  tagged\n"
    assert main(["manage", "--action", "search", "--tags", "a,kept", "--json"]) == 0
    assert {run["id"]: run["tags"] for run in said(capsys)} == {name: ["kept", "a", "b"] for name in ("run-1", "run-2")}
    assert main(["manage", "--action", "tag", "--run-id", "run-1", "--tags", "a", "--remove"]) == 0
    capsys.readouterr()
    assert main(["runs", "'a' in tags"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("run-2")


def test_a_run_that_is_not_there_fails_alone(root, capsys):
    assert main(["manage", "--action", "tag", "--run-id", "run-1", "--run-id", "nope", "--tags", "a", "--json"]) == 1
    found = said(capsys)
    assert found["run-1"] == {"success": True, "error": None}
    assert found["nope"]["success"] is False


@pytest.mark.parametrize(
    ("words", "found"), [(["--text", "run-1"], 1), (["--project", "demo"], 3), (["--text", "project == 'other'"], 1)]
)
def test_search(root, capsys, words, found):
    assert main(["manage", "--action", "search", *words]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == ("1 run" if found == 1 else f"{found} runs")


def test_deleted_runs_wait_in_the_bin_and_come_back(root, capsys):
    assert main(["manage", "--action", "delete", "--run-id", "run-1", "--dry-run"]) == 0
    assert main(["manage", "--action", "recycle-bin"]) == 0
    assert capsys.readouterr().out.endswith("0 runs\n")
    assert main(["manage", "--action", "delete", "--run-id", "run-1"]) == 0
    assert (root / "demo" / "mlp" / "runs" / "run-1").is_dir()
    capsys.readouterr()
    assert main(["manage", "--action", "recycle-bin", "--json"]) == 0
    assert [entry["id"] for entry in said(capsys)] == ["run-1"]
    assert main(["manage", "--action", "restore", "--run-id", "run-1"]) == 0
    capsys.readouterr()
    assert main(["manage", "--action", "restore", "--run-id", "run-1"]) == 1


def test_cleanup_takes_what_is_old_and_never_what_runs(root, capsys):
    assert main(["manage", "--action", "cleanup", "--project", "demo", "--dry-run", "--json"]) == 0
    assert set(said(capsys)) == {"run-1", "run-2"}
    assert main(["manage", "--action", "cleanup", "--days", "100000"]) == 0
    assert capsys.readouterr().out == "0 runs\n"
    assert main(["manage", "--action", "cleanup"]) == 0
    capsys.readouterr()
    assert main(["manage", "--action", "search"]) == 0
    assert "run-live" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["tag"], ["tag", "--run-id", "run-1"], ["delete"], ["restore"], ["search", "--text", "lr =< 1"]]
)
def test_what_is_missing_is_named(root, capsys, words):
    assert main(["manage", "--action", *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("runicorn: ")
    assert error.count("\n") == 1


def test_delete_removes_for_good(root, capsys):
    assert main(["delete", "--run-id", "run-0", "--run-id", "nope", "--force", "--json"]) == 1
    found = said(capsys)
    assert found["results"] == {
        "run-0": {"success": True, "error": None},
        "nope": {"success": False, "error": "run not found"},
    }
    assert found["total_bytes_freed"] > 0
    assert not (root / "other" / "mlp" / "runs" / "run-0").exists()


def test_delete_shows_before(root, capsys):
    assert main(["delete", "--run-id", "run-0", "--dry-run"]) == 0
    assert "1 of 1 would be removed" in capsys.readouterr().out
    assert (root / "other" / "mlp" / "runs" / "run-0").is_dir()


def test_without_a_yes_nothing_is_removed(root, capsys, monkeypatch):
    assert main(["delete", "--run-id", "run-0"]) == 1  # pytest's standard input is no terminal
    assert "Nothing was removed" in capsys.readouterr().out
    monkeypatch.setattr("runicorn_jupyter.cli.deleting.confirm", lambda question: "run-0" in question)
    assert main(["delete", "--run-id", "run-0"]) == 0
    assert not (root / "other" / "mlp" / "runs" / "run-0").exists()


def test_a_running_run_is_not_removed(root, capsys):
    assert main(["delete", "--run-id", "run-live", "--force"]) == 1
    assert "run is running" in capsys.readouterr().out
    assert (root / "demo" / "mlp" / "runs" / "run-live").is_dir()


@pytest.mark.parametrize("words", [[], ["--run-id", "run-0", "--json"]])
def test_delete_without_what_it_needs(root, capsys, words):
    assert main(["delete", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1
