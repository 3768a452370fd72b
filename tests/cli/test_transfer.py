"""`runicorn export`, `import` and `export-data`: the documented flags, whole files or none, nothing lost on the way."""

from __future__ import annotations

import csv
import io
import json
import tarfile
import zipfile
from pathlib import Path

import openpyxl
import pytest
from archives import GOOD, RUN, zipped
from pyarrow import parquet
from rundirs import write_run

from runicorn_jupyter.cli import main

OTHER = "20260101_120000_000000"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "place"
    write_run(root, RUN, points=3)
    write_run(root, OTHER, project="own", name="second", points=2)
    return root


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def said(capsys: pytest.CaptureFixture[str], *words: str | Path, code: int = 0) -> str:
    assert main([str(word) for word in words]) == code
    captured = capsys.readouterr()
    return captured.out if code == 0 else captured.err


def packed(path: Path) -> set[str]:
    """Return the ids of the runs in an archive."""
    if path.suffix == ".zip":
        names = zipfile.ZipFile(path).namelist()
    else:
        with tarfile.open(path) as archive:
            names = archive.getnames()
    return {name.split("/")[3] for name in names if name.count("/") > 3}


def test_export_writes_the_documented_archive(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    assert "2 runs to runicorn_export_" in said(capsys, "export", "--storage", root)
    [path] = Path().iterdir()
    assert path.name.endswith(".tar.gz")
    assert packed(path) == {RUN, OTHER}


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--project", "own"], {OTHER}),
        (["--name", "first"], {RUN}),
        (["--run-id", RUN], {RUN}),
        (["--run-id", RUN, "--run-id", OTHER], {RUN, OTHER}),
        (["--query", "last_step > 2"], {RUN}),
    ],
)
def test_export_takes_the_runs_that_are_named(
    capsys: pytest.CaptureFixture[str], root: Path, options: list[str], ids: set[str]
) -> None:
    told = json.loads(said(capsys, "export", "--storage", root, "--out", "a.zip", "--json", *options))
    assert (told["archive"], told["runs"], told["left_out"]) == ("a.zip", len(ids), 0)
    assert told["bytes"] == Path("a.zip").stat().st_size
    assert packed(Path("a.zip")) == ids


