"""What a run says it was made from and what it made: assets.json and ROOT/archive as upstream 0.6 writes them."""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import shutil
import time
from pathlib import Path

import pytest

from runicorn_jupyter import tracking as rn
from tracking.runfiles import document


@pytest.fixture
def run(root):
    return rn.init("p", "n", storage=root, capture_env=False)


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("hello")
    (folder / "sub" / "b.txt").write_text("x" * 100)
    (folder / "again.txt").write_text("hello")
    return folder


def assets(run) -> dict:
    if not run.finished:
        run.finish()
    return document(run.run_dir, "assets")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_parameters_are_merged_with_those_of_init(root, tmp_path):
    run = rn.init(storage=root, config={"lr": 1, "a": 1})
    run.log_config(
        args=argparse.Namespace(lr=2, deep={"b": (1, 2)}), extra={"x": 2}, config_files=[tmp_path / "c.yaml"]
    )
    run.log_config({"c": 3}, config_files=[tmp_path / "c.yaml", "d.yaml"])
    assert run.config == {"lr": 2, "a": 1, "deep": {"b": [1, 2]}, "c": 3}
    found = assets(run)
    assert found["config"] == {
        "args": run.config,
        "extra": {"x": 2},
        "config_files": [str(tmp_path / "c.yaml"), os.path.abspath("d.yaml")],  # noqa: PTH100
    }
    assert (found["code"], found["outputs"]) == ({}, [])


def test_a_data_set_that_is_not_saved_is_measured(run, data):
    run.log_dataset("plain", data, context="val", description="d")
    run.log_dataset("address", "s3://bucket/x")
    run.log_dataset("words", {"rows": 3})
    run.log_dataset("gone", data / "missing")
    plain, address, words, gone = assets(run)["datasets"]
    assert plain == {
        "name": "plain", "context": "val", "uri": str(data), "description": "d", "saved": False,
        "fingerprint": {"mtime": data.stat().st_mtime, "file_count": 3, "total_size_bytes": 110},
    }  # fmt: skip
    assert (address["uri"], address["fingerprint"]) == ("s3://bucket/x", None)
    assert words["uri"] == {"rows": 3}
    assert gone["fingerprint"] is None


def test_a_saved_data_set_is_kept_by_content_once(run, root, data):
    run.log_dataset("set", data, save=True)
    run.log_dataset("file", data / "a.txt", save=True)
    run.log_pretrained("model", path_or_uri=data / "a.txt", save=True, source_type="local")
    found = assets(run)
    kept, file = found["datasets"]
    (model,) = found["pretrained"]
    assert (kept["saved"], kept["fingerprint_kind"], kept["file_count"], kept["total_size_bytes"]) == (
        True, "sha256_manifest", 3, 110,
    )  # fmt: skip
    manifest = json.loads(Path(kept["manifest_path"]).read_text())
    assert manifest["files"]["sub/b.txt"] == {"sha256": sha("x" * 100), "size_bytes": 100}
    assert Path(kept["manifest_path"]).relative_to(root).parts[:3] == ("archive", "manifests", "datasets")
    assert (file["fingerprint"], file["fingerprint_kind"]) == (sha("hello"), "sha256")
    assert model == {
        "name": "model", "source_type": "local", "path_or_uri": str(data / "a.txt"), "description": None, "saved": True,
        "fingerprint_kind": "sha256", "fingerprint": sha("hello"), "archive_path": file["archive_path"],
    }  # fmt: skip
    blobs = [path for path in (root / "archive" / "blobs").rglob("*") if path.is_file()]
    assert sorted(path.name for path in blobs) == sorted([sha("hello"), sha("x" * 100)])
    assert all(path.parent.name == path.name[:2] for path in blobs)


def test_what_is_too_large_is_not_copied_and_the_entry_says_so(run, root, data):
    run.log_dataset("bytes", data, save=True, max_archive_bytes=109)
    run.log_dataset("files", data, save=True, max_archive_files=2)
    run.log_dataset("forced", data, save=True, max_archive_files=2, force_save=True)
    run.log_dataset("missing", data / "nothing", save=True)
    found = {entry["name"]: entry for entry in assets(run)["datasets"]}
    assert [found[name]["saved"] for name in ("bytes", "files", "forced", "missing")] == [False, False, True, False]
    assert "max_archive_bytes=109" in found["bytes"]["problem"]
    assert "No such file" in found["missing"]["problem"]
    assert document(run.run_dir, "status")["sdk_faults"] == {"archive": 3}


