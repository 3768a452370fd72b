"""Artifacts in a script: described, logged, used, downloaded, and never a reason for the training to end."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from runicorn_jupyter import tracking as rn
from runicorn_jupyter.errors import Conflict
from runicorn_jupyter.store.artifacts import Artifacts
from runicorn_jupyter.tracking import start
from runicorn_jupyter.tracking.assets.artifact import Artifact, ArtifactType, MissingArtifact
from runicorn_jupyter.tracking.assets.progress import Progress, readable
from runicorn_jupyter.tracking.run import Run


@pytest.fixture
def run(root: Path) -> Run:
    return rn.init("p", "n", storage=root, capture_env=False)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    (folder / "deep").mkdir(parents=True)
    (folder / "w.bin").write_bytes(b"w" * 5000)
    (folder / "deep" / "b.bin").write_bytes(b"b")
    (folder / "notes.txt").write_text("n")
    return folder


def created(run: Run) -> list[dict]:
    return json.loads((run.run_dir / "artifacts_created.json").read_text())["artifacts"]


def test_what_was_logged_is_what_is_used(run, root, weights, tmp_path):
    made = Artifact("model", ArtifactType.MODEL, "a net", {"a": 1, "bad": float("nan")})
    made.add_file(weights / "w.bin").add_dir(weights, name="all", exclude_patterns=["*.txt"]).add_tags("x", "x")
    made.add_reference("s3://x", checksum="sha256:1", size=7, who="me").add_metadata({"b": 2})
    assert (made.version, made.is_loaded, made.full_name, made.get_manifest()) == (None, False, "model", None)
    with pytest.raises(RuntimeError, match="not in the store"):
        made.download()
    assert run.log_artifact(made, aliases=["best"]) == 1
    assert (made.version, made.is_loaded, made.full_name) == (1, True, "model:v1")
    other = rn.init("p", "n", storage=root, capture_env=False)
    used = other.use_artifact("model:best")
    assert (used.name, used.type, used.version, used.description, used.tags) == ("model", "model", 1, "a net", ["x"])
    assert used.metadata == {"a": 1, "bad": "nan", "b": 2}
    assert {path.relative_to(target).as_posix() for target in [used.download(tmp_path / "out")]
            for path in target.rglob("*") if path.is_file()} == {"w.bin", "all/w.bin", "all/deep/b.bin"}  # fmt: skip
    assert (used.download() / "all" / "w.bin").read_bytes() == b"w" * 5000
    assert used.get_file_path("all/deep/b.bin").read_bytes() == b"b"
    assert used.get_file_path("nothing") is None
    [reference] = used.get_references()
    assert (reference.uri, reference.checksum, reference.size, reference.metadata) == (
        "s3://x", "sha256:1", 7, {"who": "me"},
    )  # fmt: skip
    assert used.verify().ok
    assert used.get_metadata().created_by_run == run.id
    [entry] = created(run)
    assert entry.pop("created_at") > 0
    assert entry == {
        "name": "model",
        "type": "model",
        "version": 1,
        "size_bytes": 10001,
        "num_files": 3,
        "num_references": 1,
    }
    for spec in ("model", "model:v1", "model:V1", "model:1", "model:latest"):
        assert other.use_artifact(spec).version == 1
    [taken] = json.loads((other.run_dir / "artifacts_used.json").read_text())["artifacts"]
    assert (taken["name"], taken["version"], taken["num_files"]) == ("model", 1, 3)
    assert run._faults.counts == other._faults.counts == {}


def test_aliases_move_from_version_to_version(run, root, weights):
    for number in (1, 2):
        assert run.log_artifact(Artifact("model").add_file(weights / "w.bin"), aliases="production") == number
    index = json.loads((root / "artifacts" / "model" / "model" / "versions.json").read_text())
    assert index["aliases"] == {"latest": 2, "production": 2}
    assert [row["aliases"] for row in index["versions"]] == [[], ["latest", "production"]]


@pytest.mark.parametrize("name", ["", " ", "a/b", "a:b", "..", ".hidden", "-x", "con", "x" * 101, "a\nb", 7, None])
def test_names_that_cannot_be_a_folder_everywhere_are_refused(name):
    with pytest.raises(ValueError, match="name"):
        Artifact(name)
    with pytest.raises(ValueError, match=r"type|name"):
        Artifact("fine", type=name)


@pytest.mark.parametrize("path", ["../x", "/x", "a//b", "", ".", "a/../b", "a\\b", "a\x00", "x" * 241, "\ud800"])
def test_paths_that_could_lead_out_are_refused(path, weights):
    with pytest.raises(ValueError, match=r"cannot be called|longer than"):
        Artifact("a").add_file(weights / "w.bin", name=path)


def test_two_files_never_have_one_path(weights):
    made = Artifact("a").add_file(weights / "w.bin", name="x/y")
    for path in ("x/y", "x", "x/y/z"):
        with pytest.raises(ValueError, match="has a file"):
            made.add_file(weights / "notes.txt", name=path)
    with pytest.raises(FileNotFoundError, match="no file"):
        made.add_file(weights / "none")
    with pytest.raises(FileNotFoundError, match="no folder"):
        made.add_dir(weights / "w.bin")
    for wrong in ({"uri": ""}, {"uri": "s3://x", "size": -1}):
        with pytest.raises(ValueError, match="reference"):
            made.add_reference(**wrong)


def test_links_pipes_and_excluded_folders(run, weights):
    (weights / "link.bin").symlink_to(weights / "w.bin")
    (weights / "loop").symlink_to(weights)
    os.mkfifo(weights / "pipe")
    made = Artifact("a", "dataset").add_dir(weights, exclude_patterns=["deep"])
    assert run.log_artifact(made) == 1
    assert [file.path for file in made.get_manifest().files] == ["link.bin", "notes.txt", "w.bin"]
    stored = made.get_file_path("link.bin")
    assert not stored.is_symlink()
    assert stored.samefile(made.get_file_path("w.bin"))


def test_what_a_script_does_to_its_own_file_never_reaches_the_store(run, weights):
    made = Artifact("a").add_file(weights / "w.bin")
    assert run.log_artifact(made) == 1
    assert not made.get_file_path("w.bin").samefile(weights / "w.bin")
    with (weights / "w.bin").open("r+b") as file:
        file.write(b"changed")
    assert made.verify().ok
    assert made.get_file_path("w.bin").stat().st_mode & 0o222 == 0
    copy = made.download() / "w.bin"
    copy.write_bytes(b"mine")
    assert made.verify().ok


def test_a_fault_is_counted_and_training_goes_on(run, root, weights, capsys):
    gone = Artifact("gone").add_file(weights / "w.bin")
    (weights / "w.bin").unlink()
    assert run.log_artifact(gone) is None
    assert run.log_artifact(Artifact("empty")) is None
    assert run.log_artifact("no artifact") is None
    assert sum(run._faults.counts.values()) == 3
    assert not (root / "artifacts" / "model" / "gone").exists()
    assert list((root / ".runicorn-jupyter" / "staging").iterdir()) == []
    for spec in ("nothing", "nothing:v1", "", 7):
        with pytest.raises(ValueError, match=r"not found|takes"):
            run.use_artifact(spec)
    with pytest.raises(FileNotFoundError):
        run.use_artifact("nothing:latest")
    assert issubclass(MissingArtifact, ValueError)
    strict = rn.init("p", "n", storage=root, capture_env=False, strict=True)
    with pytest.raises(FileNotFoundError):
        strict.log_artifact(gone)


def test_the_type_says_which_of_two_is_meant(run, weights):
    for kind in ("model", "my own kind"):
        assert run.log_artifact(Artifact("twin", kind).add_file(weights / "notes.txt")) == 1
    with pytest.raises(ValueError, match="my own kind"):
        run.use_artifact("twin")
    assert run.use_artifact("twin", type="my own kind").type == "my own kind"


def test_a_worker_of_the_same_run_adds_to_the_same_lists(run, root, weights):
    assert run.log_artifact(Artifact("one").add_file(weights / "notes.txt")) == 1
    worker = start.join(str(root), "p", "n", run.id)
    assert worker.log_artifact(Artifact("two").add_file(weights / "notes.txt")) == 1
    assert [entry["name"] for entry in created(run)] == ["one", "two"]


def test_a_damaged_file_is_found_by_verify_and_not_handed_out(run, weights):
    made = Artifact("a").add_file(weights / "w.bin")
    run.log_artifact(made)
    stored = made.get_file_path("w.bin")
    stored.chmod(0o644)
    stored.write_bytes(b"w" * 4999 + b"x")
    assert made.verify().problems == {"w.bin": "has another content than the one that was saved"}
    with pytest.raises(Conflict, match="damaged"):
        made.download()
    with pytest.raises(ValueError, match="no path"):
        made.get_file_path("../../versions.json")


def test_the_active_run_logs_and_switched_off_tracking_does_nothing(run, root, weights):
    made = Artifact("a").add_file(weights / "w.bin")
    assert rn.log_artifact(made) == 1
    assert rn.use_artifact("a").version == 1
    rn.set_enabled(False)
    off = rn.init("p", "n", storage=root)
    assert off.log_artifact(made) is None
    assert off.use_artifact("a") is None
    assert len(Artifacts(root).versions("a")) == 1


def test_a_long_save_shows_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setattr("runicorn_jupyter.tracking.assets.progress._PATIENCE", 0.0)
    monkeypatch.setattr("runicorn_jupyter.tracking.assets.progress._PAUSE", 0.0)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.delitem(__import__("sys").modules, "ipykernel", raising=False)
    progress = Progress("saving a", lambda: 2000)
    progress(1000)
    progress(1000)
    progress.close()
    assert (
        capsys.readouterr().err == "\rsaving a: 50 % of 2.0 kB\rsaving a: 100 % of 2.0 kB\rsaving a: 2.0 kB, done   \n"
    )
    assert [readable(size) for size in (0, 999, 1_500_000, 10**16)] == ["0 B", "999 B", "1.5 MB", "10000.0 TB"]
