"""The points of runs as files of other programs, read back by those programs' own readers."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loggers import environment
from pyarrow import parquet
from rundirs import append, write_run

from runicorn_jupyter.errors import BadRequest, NotInstalled, TooLarge
from runicorn_jupyter.store.transfer import jsonfile, points
from runicorn_jupyter.workspace import Workspace

RUN = "20260101_120000_abcdef"
SECOND = "20260101_120000_000000"
ROWS = [
    {"loss": 0.1, "count": 1, "word": "=SUM(A1)", "mixed": 1},
    {"loss": math.nan, "count": 2, "word": "+1", "mixed": "two", "big": 2**60 + 1},
    {"loss": math.inf, "count": 3, "word": 'plain, "quoted"\nlines', "ok": True},
    {"loss": -math.inf, "word": "-", "mixed": 2.5, "huge": 10**30},
    {"loss": 1e-300, "word": "@cmd", "=evil": 5.0},
]  # fmt: skip


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "place") as hall:
        yield hall


@pytest.fixture
def logged(hall: Workspace) -> Workspace:
    run_dir = write_run(hall.root, RUN)
    append(run_dir, *({**row, "global_step": at + 1} for at, row in enumerate(ROWS)), ts=1_790_000_000.0)
    hall.refresh()
    assert hall.wait_complete(20)
    return hall


def exported(hall: Workspace, form: str, *run_ids: str, **options: object) -> bytes:
    out = io.BytesIO()
    hall.transfer.export_data(run_ids or [RUN], form, out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def test_csv_is_read_back_by_pandas_and_by_python(logged: Workspace) -> None:
    data = exported(logged, "csv").decode()
    lines = list(csv.DictReader(io.StringIO(data)))
    assert list(lines[0]) == ["step", "time", "loss", "count", "mixed", "huge", "'=evil", "word", "big", "ok"]
    assert [line["loss"] for line in lines] == ["0.1", "NaN", "inf", "-inf", "1e-300"]
    assert [line["count"] for line in lines] == ["1", "2", "3", "", ""]
    assert [line["mixed"] for line in lines] == ["1.0", "two", "", "2.5", ""]
    assert (lines[1]["big"], lines[3]["huge"], lines[2]["ok"]) == (str(2**60 + 1), "1e+30", "true")
    frame = pd.read_csv(io.StringIO(data))
    assert frame["loss"].tolist()[2:] == [math.inf, -math.inf, 1e-300]
    assert frame["time"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_csv_holds_nothing_a_spreadsheet_would_run(logged: Workspace) -> None:
    for line in csv.reader(io.StringIO(exported(logged, "csv").decode())):
        for cell in line:
            number = cell.replace("-inf", "inf") == "inf" or cell == "-inf"
            assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell
    words = [line["word"] for line in csv.DictReader(io.StringIO(exported(logged, "csv").decode()))]
    assert words == ["'=SUM(A1)", "'+1", 'plain, "quoted"\nlines', "'-", "'@cmd"]


def test_json_is_strict_exact_and_says_what_it_cannot_hold(logged: Workspace) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    found = json.loads(exported(logged, "json"), parse_constant=refuse)
    assert (found["format"], found["run"]["id"]) == ("runicorn-run", RUN)
    assert "run_dir" not in found["run"]
    assert found["columns"][:3] == ["step", "time", "loss"]
    assert [row["loss"] for row in found["rows"]] == [0.1, None, None, None, 1e-300]
    assert found["not_finite"] == [[1, "loss", "NaN"], [2, "loss", "Infinity"], [3, "loss", "-Infinity"]]
    assert (found["rows"][1]["big"], found["rows"][3]["huge"]) == (2**60 + 1, 1e30)
    assert found["run"]["metrics"]["count"]["max"] == 3


def test_json_takes_media_when_asked(logged: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run_dir = logged.root / "demo/first/runs" / RUN
    (run_dir / "media").mkdir()
    (run_dir / "media/a.png").write_bytes(b"picture")
    image = {"key": "a", "path": "media/a.png", "step": 2, "caption": None}
    with (run_dir / "events.jsonl").open("a") as file:
        for path in ("media/a.png", "media/gone.png"):
            file.write(json.dumps({"ts": 1.0, "type": "image", "data": {**image, "path": path}}) + "\n")
    first, second = json.loads(exported(logged, "json", media=True))["media"]
    assert (base64.b64decode(first["data"]), first["step"], second["data"]) == (b"picture", 2, None)
    with pytest.raises(BadRequest, match="no place for media"):
        exported(logged, "csv", media=True)
    monkeypatch.setattr(jsonfile, "_MEDIA_LIMIT", 3)
    with pytest.raises(TooLarge, match="archive"):
        exported(logged, "json", media=True)


def test_excel_has_texts_for_what_would_be_a_formula_or_lose_digits(logged: Workspace) -> None:
    book = openpyxl.load_workbook(io.BytesIO(exported(logged, "excel")))
    assert book.sheetnames == ["run", "points"]
    rows = list(book["points"].iter_rows())
    assert [cell.value for cell in rows[0]][:3] == ["step", "time", "loss"]
    assert all(cell.data_type != "f" for row in rows for cell in row)
    column = {cell.value: at for at, cell in enumerate(rows[0])}
    assert [row[column["loss"]].value for row in rows[1:]] == [0.1, "NaN", "inf", "-inf", 1e-300]
    assert [row[column["word"]].value for row in rows[1:]] == [row["word"] for row in ROWS]
    assert (rows[2][column["big"]].value, rows[3][column["ok"]].value) == (str(2**60 + 1), True)
    facts = {row[0].value: row[1].value for row in book["run"].iter_rows()}
    assert (facts["id"], facts["project"], facts["state"]) == (RUN, "demo", "finished")


def test_parquet_has_types_and_says_what_the_run_is(logged: Workspace) -> None:
    table = parquet.read_table(io.BytesIO(exported(logged, "parquet")))
    types = {field.name: str(field.type) for field in table.schema}
    assert types == {
        "step": "int64", "time": "double", "loss": "double", "count": "int64", "mixed": "string",
        "=evil": "double", "word": "string", "big": "int64", "ok": "bool", "huge": "double",
    }  # fmt: skip
    loss = table["loss"].to_pylist()
    assert math.isnan(loss[1])
    assert loss[2:4] == [math.inf, -math.inf]
    assert table["count"].to_pylist() == [1, 2, 3, None, None]
    assert (table["big"].to_pylist()[1], table["huge"].to_pylist()[3]) == (2**60 + 1, 1e30)
    assert table["mixed"].to_pylist() == ["1.0", "two", None, "2.5", None]
    [run] = json.loads(table.schema.metadata[b"runicorn"])
    assert (run["id"], run["project"]) == (RUN, "demo")


def test_without_pyarrow_the_sentence_names_the_extra(logged: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(NotInstalled, match=r"runicorn-jupyter\[fast\]"):
        exported(logged, "parquet")


def test_several_runs_make_one_long_table(logged: Workspace) -> None:
    append(write_run(logged.root, SECOND, name="other"), {"loss": 7, "run_id": "mine", "global_step": 1})
    lines = list(csv.DictReader(io.StringIO(exported(logged, "csv", RUN, SECOND).decode())))
    assert [line["run_id_"] for line in lines] == [RUN] * 5 + [SECOND]
    assert (lines[-1]["name"], lines[-1]["loss"], lines[-1]["run_id"], lines[-1]["word"]) == ("other", "7", "mine", "")
    table = parquet.read_table(io.BytesIO(exported(logged, "parquet", RUN, SECOND)))
    assert table["loss"].to_pylist()[-1] == 7.0
    found = json.loads(exported(logged, "json", RUN, SECOND))
    assert [run["id"] for run in found["runs"]] == [RUN, SECOND]
    with pytest.raises(BadRequest, match="one run"):
        exported(logged, "tensorboard", RUN, SECOND)


def test_a_run_of_several_processes_has_all_its_ranks(hall: Workspace) -> None:
    run_dir = write_run(hall.root, RUN)
    append(run_dir, {"loss": 1.0, "global_step": 1}, {"loss": 0.5, "global_step": 2}, ts=100.0)
    event = {"ts": 99.0, "rank": 1, "type": "metrics", "data": {"loss": 7.0, "only": 1, "global_step": 1}}
    (run_dir / "events.node2-1.jsonl").write_text(json.dumps(event) + "\n")
    lines = list(csv.DictReader(io.StringIO(exported(hall, "csv").decode())))
    assert list(lines[0]) == ["step", "rank", "time", "loss", "only"]
    assert [(line["step"], line["rank"], line["time"], line["loss"]) for line in lines] == [
        ("1", "0", "1.0", "1.0"),
        ("2", "0", "2.0", "0.5"),
        ("1", "1", "0.0", "7.0"),
    ]
    frame = hall.frame_columns(RUN)
    assert sorted(zip(frame["step"], frame["rank"], frame["time"], frame["loss"], strict=True)) == sorted(
        (int(line["step"]), int(line["rank"]), float(line["time"]), float(line["loss"])) for line in lines
    )
    assert parquet.read_table(io.BytesIO(exported(hall, "parquet")))["rank"].to_pylist() == [0, 0, 1]
    assert b"loss (rank 1)" in exported(hall, "tensorboard")


def test_unknown_forms_and_no_runs_are_said(logged: Workspace) -> None:
    with pytest.raises(BadRequest, match="json, csv, excel, parquet, tensorboard"):
        exported(logged, "xml")
    with pytest.raises(BadRequest, match="at least one"):
        logged.transfer.export_data([], "csv", io.BytesIO())


@pytest.mark.parametrize("form", ["json", "csv", "excel", "parquet", "tensorboard"])
def test_a_run_without_a_point_is_an_empty_file_of_its_kind(hall: Workspace, form: str) -> None:
    write_run(hall.root, RUN)
    data = exported(hall, form)
    read = {
        "json": lambda: json.loads(data)["rows"],
        "csv": lambda: data.decode().splitlines()[1:],
        "excel": lambda: list(openpyxl.load_workbook(io.BytesIO(data))["points"].iter_rows())[1:],
        "parquet": lambda: parquet.read_table(io.BytesIO(data)).to_pylist(),
        "tensorboard": lambda: data[41:],
    }
    assert list(read[form]()) == []


def test_a_long_run_is_written_in_blocks_without_a_seam(hall: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "BLOCK", 7)
    append(write_run(hall.root, RUN), *({"loss": float(at), "global_step": at} for at in range(100)))
    frame = pd.read_csv(io.BytesIO(exported(hall, "csv")))
    assert frame["loss"].tolist() == frame["step"].tolist() == list(range(100))
    assert [row["step"] for row in json.loads(exported(hall, "json"))["rows"]] == list(range(100))
    assert parquet.read_table(io.BytesIO(exported(hall, "parquet")))["loss"].to_pylist() == list(map(float, range(100)))


def test_a_cleared_curve_cache_does_not_stop_an_export(hall: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "BLOCK", 50_000)
    append(write_run(hall.root, RUN), *({"loss": float(at), "global_step": at} for at in range(120_000)), ts=1.0)
    assert hall.wait_complete(60)
    out = io.BytesIO()
    cleared: list[int] = []

    def clear(_: object) -> None:
        if not cleared:
            cleared.append(1)
            hall.curve_cache.clear()

    hall.transfer.export_data([RUN], "csv", out, progress=clear)
    out.seek(0)
    assert pd.read_csv(out)["loss"].tolist() == list(map(float, range(120_000)))


_names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).filter(
    lambda name: name not in {"step", "global_step", "stage", "time", "epoch"}
)
_values = st.floats() | st.integers(-(2**70), 2**70) | st.booleans() | st.text(max_size=6)
_points = st.lists(st.dictionaries(_names, _values, max_size=4), max_size=15)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=_points)
def test_whatever_was_logged_can_be_written_in_every_form(rows: list[dict[str, object]]) -> None:
    with TemporaryDirectory() as folder, Workspace(Path(folder, "root")) as hall:
        append(write_run(hall.root, RUN), *({**row, "global_step": at} for at, row in enumerate(rows)), ts=3.0)
        frame = hall.frame_columns(RUN)
        for form in ("csv", "json", "excel", "parquet", "tensorboard"):
            assert exported(hall, form)
        told = json.loads(exported(hall, "json"))
        odd = {(at, column) for at, column, _ in told["not_finite"]}
        for name, values in frame.items():
            for at, value in enumerate(values):
                if (at, name) not in odd and not isinstance(value, str):
                    assert told["rows"][at][name] == value
        assert len(list(csv.reader(io.StringIO(exported(hall, "csv").decode(), newline="")))) == len(rows) + 1


@pytest.mark.timeout(600)  # the environment of the frameworks may have to be made first
def test_tensorboard_itself_reads_the_file(hall: Workspace, tmp_path: Path) -> None:
    steps = [-3, 0, 1, 127, 128, 20_000, 2**40]
    rows = [{"loss/train": step / 7, "global_step": step, "word": "x"} for step in steps]
    append(
        write_run(hall.root, RUN), *rows, {"bad": math.nan, "huge": 10**40, "global_step": 2**41}, ts=1_790_000_000.0
    )
    (tmp_path / "tb").mkdir()
    (tmp_path / "tb/events.out.tfevents.x").write_bytes(exported(hall, "tensorboard"))
    script = """
        import json, sys
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        read = EventAccumulator(sys.argv[1])
        read.Reload()
        print(json.dumps({tag: [[one.step, one.value, one.wall_time] for one in read.Scalars(tag)]
                          for tag in read.Tags()["scalars"]}))
    """
    command = [environment.python(), "-c", textwrap.dedent(script), tmp_path / "tb"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert found.keys() == {"loss/train", "bad", "huge"}
    assert [step for step, _, _ in found["loss/train"]] == steps
    assert [value for _, value, _ in found["loss/train"]] == pytest.approx([step / 7 for step in steps], rel=1e-6)
    assert [time for _, _, time in found["loss/train"]] == [1_790_000_000.0 + at for at in range(len(steps))]
    assert math.isnan(found["bad"][0][1])
    assert found["huge"][0][1] == math.inf
