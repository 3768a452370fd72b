"""Upstream, installed from PyPI: its viewers list the runs that we write, and whatever its SDK takes ours takes."""

from __future__ import annotations

import inspect
import json
import math
import subprocess
import time
from pathlib import Path

import pytest
from upstreams import upstream_python, upstream_viewer

import runicorn
from runicorn_jupyter.tracking import init
from runicorn_jupyter.tracking.ending import endings

POINTS = 300


@pytest.fixture(autouse=True)
def _no_run_is_left():
    yield
    endings.end_active()


@pytest.fixture(scope="module", params=["0.5.3", "0.7.2"])
def upstream(request, tmp_path_factory) -> tuple[str, Path]:
    """Return the version and its Python; the environment is kept in a cache folder and made once."""
    return request.param, upstream_python(request.param, tmp_path_factory)


@pytest.fixture
def written(tmp_path, monkeypatch) -> dict[str, Path]:
    """Write runs of every kind; return their directories by name."""
    root = tmp_path / "root"
    runs = {}
    for name, keywords in {
        "plain": {"project": "digits", "name": "mlp", "config": {"lr": 0.1}},
        "path": {"path": "vision/resnet", "alias": "x"},
        "deep": {"path": "a/b/c"},
        "chinese": {"project": "演示", "name": "实验"},
        "failed": {"project": "digits", "name": "bad"},
    }.items():
        run = init(storage=root, capture_env=True, **keywords)
        run.set_primary_metric("acc")
        for step in range(POINTS):
            run.log({"loss": math.nan if step == 7 else 1 / (step + 1), "acc": step / POINTS}, stage="train")
        run.log_text("hello")
        run.log_table("t", [{"a": 1}])
        run.finish("failed" if name == "failed" else "finished")
        runs[name] = run.run_dir
    return runs


def test_the_runs_are_listed_with_their_status_and_the_curves_are_the_same(upstream, written, tmp_path):
    version, python = upstream
    root = tmp_path / "root"
    home = tmp_path / "upstream-home"
    home.mkdir()
    # Below ROOT/runs everything is a run to upstream; what we keep of our own must not become one.
    assert not (root / "runs").exists()
    with upstream_viewer(python, root, home) as (ask, _):
        deadline = time.monotonic() + 60
        listed = {}
        while len(listed) < len(written):
            listed = {run["id"]: run for run in ask("runs")}
            assert time.monotonic() < deadline, f"{version} lists {len(listed)} of {len(written)} runs"
            time.sleep(0.3)
        assert set(listed) == {run_dir.name for run_dir in written.values()}
        for name, run_dir in written.items():
            found = listed[run_dir.name]
            assert found["status"] == ("failed" if name == "failed" else "finished")
            assert found["best_metric_value"] == pytest.approx((POINTS - 1) / POINTS)
            curve = ask(f"runs/{run_dir.name}/metrics_step")
            assert {"global_step", "loss", "acc", "stage"} <= set(curve["columns"])
            assert [row["global_step"] for row in curve["rows"]] == list(range(1, POINTS + 1))
            assert [row["acc"] for row in curve["rows"]] == [step / POINTS for step in range(POINTS)]
            assert [row["loss"] for row in curve["rows"]] == [
                None if step == 7 else 1 / (step + 1) for step in range(POINTS)
            ]
        if version == "0.5.3":
            assert {(run["project"], run["name"]) for run in listed.values()} == {
                run_dir.relative_to(root).parts[:2] for run_dir in written.values()
            }


SIGNATURES = """
import inspect, json
import runicorn as rn
def told(call):
    given = inspect.signature(call).parameters.values()
    return [[one.name, one.kind.name, None if one.default is one.empty else repr(one.default)] for one in given]
calls = {}
for name in rn.__all__:
    thing = getattr(rn, name)
    if not inspect.isclass(thing):
        calls.update({name: told(thing)} if callable(thing) else {})
        continue
    calls.update({name: told(thing)} if "__init__" in vars(thing) else {})
    for method, call in vars(thing).items():
        if not method.startswith("_") and (isinstance(call, property) or inspect.isfunction(call)):
            calls[f"{name}.{method}"] = "property" if isinstance(call, property) else told(call)
print(json.dumps(calls))
"""
ELSEWHERE = (
    "ExperimentManager",
    "ExperimentMetadata",
    "MetricsExporter",
    "EnvironmentCapture.capture_code_snapshot",
)
"""Done by other parts of ours: docs/sdk.md says which."""

INNER = {
    "append_event", "clear_output_watch_stop", "close_storage_backend", "get_output_watch_thread",
    "list_storage_assets", "read_status_data", "read_summary_data", "record_storage_asset", "request_output_watch_stop",
    "set_output_watch_thread", "should_stop_output_watch", "unlink_storage_asset", "update_assets_manifest",
    "write_status_data", "write_summary_data",
}  # fmt: skip
"""Methods of 0.7.2's Run by which its own parts speak with each other."""

DIFFERENT = {
    ("init", "project", "'default'"): "None, which is default too",
    ("init", "capture_env", "False"): "D32: True",
}


def test_every_call_that_upstream_takes_is_taken_by_us(upstream, tmp_path):
    _, python = upstream
    done = subprocess.run([python, "-c", SIGNATURES], cwd=tmp_path, capture_output=True, text=True, check=True)
    problems = []
    for name, theirs in json.loads(done.stdout).items():
        if name.startswith(ELSEWHERE) or name.removeprefix("Run.") in INNER:
            continue
        ours = runicorn
        for part in name.split("."):
            ours = getattr(ours, part, None)
        if ours is None:
            problems.append(f"{name} is missing")
        elif theirs != "property":
            # Run(...) takes what init takes.
            problems += disagreements(name, theirs, runicorn.init if name == "Run" else ours)
    assert problems == []


def disagreements(name: str, theirs: list, ours) -> list[str]:
    own = inspect.signature(ours).parameters
    kinds = {one.kind.name for one in own.values()}
    found = []
    for place, (word, kind, default) in enumerate(theirs):
        if kind.startswith("VAR"):
            found += [] if kind in kinds else [f"{name} takes no {kind}"]
        elif word not in own:
            found.append(f"{name} has no {word}")
        else:
            # Of init only the first may be given by place: after it 0.5.3 and 0.7.2 do not agree with each other.
            by_place = kind == "POSITIONAL_OR_KEYWORD" and name not in {"init", "Run"}
            if by_place and list(own).index(word) != place:
                found.append(f"{name} has {word} in another place")
            value = own[word].default
            if default not in {None, repr(value)} and ("init", word, default) not in DIFFERENT:
                found.append(f"{name}({word}={value!r}), not {default}")
    return found
