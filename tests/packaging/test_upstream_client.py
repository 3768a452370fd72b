"""Upstream 0.7.2's own client, installed from PyPI, lists and reads from our viewer."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from client.conftest import home, settled_viewer
from upstreams import upstream_python

from runicorn_jupyter.client import RunicornClient, utils

SCRIPT = """
import json, sys
import runicorn.client as client
from runicorn.client import NotFoundError, BadRequestError, RunInfo
with client.connect(sys.argv[1]) as c:
    runs = c.list_runs()
    one = next(run for run in runs if run["status"] == "finished")
    rows = c.get_metrics(one["id"])
    answer = {
        "runs": [run["id"] for run in runs],
        "one": one["id"],
        "info": RunInfo.from_dict(c.get_run(one["id"])).status,
        "columns": rows["columns"], "rows": rows["rows"],
        "thinned": c.get_metrics(one["id"], downsample=100)["sampled"],
        "storage": c.get_config()["storage"], "health": c.health_check()["status"],
        "status": sorted(c.check_status()), "gpu": c.get_gpu_info()["available"],
        "paths": sorted(c.list_paths()["paths"]), "below": len(c.list_runs_by_path("vision")),
        "stats": sorted(c.list_paths(include_stats=True)["stats"]["vision"]),
        "used": isinstance(c.get_storage_stats(), dict),
        "csv": len(c.export_csv(one["id"])), "report": c.export_report(one["id"], "html")[:1].decode(),
    }
    try:
        c.get_run("nope")
    except NotFoundError:
        answer["missing"] = True
    try:
        c.get_metrics(one["id"], downsample=7)
    except BadRequestError:
        answer["refused"] = True
print(json.dumps(answer))
"""


@pytest.fixture(scope="module")
def answer(sample_roots, tmp_path_factory) -> dict:
    """Return what upstream's client found, and what ours does."""
    python = upstream_python("0.7.2", tmp_path_factory)
    folder = tmp_path_factory.mktemp("upstream-client")
    with settled_viewer(sample_roots / "upstream-0.5.3", env=home(folder / "ours")) as viewer:
        url = f"http://127.0.0.1:{viewer.port}"
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        done = subprocess.run([python, "-c", SCRIPT, url], env=environment, cwd=folder, capture_output=True,
                              text=True, check=False, timeout=120)  # fmt: skip
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        with RunicornClient(url) as client:
            found["ours"] = [run["id"] for run in client.list_runs()]
            found["frame"] = utils.metrics_to_dataframe(client.get_metric_rows(found["one"], by_time=True))
    return found


def test_it_lists_what_ours_lists(answer):
    assert answer["runs"] == answer["ours"]
    assert len(answer["runs"]) == 72
    assert answer["below"] == 24
    assert {"vision", "vision/resnet50"} <= set(answer["paths"])
    assert {"total", "running", "finished", "failed"} <= set(answer["stats"])


def test_it_reads_the_same_points(answer):
    assert answer["info"] == "finished"
    assert answer["columns"] == list(answer["frame"].columns)
    assert len(answer["rows"]) == len(answer["frame"])
    assert answer["thinned"] <= 100


def test_it_asks_about_the_viewer_and_takes_exports(answer):
    assert answer["health"] == "ok"
    assert answer["storage"].endswith("upstream-0.5.3")
    assert answer["status"] == ["checked", "message", "updated"]
    assert answer["used"]
    assert answer["csv"] > 100
    assert answer["report"] == "<"


def test_its_exceptions_are_raised(answer):
    assert answer["missing"]
    assert answer["refused"]
