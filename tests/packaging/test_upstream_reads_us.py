"""Upstream's own viewers, installed from PyPI, list the runs that we write and serve the same curves."""

from __future__ import annotations

import contextlib
import json
import math
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from runicorn_jupyter.tracking import endings, init

POINTS = 300


@pytest.fixture(autouse=True)
def _no_run_is_left():
    yield
    endings.end_active()


@pytest.fixture(scope="module", params=["0.5.3", "0.7.2"])
def upstream(request, tmp_path_factory) -> tuple[str, Path]:
    """Return the version and its Python; the environment is kept in a cache folder and made once."""
    cache = Path(os.environ.get("RUNICORN_TEST_CACHE") or tmp_path_factory.getbasetemp().parent / "upstream")
    folder = cache / request.param
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", python, f"runicorn=={request.param}"]
        subprocess.run(install, check=True, timeout=170)
        (folder / "complete").touch()
    return request.param, python


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


@contextlib.contextmanager
def viewer(python: Path, root: Path, home: Path):
    """Start upstream's viewer on `root`; give a function that asks it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [python, "-m", "runicorn", "viewer", "--storage", root, "--port", str(port)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "RUNICORN_DIR": str(root)}

    def ask(path: str):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/{path}", timeout=60) as answer:
            return json.load(answer)

    # Not from the clone: `-m runicorn` would find our own package there.
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment, cwd=home, **quiet)
    try:
        deadline = time.monotonic() + 90
        while True:
            with contextlib.suppress(OSError):
                ask("health")
                break
            assert process.poll() is None, "the viewer ended"
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield ask
    finally:
        process.kill()
        process.wait(30)


def test_the_runs_are_listed_with_their_status_and_the_curves_are_the_same(upstream, written, tmp_path):
    version, python = upstream
    root = tmp_path / "root"
    home = tmp_path / "upstream-home"
    home.mkdir()
    # Below ROOT/runs everything is a run to upstream; what we keep of our own must not become one.
    assert not (root / "runs").exists()
    with viewer(python, root, home) as ask:
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
