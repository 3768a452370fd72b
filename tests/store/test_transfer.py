"""Runs out of a root and into another: equal lists, equal frames, equal bytes; and what a conflict comes to."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from archives import GOOD, META, PLACE, RUN, tarred, zipped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rundirs import append, write_run

from runicorn_jupyter.errors import BadRequest, Conflict, RunNotFound
from runicorn_jupyter.models import Progress
from runicorn_jupyter.workspace import Workspace

KINDS = ["zip", "tar.gz"]
WIDE = ("config", "summary", "metrics")


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "place") as hall:
        yield hall


def write_72(root: Path, path: str, run_id: str = RUN) -> Path:
    """Lay a 0.6+ run directory out as contract §5b says."""
    run_dir = root / "runs" / path / run_id if path else root / "runs" / run_id
    run_dir.mkdir(parents=True)
    (run_dir / "meta.json").write_text(json.dumps({"id": run_id, "path": path, "created_at": 1_790_000_000.0}))
    (run_dir / "status.json").write_text(json.dumps({"status": "finished", "started_at": 1_790_000_000.0}))
    return run_dir


def files(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def listed(hall: Workspace) -> list[dict[str, object]]:
    assert hall.wait_complete(60)
    hall.catch_up()  # what the test itself wrote is found with the next poll, a second later
    told = [run.item(WIDE) for run in hall.runs().runs]
    for item in told:
        item["run_dir"] = str(item["run_dir"]).removeprefix(str(hall.root))
    return told


def exported(hall: Workspace, path: Path, kind: str, run_ids: list[str] | None = None) -> Path:
    ids = run_ids or [run.id for run in hall.runs().runs]
    path.write_bytes(b"".join(hall.transfer.pieces(ids, kind)))
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", ["053", "072"])
def test_f10_a_sample_root_out_and_in_again(
    request: pytest.FixtureRequest, tmp_path: Path, version: str, kind: str
) -> None:
    source = Path(shutil.copytree(request.getfixturevalue(f"upstream_{version}"), tmp_path / "source", symlinks=True))
    with Workspace(source) as out, Workspace(tmp_path / "target") as into:
        wanted = listed(out)
        report = into.transfer.import_archive(exported(out, tmp_path / "a", kind))
        assert len(report.taken) == len(wanted) == 72
        assert listed(into) == wanted
        for run in out.runs().runs:
            place = Path(run.run_dir).relative_to(source)
            assert files(into.root / place) == files(source / place)
            assert _states(into.assets(run.id)) == _states(out.assets(run.id))


def _states(value: object) -> list[str]:
    """Return every ``archive_state`` below `value`: what the runs keep is there as it was."""
    if isinstance(value, dict):
        own = [str(value["archive_state"])] if "archive_state" in value else []
        return own + [state for item in value.values() for state in _states(item)]
    return [state for item in value for state in _states(item)] if isinstance(value, list) else []


def test_upstreams_own_archive_of_072_is_taken_in(upstream_072: Path, tmp_path: Path) -> None:
    """Its `export` adds every run directory under its root-relative name, recycled ones included, nothing else."""
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        for place in sorted(path.parent for path in upstream_072.glob("runs/**/meta.json")):
            archive.add(place, arcname=str(place.relative_to(upstream_072)))
    with Workspace(upstream_072) as out, Workspace(tmp_path / "target") as into:
        into.transfer.import_archive(tmp_path / "a.tar.gz")
        assert listed(into) == listed(out)


@pytest.mark.parametrize("around", ["", "./my root/"])
def test_a_whole_root_packed_by_hand_is_taken_in(upstream_053: Path, tmp_path: Path, around: str) -> None:
    transform = f"s,^\\./,{around}," if around else "s,^\\./,,"
    path = tmp_path / "a.tar.gz"
    subprocess.run(["tar", "czf", path, "--transform", transform, "-C", upstream_053, "."], check=True)
    with Workspace(tmp_path / "target") as into:
        # GNU tar packs the second name of a file as a link, which is refused; the pool of artifacts has many.
        links = _links(path)
        if links:
            path = _without(path, links, tmp_path / "b.tar.gz")
        report = into.transfer.import_archive(path)
        assert len(report.taken) == 72
        assert report.passed_over > 0


def _links(path: Path) -> set[str]:
    with tarfile.open(path) as archive:
        return {member.name for member in archive if member.issym() or member.islnk()}


def _without(path: Path, names: set[str], target: Path) -> Path:
    with tarfile.open(path) as archive, tarfile.open(target, "w:gz") as new:
        for member in archive:
            if member.name not in names:
                new.addfile(member, archive.extractfile(member) if member.isfile() else None)
    return target


def test_what_it_would_do_is_told_and_nothing_is_written(hall: Workspace, tmp_path: Path) -> None:
    report = hall.transfer.preview(zipped(tmp_path / "a.zip", {**GOOD, "notes.txt": b"hi"}))
    assert [(run.id, run.place, run.files, run.outcome, run.conflict) for run in report.runs] == [
        (RUN, PLACE, 3, "import", None)
    ]
    assert (report.passed_over, report.item()["total_runs"]) == (1, 1)
    assert not hall.root.exists()


def test_f24_an_id_that_exists_is_left_alone(hall: Workspace, tmp_path: Path) -> None:
    write_run(hall.root, RUN, project="other", points=3)
    before = files(hall.root)
    report = hall.transfer.import_archive(zipped(tmp_path / "a.zip"))
    assert [(run.outcome, run.conflict) for run in report.runs] == [
        ("skipped", f"a run of this id is at other/first/runs/{RUN}")
    ]
    assert files(hall.root) == before


@pytest.mark.parametrize("make", [lambda root: write_run(root, RUN), lambda root: write_72(root, "vision/vit")])
def test_f24_an_id_that_is_in_the_recycle_bin_is_a_conflict_too(hall: Workspace, tmp_path: Path, make) -> None:
    make(hall.root)
    hall.wait_complete(20)
    assert hall.delete([RUN]).done == 1
    before = files(hall.root)
    [run] = hall.transfer.import_archive(zipped(tmp_path / "a.zip")).runs
    assert run.outcome == "skipped"
    assert "recycle bin" in (run.conflict or "")
    assert files(hall.root) == before


def test_rename_gives_a_new_id_in_every_place_that_has_one(hall: Workspace, tmp_path: Path) -> None:
    write_run(hall.root, RUN, points=3)
    [run] = hall.transfer.import_archive(zipped(tmp_path / "a.zip"), "rename").runs
    assert run.outcome == "renamed"
    assert run.new_id is not None
    assert run.new_id.startswith("20260101_120000_")
    assert run.place == f"demo/first/runs/{run.new_id}"
    assert json.loads((hall.root / run.place / "meta.json").read_bytes())["id"] == run.new_id
    assert {one["id"] for one in listed(hall)} == {RUN, run.new_id}
    assert (hall.root / PLACE / "events.jsonl").read_text().count("\n") == 3


@pytest.mark.parametrize("make", [write_run, lambda root, _: write_72(root, "vision/vit")])
def test_replace_puts_the_old_run_into_the_recycle_bin(hall: Workspace, tmp_path: Path, make) -> None:
    old = make(hall.root, RUN)
    (old / "logs.txt").write_text("old")
    hall.wait_complete(20)
    [run] = hall.transfer.import_archive(zipped(tmp_path / "a.zip"), "replace").runs
    assert run.outcome == "replaced"
    assert [one["id"] for one in listed(hall)] == [RUN]
    assert files(hall.root / PLACE).keys() == {"meta.json", "status.json", "events.jsonl"}
    [binned] = hall.recycle_bin()
    assert (binned.reason, binned.problem) == ("replaced_by_import", "")
    assert binned.id.startswith(f"{RUN}-replaced-")
    assert hall.restore([binned.id]).done == 1
    assert (Path(hall.run(binned.id).run_dir) / "logs.txt").read_text() == "old"


@pytest.mark.parametrize("make", [write_run, lambda root, _: write_72(root, "vision/vit")])
def test_replace_of_what_is_in_the_recycle_bin_loses_neither(hall: Workspace, tmp_path: Path, make) -> None:
    (make(hall.root, RUN) / "logs.txt").write_text("old")
    hall.wait_complete(20)
    hall.delete([RUN])
    [run] = hall.transfer.import_archive(zipped(tmp_path / "a.zip"), "replace").runs
    assert run.outcome == "replaced"
    assert [one["id"] for one in listed(hall)] == [RUN]
    [binned] = hall.recycle_bin()
    assert (Path(binned.run_dir) / "logs.txt").read_text() == "old"


def test_replace_leaves_a_running_run_alone(hall: Workspace, tmp_path: Path) -> None:
    run_dir = write_run(hall.root, RUN, status="running", pid=os.getpid(), hostname=os.uname().nodename)
    (run_dir / "heartbeat").write_text("{}")
    before = files(hall.root)
    with pytest.raises(Conflict, match="running"):
        hall.transfer.import_archive(zipped(tmp_path / "a.zip"), "replace")
    assert files(hall.root) == before


def test_the_same_archive_twice_changes_nothing_the_second_time(hall: Workspace, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip")
    hall.transfer.import_archive(path)
    before = files(hall.root)
    assert hall.transfer.import_archive(path).taken == ()
    assert files(hall.root) == before


def test_a_run_that_was_deleted_where_it_was_packed_is_passed_over(hall: Workspace, tmp_path: Path) -> None:
    binned = {name.replace("abcdef", "000000"): data for name, data in GOOD.items()}
    marker = {PLACE.replace("abcdef", "000000") + "/.deleted": b"{}"}
    moved = {f"runs/.recycle/{RUN}/meta.json": META}
    report = hall.transfer.import_archive(tarred(tmp_path / "a.tar.gz", {**GOOD, **binned, **marker, **moved}))
    assert ([run.id for run in report.taken], report.deleted_runs) == ([RUN], 1)
    assert files(hall.root).keys() == GOOD.keys()


def test_what_people_said_of_a_run_goes_with_it(tmp_path: Path) -> None:
    with Workspace(tmp_path / "one") as out, Workspace(tmp_path / "two") as into:
        write_run(out.root, RUN)
        out.wait_complete(20)
        out.edits.change(RUN, tags=["best"], notes="keep this one")
        path = exported(out, tmp_path / "a.zip", "zip")
        into.transfer.import_archive(path)
        assert (into.run(RUN).tags, into.run(RUN).notes) == (("best",), "keep this one")
        [again] = into.transfer.import_archive(path, "rename").runs
        assert into.run(again.new_id or "").tags == ("best",)


def test_nothing_but_regular_files_of_the_root_is_packed(hall: Workspace, tmp_path: Path) -> None:
    run_dir = write_run(hall.root, RUN, points=2)
    secret = tmp_path / "secret"
    secret.write_text("s")
    (hall.root / "shared.txt").write_text("inside")
    (run_dir / "out").symlink_to(secret)
    (run_dir / "folder").symlink_to(tmp_path)
    (run_dir / "in").symlink_to(hall.root / "shared.txt")
    os.mkfifo(run_dir / "pipe")
    left: list[int] = []
    data = b"".join(hall.transfer.pieces([RUN], "zip", left_out=left))
    (tmp_path / "a.zip").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = {name.removeprefix(f"{PLACE}/") for name in archive.namelist()}
        assert names == {"", "meta.json", "status.json", "events.jsonl", "in"}
        assert archive.read(f"{PLACE}/in") == b"inside"
    assert left == [3]


def test_unknown_runs_kinds_and_ways_are_said(hall: Workspace, tmp_path: Path) -> None:
    write_run(hall.root, RUN)
    with pytest.raises(RunNotFound):
        hall.transfer.pieces(["none"])
    with pytest.raises(BadRequest, match="at least one"):
        hall.transfer.pieces([])
    with pytest.raises(BadRequest, match=r"zip, tar\.gz"):
        list(hall.transfer.pieces([RUN], "rar"))
    with pytest.raises(BadRequest, match="skip, rename, replace"):
        hall.transfer.import_archive(zipped(tmp_path / "a.zip"), "overwrite")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_run_is_packed_in_pieces_and_the_progress_reaches_its_end(
    hall: Workspace, tmp_path: Path, kind: str
) -> None:
    run_dir = write_run(hall.root, RUN)
    (run_dir / "logs.txt").write_bytes(os.urandom(3 * 1024**2))
    told: list[Progress] = []

    def tell(state: Progress) -> None:
        told.append(state)
        assert hall.transfer.at_work() == [state]

    sizes = [len(piece) for piece in hall.transfer.pieces([RUN], kind, progress=tell)]
    assert hall.transfer.at_work() == []
    assert max(sizes) < 1024**2
    assert told[-1].done == told[-1].total > 3 * 1024**2
    assert [one.done for one in told] == sorted(one.done for one in told)


_names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
_values = st.floats() | st.integers(-(2**70), 2**70) | st.booleans() | _names | st.none()
_points = st.lists(st.dictionaries(_names, _values, max_size=4), max_size=20)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(points=_points, kind=st.sampled_from(KINDS), old=st.booleans(), tail=st.binary(max_size=20))
def test_export_then_import_gives_an_equal_frame(points, kind: str, old: bool, tail: bytes) -> None:
    """Whatever was logged, in either layout, with a torn last line or not."""
    with TemporaryDirectory() as folder:
        source = Path(folder, "source")
        run_dir = write_run(source) if old else write_72(source, "any/path")
        append(run_dir, *({**values, "global_step": step} for step, values in enumerate(points)), ts=5.0)
        with (run_dir / "events.jsonl").open("ab") as file:
            file.write(tail)
        with Workspace(source) as out, Workspace(Path(folder, "target")) as into:
            path = exported(out, Path(folder, "a"), kind, [RUN])
            into.transfer.import_archive(path)
            for raw in (False, True):
                assert _same(into.frame_columns(RUN, raw=raw), out.frame_columns(RUN, raw=raw))
            assert listed(into) == listed(out)


def _same(one: dict[str, list[object]], other: dict[str, list[object]]) -> bool:
    def kind(value: object) -> object:
        return "nan" if isinstance(value, float) and math.isnan(value) else (type(value), value)

    def plain(columns: dict[str, list[object]]) -> list[tuple[str, list[object]]]:
        return [(name, [kind(value) for value in held]) for name, held in columns.items()]

    return plain(one) == plain(other)
