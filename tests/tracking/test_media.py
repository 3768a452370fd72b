"""Pictures and files beside the points."""

from __future__ import annotations

import io
import os
import re

import numpy as np
import pytest
from PIL import Image

from runicorn_jupyter.tracking import init
from runicorn_jupyter.tracking.media import file_name
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
