"""The recycle bin: rows F07–F18 and C13 of security.md, contract D7 and D35, both layouts."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import DATA  # noqa: F401 - the sample roots come from conftest
from rundirs import append, write_run

from runicorn_jupyter.errors import BadRequest, RunNotFound
from runicorn_jupyter.store.bin import deletion, trash
from runicorn_jupyter.workspace import Workspace

RUN = "20260101_120000_abcdef"


def write_72(root: Path, path: str, run_id: str = RUN) -> Path:
    """Lay a 0.6+ run directory out as contract §5b says."""
    run_dir = root / "runs" / path / run_id if path else root / "runs" / run_id
    run_dir.mkdir(parents=True)
    (run_dir / "meta.json").write_text(json.dumps({"id": run_id, "path": path, "created_at": 1_790_000_000.0}))
    (run_dir / "status.json").write_text(json.dumps({"status": "finished", "started_at": 1_790_000_000.0}))
    return run_dir


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "place"


@pytest.fixture
def hall(root: Path) -> Iterator[Workspace]:
    root.mkdir(exist_ok=True)
    with Workspace(root) as hall:
        assert hall.wait_complete(10)
        yield hall


def ids(hall: Workspace) -> set[str]:
    return {run.id for run in hall.runs().runs}


def files(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def test_d35_a_run_of_05_is_marked_and_comes_back_as_it_was(root: Path, hall: Workspace) -> None:
    run_dir = write_run(root, RUN, points=5)
    hall.catch_up()
    before, version = files(root), hall.runs().version
    outcome = hall.delete([RUN])
    assert (outcome.done, outcome.errors) == (1, {RUN: None})
    marker = json.loads((run_dir / ".deleted").read_text())
    assert marker.keys() == {"deleted_at", "reason", "original_status"}
    assert (marker["reason"], marker["original_status"]) == ("user_deleted", "finished")
    assert RUN not in ids(hall)
    assert hall.projects() == hall.names("demo") == []
    assert hall.changes(version).gone == (RUN,)
    with pytest.raises(RunNotFound):
        hall.run(RUN)
    [entry] = hall.recycle_bin()
    assert (entry.id, entry.project, entry.name, entry.run_dir) == (RUN, "demo", "first", str(run_dir))
    assert abs((entry.deleted_at or 0) - time.time()) < 60
    assert hall.restore([RUN]).errors == {RUN: None}
    assert files(root) == before
    assert ids(hall) == {RUN}
    assert hall.changes(version).gone == ()
    assert hall.recycle_bin() == ()


@pytest.mark.parametrize("path", ["vision/resnet50", "one", "", "a/b/c/d", "你好/🦄"])
def test_d35_a_run_of_06_moves_to_the_bin_of_upstream_and_back(root: Path, hall: Workspace, path: str) -> None:
    run_dir = write_72(root, path)
    hall.catch_up()
    before = files(root)
    assert hall.delete([RUN], reason="too old").done == 1
    assert not run_dir.exists()
    marker = json.loads((root / "runs/.recycle" / RUN / ".deleted").read_text())
    assert (marker["original_path"], marker["reason"]) == (path, "too old")
    assert ids(hall) == set()
    [entry] = hall.recycle_bin()
    assert (entry.place, entry.problem) == (str(run_dir.relative_to(root)), "")
    assert hall.restore([RUN]).done == 1
    assert files(root) == before
    assert ids(hall) == {RUN}


def test_a_legacy_run_of_05_right_under_runs_is_marked_where_it_is(root: Path, hall: Workspace) -> None:
    run_dir = root / "runs" / RUN
    run_dir.mkdir(parents=True)
    (run_dir / "meta.json").write_text(json.dumps({"project": "old", "name": "first"}))
    hall.catch_up()
    hall.delete([RUN])
    assert (run_dir / ".deleted").exists()
    assert hall.restore([RUN]).done == 1


def test_one_bin_lists_both_layouts_latest_first_and_empties_all(root: Path, hall: Workspace) -> None:
    write_run(root, "a")
    write_72(root, "p/q", "b")
    kept = write_run(root, "c")
    hall.catch_up()
    hall.delete(["a"])
    hall.delete(["b"])
    assert [entry.id for entry in hall.recycle_bin()] == ["b", "a"]
    assert hall.empty_bin().done == 2
    assert hall.recycle_bin() == ()
    assert list(root.glob("*/*/runs/*")) == [kept]
    assert list((root / "runs/.recycle").iterdir()) == list((root / ".runicorn-jupyter/trash").iterdir()) == []
    assert hall.empty_bin().done == 0


def test_what_cannot_be_done_is_told_per_id_and_holds_nobody_up(root: Path, hall: Workspace) -> None:
    write_run(root, "a")
    write_run(root, "b")
    hall.catch_up()
    assert hall.delete(["none", "a"]).errors == {"none": "run not found", "a": None}
    assert hall.delete(["a"]).errors == {"a": "run not found"}
    assert hall.restore(["none", "b", "a"]).errors == {"none": "run not found", "b": "run not deleted", "a": None}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (None, "run_ids is required and must be a list"),
        ([], "run_ids is required and must be a list"),
        ("a", "run_ids is required and must be a list"),
        (["a"] * 101, "Cannot delete more than 100 runs at once"),
        ([7], "Invalid run_id format: 7"),
        (["../x"], "Invalid run_id format"),
        (["a\n"], "Invalid run_id format"),
        (["a\0"], "Invalid run_id format"),
        ([".."], "Invalid run_id format"),
        (["x" * 10_000], "Invalid run_id format"),
        (["a\\..\\b"], "Invalid run_id format"),
        (["\ud800"], "Invalid run_id format"),
    ],
)
def test_f01_a_request_that_is_none_changes_nothing(hall: Workspace, asked: object, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence):
        hall.delete(asked)  # type: ignore[arg-type]


def test_f01_every_safe_name_on_disk_can_be_deleted(root: Path, hall: Workspace) -> None:
    odd = ["--help", "实验 🦄", "a.b", "x" * 255, "%2e%2e", "CON", "trailing.", "it's"]
    for name in odd:
        write_run(root, name)
    hall.catch_up()
    assert hall.delete(odd).done == hall.restore(odd).done == len(odd)
    assert hall.delete(odd).done == hall.empty_bin().done == len(odd)


def test_d7_two_runs_of_one_id_are_told_apart_by_their_paths(root: Path, hall: Workspace) -> None:
    first, second = write_run(root, RUN, name="first"), write_run(root, RUN, name="second")
    hall.catch_up()
    error = hall.delete([RUN]).errors[RUN]
    assert error is not None
    assert "demo/first" in error
    assert "demo/second" in error
    assert hall.delete([RUN], paths=[str(second)]).done == 1
    assert (first / ".deleted").exists() < (second / ".deleted").exists()
    assert hall.delete([RUN], paths=["elsewhere/" + RUN]).errors == {RUN: "run not found"}
    assert hall.delete([RUN]).done == 1
    assert "2 runs" in (hall.restore([RUN]).errors[RUN] or "")
    assert hall.restore([RUN], paths=[f"demo/first/runs/{RUN}"]).done == 1
    assert hall.restore([RUN]).done == 1


def test_f07_a_restore_never_covers_what_is_there_now(root: Path, hall: Workspace) -> None:
    write_72(root, "vision")
    hall.catch_up()
    hall.delete([RUN])
    other = write_72(root, "vision")
    (other / "note").write_text("the other")
    hall.catch_up()
    [entry] = hall.recycle_bin()
    assert "runs/vision" in entry.problem
    assert "another run is at" in (hall.restore([RUN]).errors[RUN] or "")
    assert (other / "note").read_text() == "the other"
    assert (root / "runs/.recycle" / RUN / "meta.json").exists()


def test_f07_two_entries_that_claim_one_place_are_both_kept(root: Path, hall: Workspace) -> None:
    write_72(root, "vision")
    hall.catch_up()
    hall.delete([RUN])
    second = write_72(root, "vision")
    hall.catch_up()
    assert hall.delete([RUN]).done == 1
    assert (second / ".deleted").exists(), "the bin folder has one of this id: it is marked where it is"
    entries = {entry.run_dir: entry for entry in hall.recycle_bin()}
    assert len(entries) == 2
    moved = str(root / "runs/.recycle" / RUN)
    assert "another deleted run claims" in entries[moved].problem
    assert "another deleted run claims" in (hall.restore([RUN], paths=[moved]).errors[RUN] or "")
    assert hall.restore([RUN], paths=[str(second)]).done == 1
    assert (root / "runs/.recycle" / RUN / "meta.json").exists()
    assert ids(hall) == {RUN}


@pytest.mark.parametrize("place", ["../../outside", "/etc", "a/../../..", ".recycle/x", "a//b", "a\0b", 7])
def test_f08_an_entry_edited_to_point_outside_is_refused(
    root: Path, hall: Workspace, tmp_path: Path, place: object
) -> None:
    write_72(root, "vision")
    hall.catch_up()
    hall.delete([RUN])
    (root / "runs/.recycle" / RUN / ".deleted").write_text(json.dumps({"original_path": place}))
    before = files(tmp_path)
    assert "out of the storage root" in (hall.restore([RUN]).errors[RUN] or "")
    assert files(tmp_path) == before
    assert hall.empty_bin().done == 1, "it can still be removed"


def test_an_absolute_place_inside_the_root_is_understood(root: Path, hall: Workspace) -> None:
    run_dir = write_72(root, "vision")
    hall.catch_up()
    hall.delete([RUN])
    (root / "runs/.recycle" / RUN / ".deleted").write_text(json.dumps({"original_path": f"{root}/runs/vision"}))
    assert hall.restore([RUN]).done == 1
    assert run_dir.is_dir()


@pytest.mark.parametrize("garbage", [b"", b"\xff\xfe\x00", b"[1, 2]", b'{"deleted_at": "yesterday"}', b"{" * 10_000])
def test_a_garbled_marker_still_means_deleted(root: Path, hall: Workspace, garbage: bytes) -> None:
    run_dir, moved = write_run(root, "a"), write_72(root, "p", "b")
    hall.catch_up()
    hall.delete(["a", "b"])
    for marker in (run_dir / ".deleted", root / "runs/.recycle/b/.deleted"):
        marker.write_bytes(garbage)
    hall.refresh()
    assert ids(hall) == set()
    assert [(entry.id, entry.deleted_at, entry.reason) for entry in hall.recycle_bin()] == [
        ("a", None, "unknown"),
        ("b", None, "unknown"),
    ]
    assert hall.restore(["a", "b"]).done == 2
    assert moved.is_dir()


def test_f11_a_running_run_is_refused_unless_forced(root: Path, hall: Workspace) -> None:
    run_dir = write_run(root, RUN, status="running", points=3, pid=os.getpid(), hostname=os.uname().nodename)
    append(run_dir, {"loss": 1.0, "global_step": 4})
    (run_dir / "heartbeat").write_text("{}")
    hall.catch_up()
    assert hall.delete([RUN]).errors == {RUN: "run is running"}
    assert not (run_dir / ".deleted").exists()
    assert hall.delete([RUN], force=True).done == 1


def test_f14_nothing_behind_a_link_is_deleted_or_emptied(root: Path, hall: Workspace, tmp_path: Path) -> None:
    canary = write_run(tmp_path / "outside", RUN)
    root.mkdir(exist_ok=True)
    (root / "demo").symlink_to(tmp_path / "outside" / "demo")
    (root / "real" / "first" / "runs").mkdir(parents=True)
    (root / "real" / "first" / "runs" / RUN).symlink_to(canary)
    hall.refresh()
    assert hall.delete([RUN]).errors == {RUN: "run not found"}
    inside = write_run(root, "b", project="mine")
    (inside / "link").symlink_to(canary)
    (inside / "media").mkdir()
    (inside / "media" / "link").symlink_to(canary / "meta.json")
    hall.refresh()
    hall.delete(["b"])
    assert hall.empty_bin().done == 1
    assert {"meta.json", "status.json"} == files(canary).keys()


def test_f14_a_project_that_became_a_link_after_it_was_indexed(root: Path, hall: Workspace, tmp_path: Path) -> None:
    write_run(root, RUN)
    hall.catch_up()
    shutil.move(root / "demo", tmp_path / "outside")
    (root / "demo").symlink_to(tmp_path / "outside")
    assert hall.delete([RUN]).errors == {RUN: "run not found"}
    canary = tmp_path / "outside/first/runs" / RUN
    assert not (canary / ".deleted").exists()
    (canary / ".deleted").write_text("{}")
    assert hall.recycle_bin() == ()
    assert hall.empty_bin().done == 0
    assert canary.is_dir()


@pytest.mark.parametrize("linked", [".runicorn-jupyter", ".runicorn-jupyter/trash", "runs/.recycle"])
def test_a_bin_or_trash_that_is_a_link_is_not_followed(
    root: Path, hall: Workspace, tmp_path: Path, linked: str
) -> None:
    (tmp_path / "outside").mkdir()
    write_run(root, "a")
    write_72(root, "p", "b")
    hall.catch_up()
    (root / linked).parent.mkdir(exist_ok=True)
    (root / linked).symlink_to(tmp_path / "outside")
    assert hall.delete(["a", "b"]).done == 2
    outcome = hall.empty_bin()
    assert all(error is None or "link" in error for error in outcome.errors.values())
    assert list((tmp_path / "outside").iterdir()) == []
    assert hall.restore(["a"]).done + outcome.done >= 1


def test_f18_a_very_deep_and_a_looping_run_is_emptied(root: Path, hall: Workspace) -> None:
    run_dir = write_run(root, RUN)
    hall.catch_up()
    held = os.open(run_dir, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=held)
        deeper = os.open("d", os.O_RDONLY, dir_fd=held)
        os.close(held)
        held = deeper
    os.symlink("..", "loop", dir_fd=held)
    os.mkfifo("pipe", dir_fd=held)
    os.close(held)
    hall.delete([RUN])
    assert hall.empty_bin().errors == {RUN: None}
    assert not run_dir.exists()
    assert list((root / trash.TRASH).iterdir()) == []


def test_an_emptying_that_was_killed_is_finished_by_the_next(root: Path, hall: Workspace, monkeypatch) -> None:
    """Killed before the claim, after it and in the middle of the removal; a restored run is put back instead."""
    for name in "abcd":
        write_run(root, name)
    hall.catch_up()
    hall.delete(list("abcd"))
    folder = root / trash.TRASH
    folder.mkdir(parents=True)
    place = "demo/first/runs"
    for at, name in enumerate("abcd"):
        (root / place / name).rename(folder / f".held-{at}@{place.replace('/', '%2F')}%2F{name}")
    (folder / f".held-1@{place.replace('/', '%2F')}%2Fb" / ".deleted").rename(
        folder / f".held-1@{place.replace('/', '%2F')}%2Fb" / ".emptied"
    )
    (folder / f".held-2@{place.replace('/', '%2F')}%2Fc").rename(folder / ".gone-2")
    (folder / ".gone-2" / "meta.json").unlink()
    (folder / f".held-3@{place.replace('/', '%2F')}%2Fd" / ".deleted").unlink()
    assert hall.empty_bin().done == 2
    assert list(folder.iterdir()) == []
    assert [one.name for one in (root / place).iterdir()] == ["d"]


def _race(root: Path, seed: int, results: multiprocessing.Queue) -> None:
    """Delete, restore and empty at random, counting what this process did to each run."""
    chance = random.Random(seed)
    deleted, restored, emptied = 0, 0, 0
    runs = [f"run-{at}" for at in range(30)]
    with Workspace(root) as hall:
        hall.wait_complete(20)
        for _ in range(12):
            some = chance.sample(runs, 12)
            deleted += hall.delete(some).done
            restored += hall.restore(chance.sample(runs, 8)).done
            if chance.random() < 0.4:
                emptied += hall.empty_bin().done
    results.put((deleted, restored, emptied))


def test_c13_two_processes_delete_restore_and_empty_each_run_once(root: Path) -> None:
    for at in range(30):
        write_run(root, f"run-{at}") if at % 2 else write_72(root, "p/q", f"run-{at}")
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    both = [context.Process(target=_race, args=(root, seed, results)) for seed in (1, 2)]
    for one in both:
        one.start()
    counts = [results.get(timeout=120) for _ in both]
    for one in both:
        one.join(30)
    assert [one.exitcode for one in both] == [0, 0]
    deleted, restored, emptied = (sum(column) for column in zip(*counts, strict=True))
    with Workspace(root) as hall:
        hall.refresh()
        living, held = len(hall.runs().runs), len(hall.recycle_bin())
    assert living + held + emptied == 30
    assert deleted - restored == held + emptied
    assert list((root / ".runicorn-jupyter").rglob(".*-*")) == []


def test_a_disk_that_refuses_is_a_sentence(root: Path, hall: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(root, "a")
    hall.catch_up()

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("runicorn_jupyter.store.bin.deletion.os.fsync", full)
        assert hall.delete(["a"]).errors == {"a": "the disk is full; make room and try again"}
    assert ids(hall) == {"a"}
    assert hall.delete(["a"]).done == 1


def test_a_disk_too_full_for_a_trash_folder_can_still_be_emptied(
    root: Path, hall: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir = write_run(root, "a")
    (run_dir / "media" / "deep").mkdir(parents=True)
    hall.catch_up()
    hall.delete(["a"])

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("runicorn_jupyter.store.bin.deletion.os.mkdir", full)
        assert hall.empty_bin().errors == {"a": None}
    assert list(run_dir.parent.iterdir()) == []


def test_f11_a_real_run_goes_on_logging_through_delete_restore_and_empty(root: Path) -> None:
    script = f"""
        import json
        from pathlib import Path
        import runicorn as rn
        from runicorn_jupyter.workspace import Workspace
        root = Path({str(root)!r})
        run = rn.init(project="demo", name="going", storage=str(root), capture_env=False)
        run.log({{"loss": 1.0}})
        with Workspace(root) as hall:
            hall.wait_complete(10)
            print(hall.delete([run.id]).errors[run.id])
            print(hall.delete([run.id], force=True).done)
            run.log({{"loss": 2.0}})
            print(hall.restore([run.id]).done)
            run.log({{"loss": 3.0}})
            print(hall.frame_columns(run.id)["loss"])
            hall.delete([run.id], force=True)
            print(hall.empty_bin().done)
            for step in range(100):
                run.log({{"loss": 4.0}})
            run.summary({{"best": 4.0}})
            run.finish()
            print(len(hall.runs().runs), sorted(path.name for path in root.glob("*/*/runs/*")))
    """
    answer = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[1:] == ["run is running", "1", "1", "[1.0, 2.0, 3.0]", "1", "0 []"]
    assert "Traceback" not in answer.stderr


def test_x27_a_run_is_removed_for_good_wherever_it_is(root: Path, hall: Workspace) -> None:
    living, binned, moved = write_run(root, "a", points=5), write_run(root, "b"), write_72(root, "p", "c")
    going = write_run(root, "d", status="running")
    (going / "heartbeat").write_text("{}")
    hall.catch_up()
    hall.delete(["b", "c"])
    size = sum(len(data) for data in files(living).values())
    before = files(root)
    would = hall.remove(["a", "b", "c", "d", "e"], dry_run=True)
    assert would.freed["a"] == size
    assert files(root) == before
    done = hall.remove(["a", "b", "c", "d", "e"])
    assert (would.done, would.errors, would.freed) == (done.done, done.errors, done.freed)
    assert done.errors == {"a": None, "b": None, "c": None, "d": "run is running", "e": "run not found"}
    assert not any(run_dir.exists() for run_dir in (living, binned, moved))
    assert hall.recycle_bin() == ()
    assert ids(hall) == {"d"}


def test_c13_of_many_who_mark_one_run_at_once_one_has_done_it(root: Path) -> None:
    runs = [write_run(root, f"run-{at}") for at in range(40)]
    together, done = threading.Barrier(4), []

    def mark_all() -> None:
        for run_dir in runs:
            together.wait(10)
            with contextlib.suppress(RunNotFound):
                deletion.mark(root, str(run_dir.relative_to(root)), reason="r", status="finished", path=None)
                done.append(run_dir)

    threads = [threading.Thread(target=mark_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == sorted(runs)