def test_export_of_nothing_says_so(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    assert main(["export", "--storage", str(root), "--project", "none"]) == 0
    assert "Nothing to export" in capsys.readouterr().err
    assert "no run" in said(capsys, "export", "--storage", root, "--run-id", "none", code=1)
    assert list(Path().iterdir()) == []


def test_a_file_that_cannot_be_written_is_said_and_none_is_left(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    Path("folder").mkdir()
    assert "cannot be written" in said(capsys, "export", "--storage", root, "--out", "folder", code=2)
    assert [one.name for one in Path().iterdir()] == ["folder"]


def test_export_then_import(capsys: pytest.CaptureFixture[str], root: Path, tmp_path: Path) -> None:
    said(capsys, "export", "--storage", root, "--out", "a.tar.gz")
    target = tmp_path / "new"
    dry = said(capsys, "import", "--storage", target, "--archive", "a.tar.gz", "--dry-run")
    assert "2 runs would go into" in dry
    assert not target.exists()
    assert "2 runs went into" in said(capsys, "import", "--storage", target, "--archive", "a.tar.gz")
    for run_id in (RUN, OTHER):
        [old], [new] = root.glob(f"*/*/runs/{run_id}"), target.glob(f"*/*/runs/{run_id}")
        assert {one.name: one.read_bytes() for one in old.iterdir()} == {
            one.name: one.read_bytes() for one in new.iterdir()
        }
    again = said(capsys, "import", "--storage", target, "--archive", "a.tar.gz")
    assert "2 left out" in again
    assert "--conflict rename" in again


@pytest.mark.parametrize(("way", "outcome"), [("rename", "renamed"), ("replace", "replaced"), ("skip", "skipped")])
def test_import_meets_a_conflict_as_it_is_told(
    capsys: pytest.CaptureFixture[str], root: Path, way: str, outcome: str
) -> None:
    zipped(Path("a.zip"))
    told = json.loads(said(capsys, "import", "--storage", root, "--archive", "a.zip", "--conflict", way, "--json"))
    assert [(run["id"], run["outcome"]) for run in told["runs"]] == [(RUN, outcome)]
    assert told["conflict_run_ids"] == [RUN]


def test_a_bad_archive_is_one_sentence_and_a_code(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    zipped(Path("a.zip"), GOOD, ("../x", b""))
    before = sorted(root.rglob("*"))
    assert "leads out" in said(capsys, "import", "--storage", root, "--archive", "a.zip", code=2)
    assert "no file" in said(capsys, "import", "--storage", root, "--archive", "none.zip", code=2)
    assert sorted(root.rglob("*")) == before


def test_an_archive_of_ones_own_may_be_as_large_as_it_likes(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    zipped(Path("a.zip"), {**GOOD, f"{next(iter(GOOD)).rsplit('/', 1)[0]}/logs.txt": bytes(40 * 1024**2)})
    words = ("import", "--storage", root, "--archive", "a.zip", "--conflict", "rename")
    assert "--trust" in said(capsys, *words, code=1)
    assert "1 run went into" in said(capsys, *words, "--trust")


def test_export_data_writes_each_form(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    def data(form: str, out: str, *more: str) -> Path:
        said(capsys, "export-data", "--storage", root, "--run-id", RUN, "--format", form, "--output", out, *more)
        return Path(out)

    assert [row["step"] for row in csv.DictReader(data("csv", "a.csv").read_text().splitlines())] == ["1", "2", "3"]
    assert json.loads(data("json", "a.json").read_bytes())["run"]["id"] == RUN
    assert openpyxl.load_workbook(data("excel", "a.xlsx")).sheetnames == ["run", "points"]
    assert parquet.read_table(data("parquet", "a.parquet")).num_rows == 3
    assert data("markdown", "a.md").read_text().startswith("# demo / first")
    html = data("html", "a.html").read_text()
    assert "<h1>demo / first</h1>" in html
    assert repr(1 / 3) in html, "figures of every point, measured or not"
    [events] = [one for one in data("tensorboard", "logs").rglob("*") if one.is_file()]
    assert str(events) == f"logs/demo/first/runs/{RUN}/events.out.tfevents.{RUN}"
    assert events.stat().st_size > 100


def test_export_data_prints_what_can_be_read(capsysbinary: pytest.CaptureFixture[bytes], root: Path) -> None:
    assert main(["export-data", "--storage", str(root), "--run-id", RUN]) == 0
    rows = list(csv.DictReader(io.StringIO(capsysbinary.readouterr().out.decode())))
    assert [row["loss"] for row in rows] == ["1.0", "0.5", repr(1 / 3)]
    assert main(["export-data", "--storage", str(root), "--run-id", RUN, "--format", "markdown"]) == 0
    assert capsysbinary.readouterr().out.startswith(b"# demo / first")


def test_export_data_of_several_runs(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    both = ("export-data", "--storage", root, "--run-id", RUN, "--run-id", OTHER)
    said(capsys, *both, "--output", "a.csv")
    assert [row["run_id"] for row in csv.DictReader(Path("a.csv").read_text().splitlines())] == [RUN] * 3 + [OTHER] * 2
    told = json.loads(said(capsys, *both, "--format", "tensorboard", "--output", "logs", "--json"))
    assert told == {"output": "logs", "format": "tensorboard", "runs": 2}
    assert len(list(Path("logs").rglob("events*"))) == 2
    assert "one run" in said(capsys, *both, "--format", "html", "--output", "a.html", code=2)
    assert not Path("a.html").exists()
