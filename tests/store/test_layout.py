"""Which directories are runs."""

from __future__ import annotations

import errno
import json
import os
import socket
from pathlib import Path

import pytest
from rundirs import append, write_run

from runicorn_jupyter.store.runs.layout import RunPlace, Walker
from runicorn_jupyter.workspace import Workspace


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
    walker.poll()
    assert list(walker.runs) == ["first/first/runs/known"]
    monkeypatch.undo()
    walker.poll()
    assert sorted(walker.runs) == ["first/first/runs/known", "second/first/runs/hidden"]


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
    numbers = [walker.poll(), walker.poll()]
    assert numbers[0] == numbers[1]
    assert walker.places() == []
    run = write_run(tmp_path / "later", "first-run")
    numbers.append(walker.poll())
    assert list(walker.runs) == ["demo/first/runs/first-run"]
    write_run(tmp_path / "later", "second-run")
    numbers.append(walker.poll())
    assert [place.directory for place in walker.places()] == ["demo/first/runs/first-run", "demo/first/runs/second-run"]
    for file in run.iterdir():
        file.unlink()
    run.rmdir()
    numbers.append(walker.poll())
    assert list(walker.runs) == ["demo/first/runs/second-run"]
    assert len(set(numbers)) == 4


def test_a_folder_becomes_a_run_when_its_meta_appears(tmp_path):
    (tmp_path / "runs" / "p" / "one").mkdir(parents=True)
    assert not found(tmp_path)
    walker = Walker(tmp_path)
    walker.poll()
    (tmp_path / "runs" / "p" / "one" / "meta.json").write_text(json.dumps({}))
    walker.poll()
    assert list(walker.runs) == ["runs/p/one"]


@pytest.mark.parametrize("kind", ["project", "name", "runs", "run"])
def test_a_folder_that_becomes_a_link_is_forgotten(tmp_path, kind):
    """F14: what was listed is not listed any more once a link out of the root has taken its place."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    depth = {"project": 1, "name": 2, "runs": 3, "run": 4}[kind]
    run = write_run(root, "one")
    walker = Walker(root)
    walker.poll()
    assert list(walker.runs) == ["demo/first/runs/one"]
    moved = [root, root / "demo", root / "demo/first", root / "demo/first/runs", run][depth]
    moved.rename(outside)
    moved.symlink_to(outside)
    walker.poll()
    assert walker.places() == []


@pytest.mark.parametrize("content", ["a file", None])
def test_a_root_that_is_missing_or_a_file_is_empty(tmp_path, content):
    root = tmp_path / "root"
    if content:
        root.write_text(content)
    assert not found(root)


def survey(root: Path) -> Workspace:
    hall = Workspace(root)
    hall.refresh()
    return hall


def test_a_file_that_is_a_link_is_read_when_it_ends_inside(tmp_path):
    """F13, F15: where the link leads decides, for the small files and for the events."""
    root = tmp_path / "root"
    served, refused = write_run(root, "inside", points=3), write_run(root, "outside", points=3)
    for run_dir, away in ((served, root / "shared"), (refused, tmp_path / "secret")):
        away.mkdir()
        for name in ("meta.json", "status.json", "summary.json", "events.jsonl"):
            if name == "summary.json":
                (run_dir / name).write_text('{"acc": 0.5}')
            (run_dir / name).rename(away / name)
            (run_dir / name).symlink_to(away / name)
    hall = survey(root)
    inside, outside = hall.run("inside"), hall.run("outside")
    assert (inside.status, inside.summary, inside.problems) == ("finished", {"acc": 0.5}, ())
    assert inside.metrics["loss"].count == hall.curves(["inside"])[0].total == 3
    assert (outside.status, outside.summary, outside.updated_at) == ("unknown", {}, None)
    assert outside.metrics == {}
    assert hall.curves(["outside"]) == []
    assert outside.problems == tuple(
        f"{name} is not a readable file" for name in ("meta.json", "status.json", "summary.json")
    )
    append(root / "shared", {"loss": 0.1, "global_step": 4})
    hall.refresh()
    assert hall.run("inside").metrics["loss"].count == 4
    hall.close()


@pytest.mark.parametrize("kind", ["fifo", "socket", "folder", "loop", "broken"])
def test_special_files_are_passed_over_with_a_note(tmp_path, kind):
    """F17: nothing waits for them, and the other files of the run stand."""
    run_dir = write_run(tmp_path, "odd", points=2)
    for name in ("events.jsonl", "status.json", "summary.json", "heartbeat"):
        path = run_dir / name
        path.unlink(missing_ok=True)
        if kind == "fifo":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        elif kind == "socket":
            with socket.socket(socket.AF_UNIX) as made:
                here = os.open(run_dir, os.O_RDONLY)
                made.bind(f"/proc/self/fd/{here}/{name}")
                os.close(here)
        else:
            path.symlink_to(name if kind == "loop" else "nowhere")
    hall = survey(tmp_path)
    run = hall.run("odd")
    assert (run.status, run.created_at, run.metrics) == ("unknown", 1_790_000_000.0, {})
    noted = () if kind == "broken" else ("status.json", "summary.json")
    assert run.problems == tuple(f"{name} is not a readable file" for name in noted)
    hall.close()


def test_many_thousand_files_in_a_run_hide_nothing(tmp_path):
    """F18."""
    run_dir = write_run(tmp_path, "crowded", points=2)
    for at in range(20_000):
        (run_dir / f"file-{at}").touch()
    write_run(tmp_path, "other")
    hall = survey(tmp_path)
    assert hall.run("crowded").metrics["loss"].count == 2
    assert hall.runs().total == 2
    hall.close()
