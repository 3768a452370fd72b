"""Pictures and files beside the points."""

from __future__ import annotations

import io
import json
import os
import re
import wave

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from runicorn_jupyter.tracking import init
from runicorn_jupyter.tracking.media.files import file_name
from tracking.runfiles import document, events


@pytest.fixture
def run(root):
    return init(storage=root)


def opened(run, place):
    return Image.open(run.run_dir / place)


def test_the_event_keeps_the_key_and_the_file_name_is_safe(run):
    place = run.log_image("../val/confusion μ", b"\x89PNG\r\n\x1a\nrest", step=3, caption="why")
    assert re.fullmatch(r"media/\d{13}_[0-9a-f]{6}_val_confusion_μ\.png", place)
    (event,) = events(run.run_dir)
    assert event["type"] == "image"
    assert event["data"] == {"key": "../val/confusion μ", "path": place, "step": 3, "caption": "why"}
    assert (run.run_dir / place).read_bytes() == b"\x89PNG\r\n\x1a\nrest"


@pytest.mark.parametrize("key", ["", "..", "/", "\0", "a\\b", "x" * 500, "界" * 500, ".hidden", "con\n"])
def test_any_key_gives_one_safe_name(key):
    name = file_name(key, "../png")
    assert "/" not in name
    assert len(os.fsencode(name)) <= 255
    assert re.fullmatch(r"\d+_[0-9a-f]{6}_[^/\\\0\n]+\.bin", name)


@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["uint8", "float32", "bool"])
def test_arrays_become_the_picture_they_are(run, channels, kind):
    generator = np.random.default_rng(0)
    shape = (5, 7) if channels is None else (5, 7, channels)
    pixels = generator.integers(0, 256, shape, dtype="uint8")
    given = {"uint8": pixels, "float32": (pixels / 255).astype("float32"), "bool": pixels > 127}[kind]
    shown = np.asarray(opened(run, run.log_image("a", given)))
    expected = (given * np.uint8(255)) if kind == "bool" else pixels
    assert np.array_equal(shown, expected if channels != 1 else expected[:, :, 0])


def test_channels_first_floats_beyond_one_and_nan_are_understood(run):
    array = np.full((3, 5, 7), 2.0)
    array[0] = np.nan
    shown = np.asarray(opened(run, run.log_image("a", array)))
    assert shown.shape == (5, 7, 3)
    assert shown[0, 0].tolist() == [0, 255, 255]


def test_pillow_images_paths_and_figures(run, tmp_path):
    image = Image.new("RGBA", (4, 3), (255, 0, 0, 128))
    assert opened(run, run.log_image("p", image)).size == (4, 3)
    jpeg = opened(run, run.log_image("p", image, format="jpg", quality=50))
    assert (jpeg.format, jpeg.mode) == ("JPEG", "RGB")
    image.save(tmp_path / "x.gif")
    assert opened(run, run.log_image("p", tmp_path / "x.gif")).format == "GIF"
    assert opened(run, run.log_image("p", str(tmp_path / "x.gif"))).format == "GIF"

    class Figure:
        def savefig(self, target, **options):
            image.save(target, format=options["format"])

    assert opened(run, run.log_image("p", Figure())).size == (4, 3)
    assert opened(run, run.log_image("n", np.zeros((4, 4)), format="jpg")).format == "JPEG"


def test_bytes_keep_the_format_they_have(run):
    buffer = io.BytesIO()
    Image.new("L", (2, 2)).save(buffer, format="JPEG")
    assert run.log_image("k", buffer.getvalue()).endswith(".jpg")


@pytest.mark.parametrize("wrong", [object(), np.zeros((5, 6, 7)), np.zeros(3), "/nowhere/x.png", None])
def test_what_is_no_picture_is_counted_and_leaves_nothing(run, wrong, capsys):
    assert run.log_image("k", wrong) is None
    run.finish()
    assert document(run.run_dir, "status")["sdk_faults"] == {"log_image": 1}
    assert list(run.run_dir.glob("media/*")) == []
    assert "/nowhere" not in capsys.readouterr().err


def test_a_file_is_copied_with_its_ending(run, tmp_path):
    (tmp_path / "model.tar.gz").write_bytes(b"w" * 3_000_000)
    place = run.log_file("model", tmp_path / "model.tar.gz", caption="final")
    assert place.endswith("_model.gz")
    assert (run.run_dir / place).stat().st_size == 3_000_000
    assert events(run.run_dir)[0] | {"ts": 0} == {
        "ts": 0, "type": "file", "data": {"key": "model", "path": place, "step": None, "caption": "final"},
    }  # fmt: skip