def test_a_fifo_among_the_data_holds_nothing_up(run, data):
    os.mkfifo(data / "pipe")
    run.log_dataset("set", data, save=True)
    run.log_dataset("pipe", data / "pipe", save=True)
    found = assets(run)["datasets"]
    assert (found[0]["file_count"], found[1]["saved"]) == (3, False)


def test_one_name_and_context_is_one_entry(run, data):
    for _ in range(3):
        run.log_dataset("set", data)
        run.log_dataset("set", data, context="val")
        run.log_pretrained("model", "hf://bert", source_type="huggingface")
    found = assets(run)
    assert [entry["context"] for entry in found["datasets"]] == ["train", "val"]
    assert len(found["pretrained"]) == 1


def test_outputs_are_kept_when_they_have_come_to_rest(run, root, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "model.pt").write_text("one")
    (out / "train.log").write_text("log")
    (out / "scratch.tmp").write_text("no")
    old = time.time() - 60
    os.utime(out / "model.pt", (old, old))
    scan = {"output_dirs": [out], "patterns": ["*.pt", "*.log"], "min_age_sec": 0}
    first = run.scan_outputs_once(**scan)
    assert (first["scanned"], [entry["name"] for entry in first["archived_entries"]]) == (2, ["train.log"])
    second = run.scan_outputs_once(**scan)
    assert [entry["name"] for entry in second["archived_entries"]] == ["model.pt"]
    assert run.scan_outputs_once(**scan)["archived"] == 0
    (out / "model.pt").write_text("two!")
    (out / "train.log").write_text("log log")
    assert run.scan_outputs_once(**scan)["archived"] == 0
    assert run.scan_outputs_once(**scan)["archived"] == 1
    entries = {entry["name"]: entry for entry in assets(run)["outputs"]}
    assert sorted(entries) == ["model.pt", "train.log"]
    kept = Path(entries["model.pt"]["archive_path"])
    assert kept.parent == root / "archive" / "outputs" / "rolling" / run.id
    assert (kept.read_text(), entries["model.pt"]["fingerprint"]) == ("two!", sha("two!"))
    assert Path(entries["train.log"]["archive_path"]).read_text() == "log"
    assert (run.run_dir / ".outputs_state.json").exists()
    assert run.scan_outputs_once(output_dirs=[out], mode="copies") is None


def test_watched_folders_are_looked_at_a_last_time_when_the_run_ends(run, tmp_path, until):
    out = tmp_path / "out"
    out.mkdir()
    run.watch_outputs(output_dirs=[out], interval_sec=0.05, min_age_sec=0)
    (out / "early.pt").write_text("1")
    until(lambda: any(run._recorder.documents["assets"].get("outputs", ())))
    run.watch_outputs(output_dirs=[out], interval_sec=600)
    (out / "late.pt").write_text("2")
    run.finish()
    assert sorted(entry["name"] for entry in assets(run)["outputs"]) == ["early.pt", "late.pt"]


def test_watching_a_folder_that_goes_away_is_no_trouble(run, tmp_path, until):
    out = tmp_path / "out"
    out.mkdir()
    run.watch_outputs(output_dirs=[out], interval_sec=0.02)
    shutil.rmtree(out)
    until((run.run_dir / ".outputs_state.json").exists)
    run.stop_outputs_watch()
    run.log(a=1)
    run.finish()
    assert document(run.run_dir, "status")["sdk_faults"] == {}


def test_the_standard_logging_reaches_the_log(run):
    logger = logging.getLogger("a.training")
    handler = run.get_logging_handler(level=logging.WARNING)
    logger.addHandler(handler)
    try:
        logger.warning("epoch %d\nsecond line", 3)
        logger.info("not this")
        run.finish()
        logger.error("too late")
    finally:
        logger.removeHandler(handler)
    lines = (run.run_dir / "logs.txt").read_text().splitlines()
    assert [line[8:] for line in lines] == [" | WARNING | a.training | epoch 3", " | second line"]
    assert run._faults.counts == {}


def test_the_module_functions_reach_the_active_run(run, data):
    rn.log_dataset("set", data)
    rn.log_config({"lr": 3})
    assert rn.log_table("t", [{"a": 1}]).endswith(".json")
    assert rn.get_logging_handler().level == logging.INFO
    found = assets(run)
    assert (found["config"]["args"], found["datasets"][0]["name"]) == ({"lr": 3}, "set")
    assert rn.log_table("t", []) is None
