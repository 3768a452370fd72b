"""Our client before upstream's own viewers, installed from PyPI: what they know it reads, what they lack it says."""

from __future__ import annotations

import shutil

import pytest
from upstreams import upstream_python, upstream_viewer

from runicorn_jupyter.client import NotFoundError, RunicornClient, utils


@pytest.fixture(scope="module", params=["0.5.3", "0.7.2"])
def client(request, sample_roots, tmp_path_factory):
    folder = tmp_path_factory.mktemp("upstream")
    root = shutil.copytree(sample_roots / f"upstream-{request.param}", folder / "root", symlinks=True)
    (folder / "home").mkdir()
    python = upstream_python(request.param, tmp_path_factory)
    with upstream_viewer(python, root, folder / "home") as (_, url), RunicornClient(url) as client:
        yield client


def test_what_it_knows_is_read(client):
    runs = client.list_runs()
    assert len(runs) == 72
    assert client.list_projects()
    one = next(run["id"] for run in runs if run["status"] == "finished")
    assert client.get_run(one)["id"] == one
    assert len(utils.metrics_to_dataframe(client.get_metric_rows(one))) > 0
    assert client.health_check()["status"] == "ok"
    assert len(utils.experiments_to_dataframe(runs)) == 72


def test_what_it_lacks_is_said(client):
    for call in (client.list_experiments, lambda: client.get_metrics("x"), client.get_gpu_info):
        with pytest.raises(NotFoundError) as raised:
            call()
        assert "runicorn viewer" in str(raised.value)
    with pytest.raises(NotFoundError, match="Run not found"):
        client.get_run("nope")


def test_a_filter_that_it_would_pass_over_is_not_sent(client):
    for call in (
        lambda: client.list_runs("lr < 1"),
        lambda: client.list_runs(limit=3),
        lambda: next(client.iter_runs("a")),
    ):
        with pytest.raises(NotFoundError, match="cannot be asked"):
            call()
