"""``rn.show`` of an artifact: what its output holds, and what its page may ask the kernel."""

from __future__ import annotations

import json

import pytest

from runicorn_jupyter import tracking as rn
from runicorn_jupyter.display.bundle import WIDGET_MIME
from runicorn_jupyter.display.document import MIME
from runicorn_jupyter.errors import BadRequest, RunNotFound
from runicorn_jupyter.tracking.assets.artifact import Artifact
from runicorn_jupyter.widgets import show


@pytest.fixture
def saved(tmp_path, monkeypatch):
    root, work = tmp_path / "my-root", tmp_path / "private-home"
    work.mkdir()
    monkeypatch.setenv("RUNICORN_DIR", str(root))
    run = rn.init("digits", "prepare", storage=root, capture_env=False)
    for version in (1, 2):
        (work / "digits.csv").write_text("id,label\n" + "1,2\n" * version)
        made = Artifact("digits", "dataset", "Hand <b>written</b>", {"rows": version})
        made.add_file(work / "digits.csv").add_reference((work / "secret.parquet").as_uri(), size=5)
        made.add_reference("s3://bucket/train.parquet")
        run.log_artifact(made, aliases=["clean"] if version == 1 else None)
    run.finish()
    return made


def test_an_artifact_is_shown_with_its_files_and_versions(saved, comms):
    view = show(saved)
    assert view.kind == "artifact"
    data, _ = view._repr_mimebundle_()
    shown = data[MIME]["artifact"]
    assert (shown["name"], shown["type"], shown["version"]) == ("digits", "dataset", 2)
    assert [row["version"] for row in shown["versions"]] == [1, 2]
    assert [file["path"] for file in shown["files"]] == ["digits.csv"]
    assert [one["uri"] for one in shown["references"]] == ["secret.parquet", "s3://bucket/train.parquet"]
    assert "digits.csv" in data["text/plain"]
    assert "dataset / digits:v2" in data["text/html"]
    assert "<b>" not in data["text/html"]
    assert "private-home" not in json.dumps(data)
    assert list(view.frame().columns) == ["path", "size", "digest"]
    with pytest.raises(BadRequest, match="no curves"):
        view.figure()


def test_names_with_versions_and_aliases_mean_artifacts(saved, comms):
    assert show("digits:clean")._source.content().artifact.detail.version == 1
    assert show("digits:v2")._source.content().artifact.detail.version == 2
    with pytest.raises(RunNotFound):
        show("digits:v9")
    with pytest.raises(BadRequest, match="not saved yet"):
        show(Artifact("new", "model"), storage=saved.storage_root)


def test_its_page_may_ask_the_kernel_until_the_view_is_closed(saved, comms):
    view = show(saved)
    data, _ = view._bundle()
    assert data[MIME]["model_id"] == view.model_id
    view._final = True
    assert WIDGET_MIME not in view._bundle()[0]
    comms[-1].say({"type": "call", "id": 4, "method": "GET", "path": ["artifacts", "digits", "v1"], "query": []})
    [reply] = comms[-1].of("reply")
    assert (reply["id"], reply["status"], reply["body"]["metadata"]) == (4, 200, {"rows": 1})
    view.close()
    assert "model_id" not in view._bundle()[0][MIME]
