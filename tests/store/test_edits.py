"""Notes, tags and alias of runs that others wrote: kept beside them, seen everywhere, never written into them."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rundirs import append, write_run

from runicorn_jupyter.errors import BadRequest, RunNotFound
from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.workspace import Workspace

RUN = "20260101_120000_abcdef"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    run_dir = write_run(tmp_path / "root", tags=["old"], notes="as written", alias="first")
    append(run_dir, {"loss": 0.5, "global_step": 1})
    write_run(tmp_path / "root", "20260101_130000_abcdef")
    return tmp_path / "root"


@pytest.fixture
def hall(root: Path) -> Iterator[Workspace]:
    with Workspace(root) as workspace:
        assert workspace.wait_complete(20)
        yield workspace


def digest(run_dir: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in run_dir.iterdir()}


def test_an_edit_shows_in_the_list_the_query_and_the_run_and_touches_none_of_its_files(
    hall: Workspace, root: Path
) -> None:
    run_dir = root / "demo" / "first" / "runs" / RUN
    before, version = digest(run_dir), hall.version()
    run = hall.edits.change(RUN, alias="best", tags=["a", "b c", "a", ' with "quotes" and \\ '], notes="looked at")
    assert (run.alias, run.tags, run.notes) == ("best", ("a", "b c", 'with "quotes" and \\'), "looked at")
    assert hall.version() > version
    assert [one.id for one in hall.runs(RunFilter(query='"b c" in tags and notes ~ "LOOKED"')).runs] == [RUN]
    assert [one.id for one in hall.runs(RunFilter(text="best")).runs] == [RUN]
    assert [one.id for one in hall.runs(RunFilter(query="old in tags")).runs] == []
    assert json.loads(hall.items(RunFilter(ids=(RUN,))).items[0])["alias"] == "best"
    assert digest(run_dir) == before
    kept = json.loads((root / ".runicorn-jupyter" / "edits" / f"{RUN}.json").read_text())
    assert kept.keys() == {"alias", "tags", "notes", "edited_at"}


def test_what_is_not_given_stays_and_what_is_given_empty_goes(hall: Workspace) -> None:
    assert hall.edits.change(RUN, notes="").tags == ("old",)
    run = hall.edits.change(RUN, alias="", tags=[])
    assert (run.alias, run.tags, run.notes) == (None, (), "")


def test_tags_are_added_and_taken_away_and_each_failure_is_told(hall: Workspace) -> None:
    assert hall.edits.tag([RUN, "nope"], ["new"])[RUN] is None
    assert hall.run(RUN).tags == ("old", "new")
    errors = hall.edits.tag([RUN, "nope"], ["old"], remove=True)
    assert hall.run(RUN).tags == ("new",)
    assert errors[RUN] is None
    assert "nope" in (errors["nope"] or "")


def test_another_machine_with_its_own_index_sees_the_edit(
    hall: Workspace, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    os.utime(root / "demo" / "first" / "runs" / RUN, (1.0, 1.0))  # what lies still is not looked at for its own sake
    with Workspace(root) as other:
        assert other.wait_complete(20)
        assert other.run(RUN).tags == ("old",)
        hall.edits.change(RUN, tags=["shared"])
        other.refresh()
        assert other.run(RUN).tags == ("shared",)


def test_what_people_said_of_a_run_goes_with_it_for_good(hall: Workspace, root: Path) -> None:
    file = root / ".runicorn-jupyter" / "edits" / f"{RUN}.json"
    hall.edits.change(RUN, tags=["kept"])
    hall.delete([RUN])
    assert file.exists()
    hall.restore([RUN])
    assert hall.run(RUN).tags == ("kept",)
    hall.remove([RUN], dry_run=True)
    assert file.exists()
    hall.remove([RUN])
    assert not file.exists()
    other = hall.runs().runs[0].id
    hall.edits.change(other, tags=["kept"])
    hall.delete([other])
    hall.empty_bin()
    assert list(file.parent.iterdir()) == []


def test_an_edit_made_by_another_machine_shows_by_itself(hall: Workspace, root: Path) -> None:
    os.utime(root / "demo" / "first" / "runs" / RUN, (1.0, 1.0))
    folder = root / ".runicorn-jupyter" / "edits"
    folder.mkdir(parents=True)
    (folder / f"{RUN}.json").write_text('{"tags": ["from afar"]}')
    deadline = time.monotonic() + 30
    while hall.run(RUN).tags != ("from afar",):
        assert time.monotonic() < deadline, "the edit was not seen"
        time.sleep(0.05)
    (folder / f"{RUN}.json").unlink()
    while hall.run(RUN).tags != ("old",):
        assert time.monotonic() < deadline, "the edit was not taken back"
        time.sleep(0.05)


def test_an_edit_outlives_the_index_and_what_the_run_writes_later(
    hall: Workspace, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall.edits.change(RUN, tags=["kept"])
    run_dir = root / "demo" / "first" / "runs" / RUN
    meta = json.loads((run_dir / "meta.json").read_text())
    (run_dir / "meta.json").write_text(json.dumps({**meta, "tags": ["written later"]}))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "fresh"))
    with Workspace(root) as other:
        assert other.wait_complete(20)
        assert other.run(RUN).tags == ("kept",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tags": ["x" * 101]},
        {"tags": [""]},
        {"tags": "text"},
        {"tags": [1]},
        {"tags": [str(at) for at in range(101)]},
        {"alias": "x" * 101},
        {"alias": "a\nb"},
        {"alias": "\ud800"},
        {"notes": "x" * 65_537},
        {"notes": 5},
    ],
)
def test_a_wrong_value_changes_nothing(hall: Workspace, root: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        hall.edits.change(RUN, **{"notes": "new", **wrong})
    assert hall.run(RUN).notes == "as written"
    assert not (root / ".runicorn-jupyter").exists()
    with pytest.raises(RunNotFound):
        hall.edits.change("nope", alias="x")


@pytest.mark.parametrize("kind", ["garbage", "list", "link", "fifo", "types"])
def test_a_damaged_edit_hides_no_run(root: Path, tmp_path: Path, kind: str) -> None:
    folder = root / ".runicorn-jupyter" / "edits"
    folder.mkdir(parents=True)
    file = folder / f"{RUN}.json"
    secret = tmp_path / "secret.json"
    secret.write_text('{"alias": "stolen"}')
    if kind == "link":
        file.symlink_to(secret)
    elif kind == "fifo":
        os.mkfifo(file)
    else:
        file.write_text({"garbage": "{", "list": "[1]", "types": '{"alias": [], "tags": 7, "notes": {}}'}[kind])
    with Workspace(root) as hall:
        assert hall.wait_complete(20)
        assert hall.runs().total == 2
        assert hall.run(RUN).alias in {"first", None}
