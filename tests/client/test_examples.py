"""What python_client_api shows, against a live viewer on its own port; only ids, names and paths are put in."""

from __future__ import annotations

from pathlib import Path

import pytest

from client import goldens
from runicorn import api
from runicorn.api import BadRequestError, ConnectionError, NotFoundError, RunicornClient, utils  # noqa: A004


@pytest.fixture
def url(shared_viewer) -> str:
    return f"http://127.0.0.1:{shared_viewer.port}"


@pytest.fixture
def run_id(sample_roots) -> str:
    """Return a run that logged loss and acc."""
    root = sample_roots / "upstream-0.5.3"
    return next(meta["id"] for meta in goldens.metas(root) if {"loss", "acc"} <= set(goldens.points(root, meta["id"])))


def test_the_first_steps(url):
    client = api.connect(url)
    experiments = client.list_experiments(project="vision")
    assert len(experiments) == 24
    for exp in experiments[:3]:
        assert exp["name"]
        assert list(client.get_metrics(exp["id"])["metrics"].keys())
    client.close()
    with api.connect(url) as client:
        assert client.list_experiments()


def test_the_class_and_its_properties(url):
    client = RunicornClient(base_url=f"{url}/", timeout=60, max_retries=5)
    assert (client.base_url, client.timeout) == (url, 60)
    assert client.session.get(f"{url}/api/health", timeout=10).json()["status"] == "ok"
    assert type(client.artifacts).__name__ == "ArtifactsAPI"
    assert type(client.remote).__name__ == "RemoteAPI"
    client.close()


def test_lists_details_and_metrics(client, run_id):
    assert len(client.list_experiments()) == 72
    assert len(client.list_experiments(status="running")) == 9
    page1, page2 = client.list_experiments(limit=10, offset=0), client.list_experiments(limit=10, offset=10)
    assert not {run["id"] for run in page1} & {run["id"] for run in page2}
    run = client.get_experiment(run_id)
    assert all(run[key] for key in ("project", "name", "status", "created_at"))
    metrics = client.get_metrics(run_id, metric_names=["loss", "acc"])
    for points in metrics["metrics"].values():
        values = [p["value"] for p in points]
        assert min(values) <= max(values)
    assert set(metrics["metrics"]) == {"loss", "acc"}


def test_configuration(client, shared_viewer):
    config = client.get_config()
    assert config["storage"]
    with pytest.raises(BadRequestError):
        client.update_config({"no such setting": 1})


def test_exports(client, run_id, tmp_path):
    for form in ("json", "csv"):
        (tmp_path / f"run.{form}").write_bytes(client.export_experiment(run_id, format=form))
        assert (tmp_path / f"run.{form}").stat().st_size > 100


def test_artifacts(client):
    assert len(client.artifacts.list_artifacts(type="dataset")) == 3
    artifact = client.artifacts.get_artifact("resnet50-model:v3")
    assert f"{artifact['name']} v{artifact['version']} {artifact['type']}" == "resnet50-model v3 model"
    assert artifact["size_bytes"] / 1024 / 1024 > 0
    for model in client.artifacts.list_artifacts(type="model"):
        versions = client.artifacts.list_versions(model["name"])
        latest = versions[0]
        assert (len(versions), latest["version"]) == (3, 3)
        assert latest["size_bytes"] > 0


def test_errors(url):
    with pytest.raises(ConnectionError):
        RunicornClient("http://localhost:9")
    with RunicornClient(url) as client, pytest.raises(NotFoundError):
        client.get_run("nonexistent_id")


def test_frames(client, run_id):
    frame = utils.experiments_to_dataframe(client.list_experiments())
    assert frame.groupby("project").size()["vision"] == 24
    described = utils.metrics_to_dataframe(client.get_metrics(run_id)).describe()
    assert described.loc["max", "loss"] >= described.loc["min", "loss"]


def test_the_best_of_a_project(client):
    best_run, best_acc = None, 0.0
    for exp in client.list_experiments(project="vision"):
        metrics = client.get_metrics(exp["id"])
        if "acc" in metrics["metrics"]:
            max_acc = max(p["value"] for p in metrics["metrics"]["acc"])
            if max_acc > best_acc:
                best_run, best_acc = exp, max_acc
    assert best_run is not None
    [by_query] = client.list_runs("project == 'vision'", order_by="acc.max", descending=True, limit=1)
    assert by_query["metrics"]["acc"]["max"] == best_acc


def test_many_exports(client, tmp_path):
    output_dir = Path(tmp_path / "exports")
    output_dir.mkdir()
    for exp in client.list_experiments(project="nlp", limit=10):
        (output_dir / f"{exp['name']}_{exp['id']}.json").write_bytes(client.export_experiment(exp["id"], format="json"))
    assert len(list(output_dir.iterdir())) == 10
