"""What the client reads is what the files say."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections import Counter

import pandas as pd
import pytest

import runicorn.api
from client import goldens
from runicorn_jupyter.client import BadRequestError, ConnectionError, NotFoundError, models, utils  # noqa: A004
from runicorn_jupyter.client.artifacts import _inside


@pytest.fixture(scope="module")
def root(sample_roots):
    return sample_roots / "upstream-0.5.3"


@pytest.fixture
def run_id(root) -> str:
    """Return a finished run with curves."""
    return next(meta["id"] for meta in goldens.metas(root) if goldens.status(root, meta["id"]) == "finished")


def test_every_run_is_listed_with_its_place_and_status(client, root):
    runs = client.list_experiments()
    assert {(run["id"], run["project"], run["name"], run["status"]) for run in runs} == {
        (meta["id"], meta["project"], meta["name"], goldens.status(root, meta["id"])) for meta in goldens.metas(root)
    }
    assert all(isinstance(run["summary"], dict) and isinstance(run["tags"], list) for run in runs)


def test_filters_and_pages(client, root):
    metas = goldens.metas(root)
    vision = [meta["id"] for meta in metas if meta["project"] == "vision"]
    assert {run["id"] for run in client.list_experiments(project="vision")} == set(vision)
    assert len(client.list_experiments(project="vision", name="vit-base")) == 12
    counted = Counter(goldens.status(root, meta["id"]) for meta in metas)
    assert {word: len(client.list_experiments(status=word)) for word in counted} == counted
    pages = [client.list_experiments(limit=10, offset=offset) for offset in range(0, 80, 10)]
    assert [len(page) for page in pages] == [10] * 7 + [2]
    assert len({run["id"] for page in pages for run in page}) == 72
    assert client.list_experiments(project="演示项目", limit=1)[0]["project"] == "演示项目"
    assert client.list_experiments(project="nope") == []


def test_long_lists_come_in_pages(client):
    assert [run["id"] for run in client.iter_runs(page=7)] == [run["id"] for run in client.list_runs()]
    assert len(list(client.iter_runs("acc.max > 0.5", page=5))) == len(client.list_runs("acc.max > 0.5"))


def test_a_run_in_full(client, root, run_id):
    run = client.get_experiment(run_id)
    assert run == client.get_run(run_id)
    meta = next(meta for meta in goldens.metas(root) if meta["id"] == run_id)
    assert (run["project"], run["name"], run["created_at"]) == (meta["project"], meta["name"], meta["created_at"])


def test_points_are_those_of_the_file(client, root, run_id):
    wanted = goldens.points(root, run_id)
    found = client.get_metrics(run_id)["metrics"]
    assert {name: {p["step"]: p["value"] for p in points} for name, points in found.items()} == wanted
    assert all(p["timestamp"] > 1.7e9 for points in found.values() for p in points)
    one = next(iter(wanted))
    assert set(client.get_metrics(run_id, [one, "nope"])["metrics"]) == {one}
    last = client.get_metrics(run_id, [one], limit=3)["metrics"][one]
    assert [p["step"] for p in last] == sorted(wanted[one])[-3:]
    assert client.get_metrics(run_id, ["a,b"])["metrics"] == {}


def test_rows_by_step_and_by_time(client, run_id):
    rows = client.get_metric_rows(run_id, downsample=100)
    assert rows["columns"][0] == "global_step"
    assert client.get_metric_rows(run_id, by_time=True)["columns"][0] == "time"


def test_what_is_not_there(client):
    for call in (client.get_run, client.get_metrics, client.export_csv, client.artifacts.list_versions):
        with pytest.raises(NotFoundError, match="nope"):
            call("nope")
    with pytest.raises(BadRequestError, match="downsample"):
        client.get_metric_rows(client.list_runs(limit=1)[0]["id"], downsample=7)
    with pytest.raises(NotFoundError):
        client.get_run("../../etc")


def test_frames_join_curves_of_unequal_length():
    metrics = {"metrics": {"a": [{"step": 1, "value": 1}, {"step": 3, "value": 2}], "b": [{"step": 2, "value": 0.5}]}}
    frame = utils.metrics_to_dataframe(metrics)
    assert list(frame.columns) == ["step", "a", "b"]
    assert list(frame["step"]) == [1, 2, 3]
    assert frame["a"].isna().tolist() == [False, True, False]
    assert frame["b"].tolist()[1] == 0.5
    assert list(utils.metrics_to_dataframe({"metrics": {}}).columns) == ["step"]
    big = utils.metrics_to_dataframe({"metrics": {"n": [{"step": 1, "value": 2**60 + 1}]}})
    assert big["n"][0] == 2**60 + 1


def test_frames_of_a_run_and_of_all(client, root, run_id):
    wanted = goldens.points(root, run_id)
    frame = utils.metrics_to_dataframe(client.get_metrics(run_id)).set_index("step")
    assert {name: frame[name].dropna().to_dict() for name in frame} == wanted
    rows = utils.metrics_to_dataframe(client.get_metric_rows(run_id))
    assert len(rows) == len(set().union(*wanted.values()))
    runs = utils.experiments_to_dataframe(client.list_experiments())
    assert runs.groupby("project").size().to_dict() == dict.fromkeys(client.list_projects(), 12) | {"vision": 24}
    assert isinstance(runs["created_at"].dtype, pd.DatetimeTZDtype)
    assert utils.experiments_to_dataframe([]).groupby("project").size().empty


def test_runs_are_compared_by_step(client, root):
    ids = [run["id"] for run in client.list_experiments(project="vision", name="resnet50", status="finished")][:3]
    frame = utils.compare_runs(client, ids, "loss").set_index("step")
    for run_id in ids:
        assert frame[run_id].dropna().to_dict() == goldens.points(root, run_id)["loss"]
    assert list(utils.compare_runs(client, ids, "nope").columns) == ["step"]


def test_a_csv_is_written_and_no_formula_in_it(client, run_id, tmp_path):
    path = utils.export_metrics_to_csv(client, run_id, tmp_path / "m.csv")
    assert next(iter(pd.read_csv(path))) == "step"

    class Fake:
        def get_metrics(self, *_: object) -> dict:
            return {"metrics": {"=cmd()": [{"step": 1, "value": 1.0}]}}

    utils.export_metrics_to_csv(Fake(), "x", tmp_path / "f.csv")
    assert (tmp_path / "f.csv").read_text() == "step,'=cmd()\n1,1.0\n"


def test_rows_become_objects(client, root, run_id):
    run = models.Experiment.from_dict(client.get_run(run_id))
    assert run.created_datetime.timestamp() == pytest.approx(run.created_at)
    name, points = next(iter(client.get_metrics(run_id)["metrics"].items()))
    series = models.MetricSeries.from_dict(name, points)
    assert (series.min_value(), series.max_value()) == (min(series.values), max(series.values))
    assert series.last_value() == series.points[-1].value
    assert len(series.steps) == len(points)
    artifact = models.Artifact.from_dict(client.artifacts.get_artifact("resnet50-model:v2"))
    assert artifact.id == "resnet50-model:v2"
    assert artifact.size_mb == artifact.size_bytes / 2**20
    assert models.RemoteSession.from_dict({"session_id": "x", "local_port": 8080}).local_url == "http://localhost:8080"


def test_artifacts_and_their_versions(client, root):
    listed = client.artifacts.list_artifacts()
    assert len(listed) == 6
    assert {row["type"] for row in client.artifacts.list_artifacts(type="model")} == {"model"}
    assert client.artifacts.list_artifacts(limit=2, offset=1) == listed[1:3]
    assert [row["version"] for row in client.artifacts.list_versions("resnet50-model")] == [3, 2, 1]
    for artifact_id in ("resnet50-model:v3", "resnet50-model:3", "resnet50-model:latest"):
        found = client.artifacts.get_artifact(artifact_id)
        assert (found["name"], found["version"], found["type"]) == ("resnet50-model", 3, "model")
    lineage = client.artifacts.get_artifact_lineage("resnet50-model:v2")
    assert lineage["root_artifact"] == "resnet50-model:v2"
    assert client.artifacts.get_stats()["total_artifacts"] == 6


def test_the_artifacts_of_a_run(client, root):
    [path] = sorted(root.glob("*/*/runs/*/artifacts_used.json"))[:1]
    [used] = json.loads(path.read_text())["artifacts"]
    found = client.artifacts.list_experiment_artifacts(path.parent.name, relation="used")
    assert [(row["name"], row["version"]) for row in found] == [(used["name"], used["version"])]
    assert len(client.artifacts.list_experiment_artifacts(path.parent.name)) >= 1


def test_an_artifact_is_downloaded_whole(client, root, tmp_path):
    assert client.artifacts.download_artifact("resnet50-model:latest", tmp_path / "model") == str(tmp_path / "model")
    saved = root / "artifacts" / "model" / "resnet50-model" / "v3" / "files"
    assert digests(tmp_path / "model") == digests(saved)


def digests(folder) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "", "a/../../b", "a\0b"])
def test_a_server_does_not_choose_where_we_write(path):
    with pytest.raises(ConnectionError, match="outside"):
        _inside(path)


@pytest.mark.parametrize("artifact_id", ["model", ":v1", "model:", ""])
def test_what_is_no_artifact_id(client, artifact_id):
    with pytest.raises(BadRequestError, match="my-model:v3"):
        client.artifacts.get_artifact(artifact_id)


def test_code_for_upstream_07_finds_its_names_and_rows(shared_viewer, run_id):
    import runicorn.client as client_of_07

    with client_of_07.connect(f"http://127.0.0.1:{shared_viewer.port}") as client:
        assert isinstance(client, client_of_07.RunicornClient)
        metrics = client.get_metrics(run_id, downsample=100)
        assert metrics["columns"][0] == "time"
        assert metrics["sampled"] == len(client_of_07.utils.metrics_to_dataframe(metrics)) <= 100
        info = client_of_07.RunInfo.from_dict(client.get_run(run_id))
        assert (info.id, info.status) == (run_id, "finished")


def test_the_documented_names_are_all_there():
    documented = """RunicornClient connect RunicornAPIError ConnectionError NotFoundError BadRequestError ServerError
    AuthenticationError HostKeyConfirmationRequiredError Experiment MetricPoint MetricSeries Artifact RemoteSession
    Project RunInfo PathInfo"""
    assert set(documented.split()) <= set(runicorn.api.__all__)
    assert runicorn.api.utils.compare_runs is utils.compare_runs
    assert runicorn.api.exceptions.NotFoundError is NotFoundError


def test_importing_the_client_is_light():
    """A training script may ask a viewer too; frames bring pandas when the first is made."""
    script = "import json, sys, runicorn.api; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"tornado", "pandas", "plotly", "asyncssh", "ipywidgets", "numpy", "jupyter_server", "anywidget"}
    assert not heavy & set(json.loads(answer.stdout))
