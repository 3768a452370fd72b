"""Calls that a page makes to the kernel where there is no server: they are answered as the server answers them."""

from __future__ import annotations

import base64

import pytest
from rundirs import append, write_run

import runicorn as rn
from runicorn_jupyter.widgets import artifactcalls, calls
from runicorn_jupyter.workspace import Workspace


@pytest.fixture
def root(tmp_path):
    for number, (lr, state) in enumerate([(0.1, "finished"), (0.1, "failed"), (0.01, "failed")]):
        run_dir = write_run(tmp_path / "root", f"run-{number}", status=state, tags=["base"] if number else [])
        append(run_dir, {"loss": lr, "global_step": 1})
        (run_dir / "logs.txt").write_text("one\ntwo\nneedle\nfour\n")
    return tmp_path / "root"


@pytest.fixture
def hall(root):
    with Workspace(root) as workspace:
        assert workspace.wait_complete(20)
        yield workspace


def ask(hall, address, method="GET", body=None):
    path, _, search = address.partition("?")
    query = [pair.split("=", 1) for pair in search.split("&") if pair]
    return calls.answer(hall, {"method": method, "path": path.split("/"), "query": query, "body": body})


def test_values_are_counted_under_a_condition(hall):
    answered = ask(hall, 'facets?keys=state&keys=tags&q="base" in tags')
    assert answered["status"] == 200
    states, tags = answered["body"]["facets"]
    assert (states["key"], states["values"]) == ("state", [{"value": "failed", "count": 2}])
    assert tags["values"] == [{"value": "base", "count": 2}]


def test_runs_go_to_the_bin_come_back_and_are_removed(hall):
    deleted = ask(hall, "runs/soft-delete", "POST", {"run_ids": ["run-0", "gone"]})["body"]
    assert deleted["deleted_count"] == 1
    assert deleted["results"]["gone"]["success"] is False
    [entry] = ask(hall, "recycle-bin")["body"]["deleted_runs"]
    assert entry["id"] == "run-0"
    assert ask(hall, "recycle-bin/restore", "POST", {"run_ids": ["run-0"]})["body"]["restored_count"] == 1
    ask(hall, "runs/soft-delete", "POST", {"run_ids": ["run-0"]})
    assert ask(hall, "recycle-bin/empty", "POST", {})["status"] == 400
    assert ask(hall, "recycle-bin/empty", "POST", {"confirm": True})["body"]["permanently_deleted"] == 1


def test_a_log_is_searched_and_read_around_a_hit(hall):
    found = ask(hall, "runs/run-1/logs/search?q=NEEDLE")["body"]
    [hit] = found["hits"]
    assert hit["text"] == "needle"
    assert ask(hall, "runs/run-1/logs/search?q=NEEDLE&case=true")["body"]["hits"] == ()
    page = ask(hall, f"runs/run-1/logs?at={hit['at']}&count=2&direction=forward")["body"]
    assert [line["text"] for line in page["lines"]] == ["needle", "four"]


def test_artifacts_are_described_and_their_files_sent(sample_roots):
    with Workspace(sample_roots / "upstream-0.5.3") as hall:
        assert hall.wait_complete(20)
        listed = ask(hall, "artifacts")["body"]
        name, kind = listed[0]["name"], listed[0]["type"]
        versions = ask(hall, f"artifacts/{name}/versions?type={kind}")["body"]
        detail = ask(hall, f"artifacts/{name}/v{versions[-1]['version']}?type={kind}")["body"]
        assert (detail["name"], detail["version"]) == (name, versions[-1]["version"])
        files = ask(hall, f"artifacts/{name}/v{detail['version']}/files?type={kind}")["body"]["files"]
        assert files
        sent = ask(hall, f"artifacts/{name}/v{detail['version']}/files/{files[0]['path']}?type={kind}")
        assert len(base64.b64decode(sent["base64"])) == files[0]["size"]
        graph = ask(hall, f"artifacts/{name}/v{detail['version']}/lineage?type={kind}")["body"]
        assert any(node["node_type"] == "run" for node in graph["nodes"])


@pytest.fixture
def digits(hall, tmp_path):
    """Two versions of one artifact, the first called clean, in the root of the hall."""
    file = tmp_path / "digits.csv"
    for version in (1, 2):
        file.write_text(f"rows,{version}\n")
        with rn.init(project="p", name="n", storage=str(hall.root), capture_env=False) as run:
            made = rn.Artifact("digits", type="dataset").add_file(file)
            run.log_artifact(made, aliases=["clean"] if version == 1 else None)
    return hall


