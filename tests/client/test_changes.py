"""What the client changes, on a viewer and a root of its own."""

from __future__ import annotations

import json
import tarfile
import zipfile

import pytest
from rundirs import write_run

from client.conftest import home, settled_viewer
from client.standin import sends, stand_in
from runicorn_jupyter.client import BadRequestError, ConnectionError, NotFoundError, RunicornClient  # noqa: A004

IDS = [f"run-{n}" for n in range(4)]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = tmp_path_factory.mktemp("place")
    for run_id in IDS:
        write_run(root / "root", run_id, points=5)
    return root


@pytest.fixture(scope="module")
def viewer(place):
    with settled_viewer(place / "root", env=home(place / "home")) as viewer:
        yield viewer


@pytest.fixture
def client(viewer):
    with RunicornClient(f"http://127.0.0.1:{viewer.port}") as client:
        yield client


def test_tags_notes_and_alias(client, place):
    before = {path: path.read_bytes() for path in (place / "root" / "demo").rglob("*.json")}
    client.edit_run("run-0", tags=["good", "演示"], notes="why", alias="a name")
    client.edit_run("run-0", notes="because")
    run = client.get_run("run-0")
    assert (run["tags"], run["notes"], run["alias"]) == (["good", "演示"], "because", "a name")
    assert [run["id"] for run in client.list_runs("'good' in tags")] == ["run-0"]
    assert {path: path.read_bytes() for path in before} == before
    with pytest.raises(BadRequestError, match="tags"):
        client.edit_run("run-0", tags=[""])
    with pytest.raises(NotFoundError):
        client.edit_run("nope", tags=["x"])


def test_runs_go_into_the_bin_and_come_back(client):
    assert client.delete_runs(["run-1", "nope"])["results"]["run-1"] == {"success": True}
    assert "run-1" not in {run["id"] for run in client.list_experiments()}
    assert client.restore_runs(["run-1"])["restored_count"] == 1
    assert "run-1" in {run["id"] for run in client.list_experiments()}


def test_whole_runs_as_an_archive(client, tmp_path):
    made = client.export_runs(["run-0", "run-2"], tmp_path / "runs.zip")
    assert made == tmp_path / "runs.zip"
    with zipfile.ZipFile(made) as archive:
        assert {name for name in archive.namelist() if name.endswith("events.jsonl")} == {
            f"demo/first/runs/{run_id}/events.jsonl" for run_id in ("run-0", "run-2")
        }
    with tarfile.open(client.export_runs(["run-0"], tmp_path / "runs.tar.gz")) as archive:
        assert any(name.endswith("run-0/events.jsonl") for name in archive.getnames())
    with pytest.raises(NotFoundError):
        client.export_runs(["nope"], tmp_path / "none.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs.tar.gz", "runs.zip"]


def test_an_archive_is_imported_after_a_look(client, tmp_path):
    made = client.export_runs(["run-3"], tmp_path / "runs.tar.gz")
    client.delete("/runs/run-3/permanent")
    looked = client.import_archive(made, preview=True)
    assert [run["id"] for run in looked["runs"]] == ["run-3"]
    with pytest.raises(NotFoundError):
        client.get_run("run-3")
    assert client.import_archive(made)["new_run_ids"] == ["run-3"]
    assert len(client.get_metrics("run-3")["metrics"]["loss"]) == 5
    assert client.import_archive(made)["skipped_run_ids"] == ["run-3"]
    (tmp_path / "no.zip").write_bytes(b"no archive")
    with pytest.raises(BadRequestError):
        client.import_archive(tmp_path / "no.zip")


def test_half_an_archive_is_not_kept(tmp_path):
    half = sends(body=b"PK" * 1000, kind="application/zip", claim=500)
    with stand_in(runs_export=half) as server, RunicornClient(server.url) as client:
        (tmp_path / "runs.zip").write_bytes(b"the one before")
        with pytest.raises(ConnectionError, match="cut short"):
            client.export_runs(["a"], tmp_path / "runs.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["runs.zip"]
    assert (tmp_path / "runs.zip").read_bytes() == b"the one before"


def test_a_file_with_the_longest_name_arrives(tmp_path):
    name = "w" * 255
    files = {"files": [{"path": name, "size": 3, "digest": None}]}
    answers = {"artifacts_m_v1_files": sends(files), f"artifacts_m_v1_files_{name}": sends(body=b"abc", kind="x/y")}
    with stand_in(**answers) as server, RunicornClient(server.url) as client:
        client.artifacts.download_artifact("m:v1", tmp_path)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(name, b"abc")]


def test_a_file_that_arrives_changed_is_not_kept(tmp_path):
    files = {"files": [{"path": "w.bin", "size": 3, "digest": "sha256:" + "0" * 64}]}
    answers = {"artifacts_m_v1_files": sends(files), "artifacts_m_v1_files_w.bin": sends(body=b"abc", kind="x/y")}
    with (
        stand_in(**answers) as server,
        RunicornClient(server.url) as client,
        pytest.raises(ConnectionError, match="arrived changed"),
    ):
        client.artifacts.download_artifact("m:v1", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_root_is_changed_and_what_outranks_it_is_told(client, place):
    """The viewer was started with --storage, which outranks what is saved."""
    answer = client.set_user_root_dir(str(place / "other"))
    assert answer["effective"] is False
    assert client.update_config({"user_root_dir": str(place / "third")})["user_root_dir"] == str(place / "third")
    assert client.get_config()["user_root_dir"] == str(place / "third")
    with pytest.raises(BadRequestError):
        client.set_user_root_dir("/etc/nope")


def test_what_was_sent_to_a_remote_machine():
    session = {"sessionId": "ab12cd34", "localPort": 8081, "remoteRoot": "~/runs", "status": "running", "url": "u"}
    sessions = [{"key": "u@h:22", "host": "h", "port": 22, "username": "u", "connected": True}]
    answers = {
        "remote_viewer_start": sends({"ok": True, "session": session}),
        "remote_sessions": sends({"sessions": sessions}),
        "remote_disconnect": sends({"ok": True}),
        "remote_connect": sends({"ok": True, "connection_id": "u@h:22"}),
        "remote_fs_list": sends({"path": "~", "items": [{"name": "x"}]}),
        "remote_fs_exists": sends({"exists": True}),
    }
    with stand_in(**answers) as server, RunicornClient(server.url) as client:
        assert client.remote.connect("h", username="u")["connection_id"] == "u@h:22"
        started = client.remote.start_viewer(connection_id="h", remote_root="~/runs")
        assert (started["local_port"], started["session_id"], started["remote_root"]) == (8081, "ab12cd34", "~/runs")
        assert json.loads(server.asked[-1].body) == {"connection_id": "h", "remote_root": "~/runs"}
        client.remote.disconnect("h")
        assert json.loads(server.asked[-1].body) == {"host": "h", "port": 22, "username": "u"}
        assert client.remote.list_remote_directory("h") == [{"name": "x"}]
        assert client.remote.check_remote_path("h", "~/x") is True
        with pytest.raises(NotFoundError, match="no connection"):
            client.remote.disconnect("elsewhere")
        client.remote.start_viewer("h")
        assert "remote_root" not in json.loads(server.asked[-1].body), "the host's own default"
