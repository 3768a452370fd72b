"""Paths of runs in both layouts: counted, made, moved, deleted; nothing is ever covered or followed."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from rundirs import write_run

from runicorn_jupyter.errors import BadRequest, Conflict
from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.workspace import RunTree, Workspace


@pytest.fixture
def scratch_072(upstream_072: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(upstream_072, tmp_path / "scratch-072", symlinks=True))


def opened(root: Path) -> Workspace:
    hall = Workspace(root).start()
    assert hall.wait_complete(20)
    return hall


def paths_on_disk(root: Path) -> Counter[str]:
    """Read with plain Python where runs lie, and count them for each path and its ancestors."""
    found: Counter[str] = Counter()
    for meta in root.rglob("meta.json"):
        parts = meta.parent.relative_to(root).parts
        place = parts[1:-1] if parts[0] == "runs" else parts[:2]
        for length in range(1, len(place) + 1):
            found["/".join(place[:length])] += 1
        found[""] += not place
    return +found


@pytest.mark.parametrize("version", ["0.5.3", "0.7.2"])
def test_counts_are_those_of_the_folders(sample_roots: Path, version: str) -> None:
    root = sample_roots / f"upstream-{version}"
    with opened(root) as hall:
        counts = hall.tree.counts()
        assert {path: one["total"] for path, one in counts.items()} == paths_on_disk(root)
        assert sum(one["finished"] for path, one in counts.items() if "/" not in path) == 51
        for path, one in counts.items():
            below = hall.runs(RunFilter(query=RunTree.query(path, exact=path == ""))).total
            assert below == one["total"], path
        assert hall.runs(RunFilter(query=RunTree.query(None, exact=False))).total == 72


def test_a_path_that_begins_alike_is_another(tmp_path: Path) -> None:
    for at, path in enumerate(("cv", "cv/a", "cv/a/b", "cv-2/a", "cv0")):
        run = tmp_path / "runs" / path / f"2026010{at + 1}_120000_abcdef"
        run.mkdir(parents=True)
        (run / "meta.json").write_text(json.dumps({"id": run.name, "path": path}))
    with opened(tmp_path) as hall:
        assert hall.runs(RunFilter(query=RunTree.query("cv", exact=False))).total == 3
        assert hall.runs(RunFilter(query=RunTree.query("cv/a", exact=True))).total == 1
        assert RunTree.nested(hall.tree.counts()) == {"cv": {"a": {"b": {}}}, "cv-2": {"a": {}}, "cv0": {}}


def test_an_empty_path_is_made_once(scratch_072: Path) -> None:
    with opened(scratch_072) as hall:
        assert hall.tree.create("/new/deep path/") == "new/deep path"
        assert hall.tree.counts()["new/deep path"] == {"total": 0, "running": 0, "finished": 0, "failed": 0}
        for taken in ("new/deep path", "new", "nlp"):
            with pytest.raises(Conflict):
                hall.tree.create(taken)


@pytest.mark.parametrize(
    "path", ["", " / ", "a/../b", "a//b", "../x", "a/.hidden", "a\0b", "x" * 201, "a/" * 20, "con"]
)
def test_an_unsafe_path_is_refused_by_every_verb(scratch_053: Path, path: str) -> None:
    before = sorted(scratch_053.rglob("*"))
    with opened(scratch_053) as hall:
        run = hall.runs(limit=1).runs[0]
        with pytest.raises(BadRequest):
            hall.tree.create(path)
        with pytest.raises(BadRequest):
            hall.tree.move([run.id], path)
    assert sorted(scratch_053.rglob("*")) == before


@pytest.mark.parametrize("version", ["0.5.3", "0.7.2"])
def test_a_moved_run_keeps_its_files_and_what_people_said_of_it(
    scratch_053: Path, scratch_072: Path, version: str
) -> None:
    root = scratch_053 if version == "0.5.3" else scratch_072
    with opened(root) as hall:
        run = next(one for one in hall.runs(RunFilter(status="finished")).runs if one.metrics)
        hall.edits.change(run.id, tags=["moved"])
        files = {path.name for path in Path(run.run_dir).iterdir()}
        moved, failed = hall.tree.move([run.id, "nope"], "elsewhere/a/b")
        assert [one["new_path"] for one in moved] == ["elsewhere/a/b"]
        assert [one["run_id"] for one in failed] == ["nope"]
        after = hall.run(run.id)
        assert not Path(run.run_dir).exists()
        assert {path.name for path in Path(after.run_dir).iterdir()} == files
        assert (after.tags, after.metrics, after.project) == (("moved",), run.metrics, "elsewhere")
        assert hall.runs(RunFilter(query=RunTree.query("elsewhere", exact=False))).total == 1


def test_a_run_of_ours_that_was_moved_tells_of_its_new_path(tmp_path: Path) -> None:
    write_run(tmp_path, path="demo/first")
    with opened(tmp_path) as hall:
        hall.tree.move(["20260101_120000_abcdef"], "other/place/deep")
        run = hall.run("20260101_120000_abcdef")
        assert (run.path, run.project, run.name) == ("other/place/deep", "other", "place__deep")


@pytest.mark.parametrize("folder", ["runs", "artifacts", "archive", "webui"])
def test_a_05_run_is_not_moved_into_a_folder_of_another_use(tmp_path: Path, folder: str) -> None:
    write_run(tmp_path)
    with opened(tmp_path) as hall:
        moved, failed = hall.tree.move(["20260101_120000_abcdef"], f"{folder}/x")
        assert (moved, len(failed)) == ([], 1)
        assert "another use" in failed[0]["error"]
    assert not (tmp_path / folder).exists()


def test_what_is_in_the_way_or_running_is_not_moved(tmp_path: Path) -> None:
    write_run(tmp_path)
    write_run(tmp_path, project="other")
    living = write_run(tmp_path, "20260101_130000_abcdef", status="running")
    (living / "heartbeat").write_text("{}")
    with opened(tmp_path) as hall:
        for target in ("other/first", "demo/first"):
            moved, failed = hall.tree.move(["20260101_130000_abcdef"], target)
            assert (moved, failed[0]["error"]) == ([], "run is running")
    (tmp_path / "other" / "first" / "runs" / "20260101_120000_abcdef").rename(tmp_path / "kept")
    with opened(tmp_path) as hall:
        (tmp_path / "kept").rename(tmp_path / "other" / "first" / "runs" / "20260101_120000_abcdef")
        moved, failed = hall.tree.move(["20260101_120000_abcdef"], "other/first")
        assert moved == []
        assert "is at other/first" in failed[0]["error"] or "have the id" in failed[0]["error"]


@pytest.mark.parametrize("version", ["0.5.3", "0.7.2"])
def test_a_deleted_path_lies_in_the_bin_and_comes_back(scratch_053: Path, scratch_072: Path, version: str) -> None:
    root = scratch_053 if version == "0.5.3" else scratch_072
    with opened(root) as hall:
        path = "vision"
        total = hall.tree.counts()[path]["total"]
        done, errors = hall.tree.delete(path, exact=False)
        assert (done, errors) == (total, [])
        assert not any(one == path or one.startswith(f"{path}/") for one in hall.tree.counts())
        binned = hall.recycle_bin()
        assert len(binned) == total
        assert {entry.reason for entry in binned} == {"path_batch_delete"}
        hall.restore([entry.id for entry in binned])
        assert hall.tree.counts()[path]["total"] == total
        with pytest.raises(BadRequest):
            hall.tree.delete("/", exact=False)
