"""TensorBoard and tensorboardX code: the same calls once to the real writer and once to ours."""

from __future__ import annotations

import inspect
import struct
import zlib

import pytest

from loggers.recipes import recipe
from loggers.runs import all_runs
from runicorn_jupyter import tracking

USE = """
import json, sys
import numpy as np, torch
import matplotlib.pyplot as plt
from MODULE import SummaryWriter
import runicorn as rn
with SummaryWriter("WHERE/mnist/lr0.1") as writer:
    for step in range(0, 20, 2):
        writer.add_scalar("loss/train", torch.tensor(1 / (step + 1)), step)
        writer.add_scalar("loss/val", np.float32(2 / (step + 1)), global_step=step, walltime=1.0)
    writer.add_scalars("accuracy", {"train": 0.5, "val": 0.25}, 18)
    writer.add_text("note", "two\\nlines", 3)
    image = torch.zeros(3, 4, 6); image[0] = 1.0
    writer.add_image("pictures/red", image, 5)
    writer.add_image("grey", np.full((4, 6), 128, dtype=np.uint8), 5, dataformats="HW")
    writer.add_images("many", torch.rand(10, 1, 4, 6), 5)
    figure = plt.figure(figsize=(1, 1))
    writer.add_figure("figure", figure, 7)
    open_figures = len(plt.get_fignums())
    writer.add_histogram("weights", torch.arange(101.0), 9)
    writer.flush()
    folder = getattr(writer, "log_dir", None) or writer.logdir
"""


def reader(module: str) -> str:
    """Return code that reads the event files of the real writer into ``scalars``: tag to [[step, value]]."""
    return """
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
def scalars(folder):
    found = {}
    for path in [folder, *__import__("glob").glob(folder + "/*/")]:
        accumulator = EventAccumulator(path).Reload()
        for tag in accumulator.Tags()["scalars"]:
            found.setdefault(tag, []).extend([event.step, event.value] for event in accumulator.Scalars(tag))
    return found
"""


@pytest.mark.parametrize(
    ("theirs", "ours"), [("torch.utils.tensorboard", "tensorboard"), ("tensorboardX", "tensorboardX")]
)
def test_the_same_calls_give_the_same_curves_as_the_real_writer(train, theirs, ours):
    real = train(
        reader(theirs) + USE.replace("MODULE", theirs).replace("WHERE", "real"), "[scalars(folder), open_figures]"
    )
    assert real.runs == []
    trained = train(USE.replace("MODULE", f"runicorn.log_compat.{ours}").replace("WHERE", "runs"), "open_figures")
    run = trained.run
    scalars, open_figures = real.truth
    assert (run.meta["project"], run.meta["name"], run.status) == ("mnist", "lr0.1", "finished")
    for tag in ("loss/train", "loss/val"):
        assert [list(point) for point in run.series(tag)] == [[step, pytest.approx(v)] for step, v in scalars[tag]]
    assert (run.values("accuracy/train"), run.values("accuracy/val")) == ([0.5], [0.25])
    assert [line.split(" | ", 1)[1] for line in run.text.splitlines()] == ["[note @ 3] two", "lines"]
    assert trained.truth == open_figures == 0
    assert run.series("weights/p50") == [(9, 50.0)]
    assert (run.values("weights/min"), run.values("weights/p95"), run.values("weights/max")) == ([0.0], [95.0], [100.0])
    assert [(image["key"], image["step"], size_of(run, image)) for image in images(run)[:3]] == [
        ("pictures/red", 5, (6, 4)),
        ("grey", 5, (6, 4)),
        ("many", 5, (48, 8)),
    ]
    assert images(run)[3]["key"] == "figure"
    assert pixels(run, images(run)[0])[:4] == b"\x00\xff\x00\x00"
    assert "not kept" not in trained.done.stderr


def images(run):
    return [event["data"] for event in run.events if event["type"] == "image"]


def size_of(run, image):
    return struct.unpack(">II", (run.folder / image["path"]).read_bytes()[16:24])


def pixels(run, image):
    """Return the first rows of a PNG, each with its filter byte before it."""
    data = (run.folder / image["path"]).read_bytes()
    at = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[at - 4 : at])
    return zlib.decompress(data[at + 4 : at + 4 + length])


def test_the_recipe_writes_points_config_and_summary(train):
    trained = train(recipe("TensorBoard and tensorboardX"))
    run = trained.run
    assert run.series("loss/train") == [(step, 1 / (step + 1)) for step in range(10)]
    assert run.config == {"lr": 0.1}
    assert run.summary["hparam/accuracy"] == 0.8
    assert run.status == "finished"


@pytest.mark.parametrize("module", ["torch.utils.tensorboard", "tensorboardX"])
def test_every_method_of_the_real_writer_can_be_called(train, module):
    """Same names, and whatever arguments one may give to theirs, positionally or by name, ours takes."""
    mine = "runicorn.log_compat." + module.rsplit(".", 1)[-1]
    source = f"""
import inspect
from {module} import SummaryWriter as Theirs
from {mine} import SummaryWriter as Ours
ours = Ours()
missing, different = [], []
for name in dir(Theirs):
    if name.startswith("_") or not callable(getattr(Theirs, name)):
        continue
    if not callable(getattr(ours, name, None)):
        missing.append(name)
    elif name.startswith("add_") and name in dir(Ours) or name == "__init__":
        a, b = (list(inspect.signature(getattr(c, name)).parameters) for c in (Theirs, Ours))
        if a != b[: len(a)]:
            different.append([name, a, b])
ours.add_graph(None); ours.add_graph(None)
"""
    trained = train(source, "[missing, different]")
    missing, different = trained.truth
    assert missing == []
    assert different == []
    assert trained.runs == []
    assert trained.done.stderr.count("add_graph") == 1