def test_versions_are_promoted_called_and_verified(digits):
    moved = ask(digits, "artifacts/digits/v1/promote?type=dataset", "POST", {"to_stage": "staging", "notes": "well"})
    assert (moved["body"]["from_stage"], moved["body"]["to_stage"]) == ("experimental", "staging")
    detail = digits.artifacts.version("digits", 1)
    assert (detail.lifecycle_stage, detail.stage_transitions[-1]["notes"]) == ("staging", "well")
    aliases = "artifacts/digits/aliases"
    assert ask(digits, f"{aliases}/best", "PUT", {"version": 1})["status"] == 200
    assert ask(digits, f"{aliases}/clean", "PUT", {"version": 2})["body"]["aliases"]["clean"] == 2
    assert ask(digits, f"{aliases}/best", "DELETE")["body"]["aliases"] == {"clean": 2, "latest": 2}
    found = ask(digits, "artifacts/digits/v2/verify", "POST", {"fetch": False})["body"]
    assert (found["ok"], found["files"]) == (True, 1)


def test_versions_are_deleted_restored_and_removed(digits):
    assert ask(digits, "artifacts/digits/v2?permanent=false", "DELETE")["status"] == 200
    assert [row["deleted"] for row in ask(digits, "artifacts/digits/versions")["body"]] == [False, True]
    assert ask(digits, "artifacts/digits/v2/restore", "POST", {})["body"]["deleted"] is False
    assert ask(digits, "artifacts/digits/v2?permanent=true", "DELETE")["status"] == 200
    assert [row["version"] for row in ask(digits, "artifacts/digits/versions")["body"]] == [1]


@pytest.mark.parametrize(
    ("address", "method", "body", "sentence"),
    [
        ("v1/promote", "POST", {"to_stage": "moon"}, "one of experimental"),
        ("v1/promote", "POST", {"to_stage": "production"}, "Invalid transition"),
        ("v1/promote", "POST", {"to_stage": "staging", "notes": 3}, "notes a text"),
        ("aliases/latest", "PUT", {"version": 1}, "moves by itself"),
        ("aliases/best", "PUT", {"version": True}, "a whole number"),
        ("aliases/best", "PUT", {"version": 9}, "Version not found"),
        ("v9/verify", "POST", {}, "Version not found"),
    ],
)
def test_what_cannot_be_done_to_a_version_is_told(digits, address, method, body, sentence):
    answered = ask(digits, f"artifacts/digits/{address}", method, body)
    assert answered["status"] in {400, 404}
    assert sentence in answered["body"]["message"]


def test_a_version_too_large_to_hold_the_kernel_is_not_verified(digits, monkeypatch):
    monkeypatch.setattr(artifactcalls, "_MOST_VERIFIED", 3)
    answered = ask(digits, "artifacts/digits/v1/verify", "POST", {})
    assert (answered["status"], "in a cell" in answered["body"]["message"]) == (413, True)


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ({}, 400),
        ({"path": ["nothing"], "method": "GET"}, 404),
        ({"path": ["recycle-bin"], "method": "POST"}, 404),
        ({"path": ["runs", "soft-delete"], "method": "POST", "body": {"run_ids": "run-0"}}, 400),
        ({"path": ["runs", "no-such", "logs"], "method": "GET"}, 404),
        ({"path": ["runs", "run-0", "logs"], "method": "GET", "query": [["at", "x"]]}, 400),
        ({"path": ["artifacts", "none", "v1", "files", "..", "x"], "method": "GET"}, 404),
    ],
)
def test_what_cannot_be_served_is_told_in_a_sentence(hall, message, status):
    answered = calls.answer(hall, message)
    assert answered["status"] == status
    assert answered["body"]["message"]


def test_a_file_too_large_for_the_comm_is_refused(sample_roots, monkeypatch):
    monkeypatch.setattr(calls, "MOST_BYTES", 3)
    with Workspace(sample_roots / "upstream-0.5.3") as hall:
        assert hall.wait_complete(20)
        item = hall.artifacts.list()[0]
        file = hall.artifacts.files(item.name, 1, item.type).manifest.files[0]
        sent = ask(hall, f"artifacts/{item.name}/v1/files/{file.path}?type={item.type}")
        assert (sent["status"], "too large" in sent["body"]["message"]) == (400, True)
