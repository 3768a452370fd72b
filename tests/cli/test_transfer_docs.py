"""The commands of docs/transfer.md and docs/from-upstream.md, in their order, as they stand."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from places import REPOSITORY
from rundirs import append, write_run

from runicorn_jupyter.cli import main
from runicorn_jupyter.workspace import Workspace

RUN, SECOND = "20260101_120000_abcdef", "20260101_120000_000000"
OUTCOME_OF_DOCTOR = {0, 1}
"""What it finds wrong with this machine is not these documents' concern."""


def told(name: str) -> str:
    return (REPOSITORY / "docs" / name).read_text(encoding="utf-8")


def run_all(name: str, put_in: Mapping[str, str], capsys: pytest.CaptureFixture[str]) -> int:
    """Run every command of a document; return how many there are."""
    blocks = re.findall(r"```sh\n(.*?)```", told(name), re.DOTALL)
    lines = [shlex.split(line) for block in blocks for line in block.splitlines()]
    for words in lines:
        assert words[0] == "runicorn"
        code = main([put_in.get(word, word) for word in words[1:]])
        said = capsys.readouterr()
        assert code in (OUTCOME_OF_DOCTOR if words[1] == "doctor" else {0}), (words, said)
    return len(lines)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def test_transfer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "root"
    append(write_run(root, RUN, points=5), {"acc": 0.9, "global_step": 6})
    write_run(root, SECOND, name="second", points=2)
    monkeypatch.setenv("RUNICORN_DIR", str(root))
    put_in = {"RUN": RUN, "SECOND": SECOND, "OTHER": str(tmp_path / "other")}
    assert run_all("transfer.md", put_in, capsys) == 19
    for name in (
        "demo.zip",
        "one.tar.gz",
        "both.csv",
        "run.json",
        "run.xlsx",
        "run.parquet",
        "report.md",
        "report.html",
    ):
        assert Path(name).stat().st_size > 0, name
    assert [one.name for one in Path("logs").rglob("events*")] == [f"events.out.tfevents.{RUN}"]
    with Workspace(tmp_path / "other") as hall:
        assert hall.wait_complete(20)
        assert [run.id for run in hall.runs().runs] == [RUN]
    with Workspace(root) as hall:
        assert hall.wait_complete(20)
        assert len(hall.runs().runs) == 4, "two, and two under new ids"
        assert len(hall.recycle_bin()) == 2, "what was replaced"


@pytest.mark.parametrize("version", ["053", "072"])
def test_from_upstream(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    sample = request.getfixturevalue(f"upstream_{version}")
    root = Path(shutil.copytree(sample, tmp_path / "theirs", symlinks=True))
    assert run_all("from-upstream.md", {"ROOT": str(root), "NEW": str(tmp_path / "new")}, capsys) == 8
    with Workspace(tmp_path / "new") as hall:
        assert hall.wait_complete(60)
        assert len(hall.runs().runs) == 72
    assert _files(root) == _files(sample), "reading and exporting wrote something"


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    found = ((one, one.lstat()) for one in folder.rglob("*") if not one.is_dir())
    return {str(one.relative_to(folder)): (at.st_size, at.st_mtime_ns) for one, at in found}


def test_both_documents_have_the_same_table_of_what_differs() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    tables = [
        [line for line in text[text.index("| the documents say |") :].splitlines() if line.startswith("|")]
        for text in (readme, told("from-upstream.md"))
    ]
    assert tables[0] == tables[1]
    for word in (
        "CORS",
        "envelope",
        "requests a minute",
        "localhost",
        "authentication",
        "password",
        "ids",
        "pip install",
    ):
        assert any(word in row for row in tables[0]), word