def test_a_fifo_is_no_file_and_does_not_hold_the_training(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert run.log_file("k", tmp_path / "pipe") is None
    assert run.log_image("k", tmp_path / "pipe") is None
    assert run._faults.counts == {"log_file": 1, "log_image": 1}


def stored(run, place):
    return json.loads((run.run_dir / place).read_text("utf-8"))


ROWS = {"columns": ["a", "b"], "data": [[1, "x"], [2.5, None]]}


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (pd.DataFrame({"a": [1, 2.5], "b": ["x", None]}, dtype=object), None),
        ([{"a": 1, "b": "x"}, {"a": 2.5}], None),
        ({"a": [1, 2.5], "b": ["x"]}, None),
        ([[1, "x"], [2.5, None]], ["a", "b"]),
        (((1, "x"), (2.5, float("nan"))), ("a", "b")),
    ],
    ids=["frame", "dicts", "columns", "rows", "tuples and NaN"],
)
def test_a_table_is_rows_and_columns_that_pandas_reads(run, table, columns):
    place = run.log_table("t", table, step=2, caption="c", columns=columns)
    assert stored(run, place) == ROWS
    assert list(pd.read_json(run.run_dir / place, orient="split").columns) == ["a", "b"]
    (event,) = events(run.run_dir)
    assert event["type"] == "table"
    assert event["data"] == {"key": "t", "path": place, "step": 2, "caption": "c", "columns": ["a", "b"], "rows": 2}


def test_cells_of_libraries_become_plain_and_a_long_table_is_cut(run, capsys):
    frame = pd.DataFrame({"when": [pd.Timestamp("2026-01-02"), pd.NaT], "n": np.array([1, 2], dtype="int8")})
    assert stored(run, run.log_table("t", frame))["data"] == [["2026-01-02T00:00:00", 1], [None, 2]]
    assert stored(run, run.log_table("t", np.eye(2)))["columns"] == ["column 1", "column 2"]
    long = run.log_table("t", [[n] for n in range(12_000)], columns=["n"])
    assert len(stored(run, long)["data"]) == 10_000
    assert events(run.run_dir)[-1]["data"]["rows"] == 12_000
    assert run.log_table("t", "text") is None
    assert run.log_table("t", [1, 2]) is None
    assert "cut to 10000" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("samples", "channels", "first"),
    [
        (np.linspace(-1, 1, 800, dtype="float32"), 1, -32767),
        (np.full((800, 2), 0.5), 2, 16383),
        (np.full((2, 800), 99, dtype="int16"), 2, 99),
        (np.full(800, np.nan), 1, 0),
        ([0.0] * 800, 1, 0),
    ],
)
def test_samples_become_a_wav_file(run, samples, channels, first):
    place = run.log_audio("s", samples, sample_rate=8000, step=1)
    with wave.open(str(run.run_dir / place)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (channels, 8000, 800)
        assert int.from_bytes(file.readframes(1)[:2], "little", signed=True) == first
    data = events(run.run_dir)[0]["data"]
    assert (data["sample_rate"], data["seconds"], data["step"]) == (8000, 0.1, 1)


def test_sounds_that_are_files_already_stay_what_they_are(run, tmp_path):
    (tmp_path / "x.ogg").write_bytes(b"OggS...")
    assert run.log_audio("s", tmp_path / "x.ogg").endswith("_s.ogg")
    assert run.log_audio("s", b"RIFF....").endswith("_s.wav")
    assert run.log_audio("s", np.zeros(10)) is None
    assert run.log_audio("s", np.zeros((9, 9)), 8000) is None
    assert run._faults.counts == {"log_audio": 2}


def test_figures_of_plotly_are_json_and_of_matplotlib_pictures(run, monkeypatch):
    import plotly.graph_objects as go

    place = run.log_figure("f", go.Figure(go.Scatter(y=[1, 2])), caption="c")
    assert stored(run, place)["data"][0]["type"] == "scatter"
    assert events(run.run_dir)[0]["type"] == "figure"
    monkeypatch.setenv("MPLBACKEND", "Agg")
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2])
    assert opened(run, run.log_figure("f", figure)).format == "PNG"
    assert events(run.run_dir)[1]["type"] == "image"
    assert run.log_figure("f", object()) is None
