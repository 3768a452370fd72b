"""Which directories are runs."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from rundirs import write_run

from runicorn_jupyter.store.layout import RunPlace, Walker


def found(root: Path) -> dict[str, RunPlace]:
    walker = Walker(root)
    walker.poll()
    return walker.runs


def tree_run(root: Path, *segments: str) -> Path:
    run_dir = root.joinpath("runs", *segments)
    run_dir.mkdir(parents=True)
    (run_dir / "meta.json").write_text("{}")
    return run_dir


def test_both_layouts_stand_in_one_root(tmp_path):
    write_run(tmp_path, "a" * 8, project="演示", name="中文 实验")
    tree_run(tmp_path, "vision", "vit", "base", "one")
    tree_run(tmp_path, "two")
    assert found(tmp_path) == {
        "演示/中文 实验/runs/aaaaaaaa": RunPlace("演示/中文 实验/runs/aaaaaaaa", "演示", "中文 实验", None),
        "runs/vision/vit/base/one": RunPlace("runs/vision/vit/base/one", "vision", "vit/base", "vision/vit/base"),
        "runs/two": RunPlace("runs/two", "_root", "default", ""),
    }


def test_a_path_that_ends_like_a_run_id_is_still_a_path(tmp_path):
    tree_run(tmp_path, "p", "20260101_120000_abcdef", "20260101_120001_abcdef")
    assert list(found(tmp_path)) == ["runs/p/20260101_120000_abcdef/20260101_120001_abcdef"]


def test_nothing_below_a_run_is_a_run(tmp_path):
    run = tree_run(tmp_path, "p", "one")
    (run / "media" / "inner").mkdir(parents=True)
    (run / "media" / "inner" / "meta.json").write_text("{}")
    assert list(found(tmp_path)) == ["runs/p/one"]


def test_recycled_archived_and_own_folders_are_no_runs(tmp_path):
    for folder in (".runicorn-jupyter/x/runs/a", "runs/.recycle/b", "archive/blobs/runs/c"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "meta.json").write_text("{}")
    assert found(tmp_path) == {}


def test_folders_that_only_sound_like_ours_are_projects(tmp_path):
    for project in ("archive", "artifacts", "webui"):
        write_run(tmp_path, "one", project=project)
    assert sorted(found(tmp_path)) == [f"{name}/first/runs/one" for name in ("archive", "artifacts", "webui")]


def test_names_that_are_no_text_are_passed_over(tmp_path):
    write_run(tmp_path, "good")
    (tmp_path / os.fsdecode(b"caf\xe9") / "name" / "runs" / "bad").mkdir(parents=True)
    assert list(found(tmp_path)) == ["demo/first/runs/good"]


def test_a_folder_that_could_not_be_read_is_looked_at_again(tmp_path, monkeypatch):
    """A project made readable later, or a network disk that hiccuped: its parent's time does not change."""
    write_run(tmp_path, "known", project="first")
    hidden = write_run(tmp_path, "hidden", project="second")
    faulty = hidden.parent
    real = os.scandir

    def scandir(path):
        if Path(path) == faulty:
            raise OSError(errno.ESTALE, "Stale file handle")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    walker = Walker(tmp_path)
    assert walker.poll()[0] == ["first/first/runs/known"]
    monkeypatch.undo()
    assert walker.poll()[0] == ["second/first/runs/hidden"]


def test_links_to_runs_and_projects_are_not_followed(tmp_path):
    """F14: what a link points to is not listed, inside the root or out of it."""
    outside = tmp_path / "outside"
    target = write_run(outside)
    root = tmp_path / "root"
    inside = write_run(root)
    (root / "linked-project").symlink_to(outside / "demo")
    (inside.parent / "linked-run").symlink_to(target)
    assert list(found(root)) == ["demo/first/runs/20260101_120000_abcdef"]


def test_a_loop_and_a_very_deep_tree_end(tmp_path):
    """F18: neither a link to its own parent nor ten thousand levels stop the walk."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "loop").symlink_to(tmp_path / "runs")
    at = os.open(tmp_path / "runs", os.O_RDONLY)
    for _ in range(2000):
        os.mkdir("d", dir_fd=at)
        below = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    tree_run(tmp_path, "p", "one")
    assert list(found(tmp_path)) == ["runs/p/one"]
    _remove_deep(tmp_path / "runs")


def _remove_deep(top: Path) -> None:
    """Take the chain of folders down level by level: pytest's own clean-up recurses."""
    while (top / "d").exists():
        parked = top / "parked"
        (top / "d").rename(parked)
        if (parked / "d").exists():
            (parked / "d").rename(top / "d")
        parked.rmdir()


def test_polls_see_runs_come_and_go(tmp_path):
    walker = Walker(tmp_path / "later")
    assert walker.poll() == ([], [])
    run = write_run(tmp_path / "later", "first-run")
    assert walker.poll() == (["demo/first/runs/first-run"], [])
    write_run(tmp_path / "later", "second-run")
    assert walker.poll() == (["demo/first/runs/second-run"], [])
    for file in run.iterdir():
        file.unlink()
    run.rmdir()
    assert walker.poll() == ([], ["demo/first/runs/first-run"])


def test_a_folder_becomes_a_run_when_its_meta_appears(tmp_path):
    (tmp_path / "runs" / "p" / "one").mkdir(parents=True)
    walker = Walker(tmp_path)
    assert walker.poll() == ([], [])
    (tmp_path / "runs" / "p" / "one" / "meta.json").write_text(json.dumps({}))
    assert walker.poll() == (["runs/p/one"], [])


@pytest.mark.parametrize("content", ["a file", None])
def test_a_root_that_is_missing_or_a_file_is_empty(tmp_path, content):
    root = tmp_path / "root"
    if content:
        root.write_text(content)
    assert Walker(root).poll() == ([], [])
