"""Artifacts of anybody's root: read leniently, found when they change, and never written by reading."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from artifact_trees import files, saved

from runicorn_jupyter.errors import AmbiguousArtifact, ArtifactNotFound, BadRequest, UnsafeName, VersionNotFound
from runicorn_jupyter.store.artifacts import Artifacts, catalog, documents
from runicorn_jupyter.store.artifacts.pool import Pool


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


def state(root: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in root.rglob("*")}


def edit(path: Path, **fields: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_reading_writes_nothing_into_a_root(scratch_053):
    before = state(scratch_053)
    artifacts = Artifacts(scratch_053)
    for item in artifacts.list():
        for row in artifacts.versions(item.name):
            artifacts.version(item.name, row.version)
            artifacts.files(item.name, row.version)
            artifacts.verify(item.name, row.version)
            artifacts.lineage(item.name, row.version)
    artifacts.stats()
    artifacts.collect(dry_run=True)
    assert state(scratch_053) == before
    assert Artifacts(scratch_053 / "none").list_json() == b"[]"
    assert Artifacts(scratch_053 / "none").stats().total_artifacts == 0
    assert not (scratch_053 / "none").exists()


def test_what_upstream_writes_is_seen_when_the_answer_is_no_longer_fresh(scratch_053, monkeypatch):
    monkeypatch.setattr(catalog, "FRESH", 0.0)
    artifacts = Artifacts(scratch_053)
    assert len(artifacts.list()) == 6
    first = artifacts.list_json()
    assert artifacts.list_json() is first
    folder = scratch_053 / "artifacts" / "model"
    shutil.copytree(folder / "vit-base-model", folder / "new")
    assert {item.name for item in artifacts.list()} >= {"new", "vit-base-model"}
    shutil.rmtree(folder / "new")
    assert len(artifacts.list()) == 6
    index = folder / "vit-base-model" / "versions.json"
    edit(index, aliases={"latest": 3, "best": 1}, updated_at=9e9)
    assert artifacts.list()[0].aliases == {"latest": 3, "best": 1}


def test_an_artifact_made_within_the_same_tick_of_the_clock_is_found(root, tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "FRESH", 0.0)
    saved(root, files(tmp_path / "src", one=b"1"))
    folder = root / "artifacts" / "model"
    artifacts = Artifacts(root)
    assert len(artifacts.list()) == 1
    at = folder.stat().st_mtime_ns
    shutil.copytree(folder / "a", folder / "b")
    os.utime(folder, ns=(at, at))
    assert len(artifacts.list()) == 2


def test_what_we_write_is_seen_at_once_by_every_reader(root, tmp_path):
    reader = Artifacts(root)
    sources = files(tmp_path / "src", one=b"1")
    for number in range(1, 4):
        saved(root, sources)
        assert reader.list()[0].latest.version == number
        assert reader.stats().total_versions == number
    Artifacts(root).set_alias("a", "best", 2)
    assert reader.list()[0].aliases == {"latest": 3, "best": 2}
    Artifacts(root).delete("a", 3, permanent=True)
    assert json.loads(reader.list_json())[0]["latest_version"] == 2


def test_u9_what_upstream_left_after_a_promote_is_read(scratch_053):
    place = scratch_053 / "artifacts" / "model" / "resnet50-model"
    steps = [{"from_stage": "experimental", "to_stage": "staging", "timestamp": 1.0, "notes": None}]
    edit(
        place / "v2" / "metadata.json",
        lifecycle_stage="staging",
        stage_transitions=steps,
        aliases=["latest", "production"],
        unknown={"a": 1},
    )
    artifacts = Artifacts(scratch_053)
    found = artifacts.version("resnet50-model", "production")
    assert (found.version, found.lifecycle_stage, found.aliases) == (2, "staging", ("production",))
    assert [*found.stage_transitions] == steps
    before, now = artifacts.promote("resnet50-model", 2, "production", notes="n")
    assert (before, now.lifecycle_stage, len(now.stage_transitions)) == ("staging", "production", 2)
    # Upstream's own reader refuses keys that it does not know: we add none to its files.
    assert "lifecycle_updated_at" not in json.loads((place / "v2" / "metadata.json").read_text())
    artifacts.promote("resnet50-model", 2, "archived")
    with pytest.raises(BadRequest, match="it can go to experimental"):
        artifacts.promote("resnet50-model", 2, "production")


def test_a_lost_or_damaged_index_is_put_together_again(scratch_053, tmp_path):
    folder = scratch_053 / "artifacts" / "dataset" / "nlp-data-2"
    told = json.loads((folder / "versions.json").read_text())
    for damage in (lambda path: path.write_text("{"), Path.unlink, lambda path: path.write_text("[]")):
        damage(folder / "versions.json")
        item = Artifacts(scratch_053).find("nlp-data-2")
        assert [row.version for row in item.versions] == [1, 2, 3]
        assert item.aliases == {"latest": 3}
        assert [row.created_by_run for row in item.versions] == [row["created_by_run"] for row in told["versions"]]
    assert Artifacts(scratch_053).collect().leftovers == 0
    assert saved(scratch_053, files(tmp_path / "src", one=b"1"), "nlp-data-2", "dataset").version == 4
    assert [row["version"] for row in json.loads((folder / "versions.json").read_text())["versions"]] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "content",
    [
        {"versions": None, "aliases": None},
        {"versions": [None, 7, {}, {"version": "1"}, {"version": -1}, {"version": 10**30}], "aliases": {"latest": "x"}},
        {"versions": [{"version": 1, "size_bytes": "many", "created_at": "now", "aliases": 7}], "aliases": {"a": 1}},
    ],
)
def test_an_index_of_anything_is_no_reason_to_fail(root, content):
    folder = root / "artifacts" / "model" / "odd"
    folder.mkdir(parents=True)
    (folder / "versions.json").write_text(json.dumps(content))
    artifacts = Artifacts(root)
    assert all(row.size_bytes == 0 for row in artifacts.versions("odd"))
    assert json.loads(artifacts.list_json()) == [item.item() for item in artifacts.list()]
    with pytest.raises(VersionNotFound):
        artifacts.version("odd", 1)
    artifacts.delete("odd", 1, permanent=True) if artifacts.versions("odd") else None
    assert artifacts.versions("odd") == []


def test_files_of_a_version_never_lead_out_of_the_root(root, tmp_path):
    saved(root, files(tmp_path / "src", one=b"1"))
    inside = root / "artifacts" / "model" / "a" / "v1" / "files"
    secret = tmp_path / "secret"
    secret.write_text("s")
    (inside / "link").symlink_to(secret)
    os.mkfifo(inside / "pipe")
    artifacts = Artifacts(root)
    for path in ("link", "pipe", "none"):
        with pytest.raises(VersionNotFound, match="has no file"):
            artifacts.open_file("a", 1, path)
    for path in ("../manifest.json", "/etc/passwd", "", "a//b", "..\\x"):
        with pytest.raises(UnsafeName):
            artifacts.open_file("a", 1, path)
    for name in ("..", "a/b", "", "a\0"):
        with pytest.raises(UnsafeName):
            artifacts.find(name)
    with pytest.raises(UnsafeName):
        artifacts.find("a", "../model")
    with pytest.raises(UnsafeName):
        artifacts.find("aa", ".dedup")
    edit(
        root / "artifacts" / "model" / "a" / "v1" / "manifest.json",
        files=[{"path": "../../x", "size": 1, "digest": ""}],
    )
    with pytest.raises(UnsafeName):
        artifacts.fetch("a", 1, tmp_path / "out")


def test_verify_finds_every_kind_of_damage(root, tmp_path):
    saved(root, files(tmp_path / "src", flip=b"abcdef", short=b"abcdef", gone=b"abc", fine=b"fine", deep__x=b"x"))
    inside = root / "artifacts" / "model" / "a" / "v1" / "files"
    artifacts = Artifacts(root)
    assert artifacts.verify("a").ok
    for name, content in (("flip", b"abcdeg"), ("short", b"abc")):
        (inside / name).unlink()
        (inside / name).write_bytes(content)
    (inside / "gone").unlink()
    found = artifacts.verify("a")
    assert {name: text.split(" the ")[0].split(" instead")[0] for name, text in found.problems.items()} == {
        "flip": "has another content than",
        "short": "has 3 bytes",
        "gone": "is missing",
    }
    manifest = inside.parent / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    assert artifacts.verify("a").problems["manifest.json"] == "is not the one that was saved"
    manifest.unlink()
    assert artifacts.verify("a").problems == {"manifest.json": "is missing or cannot be read"}


def test_a_single_flipped_bit_is_found_wherever_it_is(root, tmp_path):
    content = bytes(range(256)) * 4
    saved(root, files(tmp_path / "src", one=content))
    stored = root / "artifacts" / "model" / "a" / "v1" / "files" / "one"
    stored.chmod(0o644)
    for bit in range(0, len(content) * 8, 97):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        stored.write_bytes(flipped)
        assert not Artifacts(root).verify("a").ok
    stored.write_bytes(content)
    assert Artifacts(root).verify("a").ok


def test_soft_deleted_versions_are_passed_over_by_latest_and_refused_by_name(root, tmp_path):
    sources = files(tmp_path / "src", one=b"1")
    for number in (1, 2):
        saved(root, sources, aliases=["best"] if number == 2 else [])
    artifacts = Artifacts(root)
    artifacts.delete("a", "best")
    assert artifacts.version("a").version == 1
    with pytest.raises(VersionNotFound, match="deleted; restore it"):
        artifacts.version("a", "best")
    assert artifacts.version("a", 2).deleted
    artifacts.restore("a", 2)
    assert artifacts.version("a").version == 2
    artifacts.delete("a", 2, permanent=True)
    assert artifacts.find("a").aliases == {"latest": 1}


def test_the_type_says_which_of_two_is_meant(root, tmp_path):
    sources = files(tmp_path / "src", one=b"1")
    for kind in ("model", "dataset"):
        saved(root, sources, type_=kind)
    artifacts = Artifacts(root)
    with pytest.raises(AmbiguousArtifact, match=r"dataset, model|model, dataset"):
        artifacts.versions("a")
    assert artifacts.version("a", 1, "dataset").type == "dataset"
    with pytest.raises(ArtifactNotFound):
        artifacts.version("a", 1, "code")


def test_the_pool_is_counted_without_a_walk(root, tmp_path, monkeypatch):
    saved(root, files(tmp_path / "src", **{f"f{number}": b"%d" % number for number in range(50)}))
    pool = Pool(root)
    expected = (50, sum(len(str(number)) for number in range(50)))
    assert pool.totals() == expected
    for shard in (root / "artifacts" / ".dedup").iterdir():
        os.utime(shard, (1, 1))
    assert pool.totals() == expected
    listed = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(path) or real(path))
    assert pool.totals() == Pool(root).totals() == expected
    assert listed == []


@pytest.mark.parametrize("name", ["v0", "v-1", "v01", "1", "v", "v1.5", "vx", "v" + "9" * 30, "v٣"])
def test_folders_that_are_no_versions(name):
    assert documents.version_number(name) is None
    assert documents.version_number("v12") == 12