# What follows needs no framework but the writers of tensorboardX itself, whose calls are imitated.


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNICORN_DIR", str(tmp_path / "root"))
    yield tmp_path / "root"
    tracking.finish()


def writer(*args, **kwargs):
    from runicorn.log_compat.tensorboard import SummaryWriter

    return SummaryWriter(*args, **kwargs)


def test_train_and_val_writers_of_one_folder_share_a_run_and_keep_their_tags_apart(here):
    train, val = writer("runs/m/a/train"), writer("runs/m/a/val")
    train.add_scalar("loss", 1.0, 1)
    val.add_scalar("loss", 2.0, 1)
    train.add_scalar("train/lr", 0.1, 1)
    train.close()
    (run,) = all_runs(here)
    assert run.status == "running"
    val.add_scalar("loss", 3.0, 2)
    val.close()
    (run,) = all_runs(here)
    assert (run.meta["project"], run.meta["name"], run.status) == ("m", "a", "finished")
    assert run.series("train/loss") == [(1, 1.0)]
    assert run.series("val/loss") == [(1, 2.0), (2, 3.0)]
    assert run.series("train/lr") == [(1, 0.1)]


def test_a_closed_writer_that_is_used_again_goes_on_with_its_run(here):
    one = writer("runs/m/a")
    one.add_scalar("loss", 1.0, 1)
    one.close()
    one.add_scalar("loss", 2.0, 2)
    one.close()
    again = writer("runs/m/a")
    again.add_scalar("loss", 3.0, 3)
    again.close()
    (run,) = all_runs(here)
    assert (run.series("loss"), run.status) == ([(1, 1.0), (2, 2.0), (3, 3.0)], "finished")


def test_writers_let_go_of_in_a_loop_are_runs_of_their_own(here):
    for rate in ("a", "b", "c"):
        one = writer(f"runs/m/{rate}")
        one.add_scalar("loss", 1.0, 1)
    del one
    assert [(run.meta["name"], run.status) for run in all_runs(here)] == [(n, "finished") for n in "abc"]


def test_two_folders_at_once_lose_nothing_and_mix_nothing_up(here):
    one, two = writer("runs/m/a"), writer("runs/m/b")
    one.add_scalar("started", 1.0, 0)
    two.add_scalars("acc", {"train": 0.5}, 0)
    for step in range(3):
        one.add_scalar("loss", 1.0 + step, step)
        two.add_scalar("loss", 5.0 + step, step)
    one.close()
    two.add_scalar("loss", 8.0, 3)
    two.close()
    first, second = all_runs(here)
    assert first.values("loss") == [1.0, 2.0, 3.0]
    assert first.values("b/loss") == [5.0, 6.0, 7.0]
    assert first.values("b/acc/train") == [0.5]
    assert first.values("acc/train") == []
    assert (second.meta["name"], second.values("loss")) == ("b", [8.0])
    assert [first.status, second.status] == ["finished", "finished"]


def test_a_run_of_the_script_is_left_open_and_a_failed_block_fails_its_own_run(here):
    with tracking.init("mine") as mine:
        with writer("runs/m/a") as one:
            one.add_scalar("loss", 1.0, 1)
        assert not mine.finished
    one = writer("runs/m/b")
    one.add_scalar("loss", 1.0, 1)
    with pytest.raises(ZeroDivisionError), one:
        one.add_scalar("loss", 1 / 0, 2)
    assert [(run.meta["project"], run.status) for run in all_runs(here)] == [("mine", "finished"), ("m", "failed")]


def test_wrong_values_do_not_raise_and_the_folder_is_there(here, tmp_path, capsys):
    one = writer("runs/m/a", purge_step=3)
    one.add_scalar("loss", object(), "soon")
    one.add_scalars("many", 5)
    one.add_image("picture", "no picture", 1)
    one.add_hparams(None, None)
    assert (tmp_path / "runs/m/a").is_dir()
    assert (one.get_logdir(), one.log_dir, one.purge_step) == ("runs/m/a", "runs/m/a", 3)
    with pytest.raises(AttributeError, match="add_scaler"):
        one.add_scaler("loss", 1.0)
    one.close()
    assert "add_scalars failed" in capsys.readouterr().err


def test_tensorboardx_can_be_told_to_write_nothing_and_to_presume_a_step(here):
    from runicorn.log_compat.tensorboardX import SummaryWriter

    quiet = SummaryWriter("runs/m/quiet", write_to_disk=False)
    quiet.add_scalar("loss", 1.0, 1)
    quiet.add_hparams({"lr": 1}, {"loss": 1.0})
    quiet.close()
    with SummaryWriter("runs/m/a") as one, one.use_metadata(global_step=10):
        one.add_scalar("loss", 1.0)
        one.add_scalar("accuracy", 0.5, 11)
    (run,) = all_runs(here)
    assert (run.series("loss"), run.series("accuracy")) == ([(10, 1.0)], [(11, 0.5)])


def test_without_a_folder_each_writer_is_a_run(here, tmp_path):
    for _ in range(2):
        one = writer(comment="_test")
        one.add_scalar("loss", 1.0)
        one.close()
    assert [(run.meta["project"], run.meta["notes"]) for run in all_runs(here)] == [("default", "_test")] * 2
    assert not (tmp_path / "runs").exists()
    assert one.log_dir.endswith("_test")
    assert (tmp_path / one.log_dir).is_dir()


def test_the_documented_arguments_are_there():
    parameters = list(inspect.signature(writer().__class__).parameters)
    assert parameters == ["log_dir", "comment", "purge_step", "max_queue", "flush_secs", "filename_suffix"]
