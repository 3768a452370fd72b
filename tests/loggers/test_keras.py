"""Keras 3 on its torch backend."""

from __future__ import annotations

import pytest

from loggers.recipes import recipe

MODEL = """
import keras, numpy as np
import runicorn as rn
from runicorn.loggers import KerasCallback
x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
y = x.sum(axis=1)
def model():
    made = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)], name="linear")
    made.compile(optimizer="sgd", loss="mse")
    return made
"""


def test_the_recipe_writes_what_the_history_holds(train):
    trained = train(recipe("Keras"), "[history.epoch, history.history]")
    epochs, history = trained.truth
    run = trained.run
    assert (run.meta["project"], run.meta["name"], run.status) == ("toy", "logistic", "finished")
    assert run.names == set(history)
    assert "val_accuracy" in history
    for name, values in history.items():
        assert run.series(name) == list(zip(epochs, values, strict=True))
    assert (run.summary["best_metric_name"], run.summary["best_metric_mode"]) == ("val_accuracy", "max")
    assert run.summary["best_metric_value"] == max(history["val_accuracy"])
    assert run.config["epochs"] == 4
    assert run.config["optimizer"]["learning_rate"] == pytest.approx(0.1)
    assert (run.config["loss"], run.config["parameters"]) == ("binary_crossentropy", 5)


def test_batches_are_recorded_when_asked_for_at_the_optimizers_steps(train):
    source = (
        MODEL + "history = model().fit(x, y, batch_size=8, epochs=3, verbose=0, callbacks=[KerasCallback(every=4)])"
    )
    trained = train(source, "history.history")
    assert [step for step, _value in trained.run.series("batch/loss")] == [4, 8, 12, 16, 20, 24]
    assert trained.run.series("loss") == list(zip([8, 16, 24], trained.truth["loss"], strict=True))
    assert trained.run.values("epoch") == [0, 1, 2]


def test_fits_are_runs_failures_are_marked_and_a_run_of_the_script_is_left_open(train):
    source = (
        MODEL
        + """
class Boom(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise RuntimeError("out of memory")
def fit(*callbacks):
    try:
        model().fit(x, y, epochs=3, verbose=0, callbacks=list(callbacks))
    except RuntimeError:
        pass
held = KerasCallback("p")
fit(held)
fit(held, Boom())      # noticed when the next fit begins
fit(held)
with rn.init("mine") as run:
    fit(KerasCallback("p"))
    open_after = not run.finished
    fit(KerasCallback("p"), Boom())
    still_open = not run.finished
fit(KerasCallback("q"), Boom())   # noticed when the callback is let go of
import gc; gc.collect()
model().fit(x, y, epochs=2, verbose=0, callbacks=[KerasCallback("r"), Boom()])
"""
    )
    trained = train(source, fails=True)
    of = {name: [run for run in trained.runs if run.meta["project"] == name] for name in ("p", "mine", "q", "r")}
    assert [run.status for run in of["p"]] == ["finished", "failed", "finished"]
    assert [len(run.points) for run in of["p"]] == [3, 2, 3]
    assert [(run.status, len(run.points)) for run in of["mine"]] == [("finished", 5)]
    assert of["mine"][0].config["loss"] == "mse"
    assert [run.status for run in of["q"]] == ["failed"]
    assert [run.status for run in of["r"]] == ["failed"]


def test_a_logger_that_breaks_does_not_break_the_training(train):
    """The guard: every hook of the callback fails, and the fit ends as if it were not there."""
    source = (
        MODEL
        + """
from runicorn_jupyter.tracking.loggers.hold import Holder
def broken(*args, **kwargs):
    raise OSError("no such luck")
Holder.open = Holder.finish = Holder.begin = broken
history = model().fit(x, y, epochs=2, verbose=0, callbacks=[KerasCallback(every=1)])
"""
    )
    trained = train(source, "len(history.history['loss'])")
    assert trained.truth == 2
    assert trained.runs == []
    said = [line for line in trained.done.stderr.splitlines() if "no such luck" in line]
    assert len(said) == len({"on_train_begin", "on_epoch_end", "on_train_end", "Holder.__del__"}), said
    assert "Traceback" not in trained.done.stderr


def test_switched_off_it_writes_nothing(train):
    source = MODEL + "history = model().fit(x, y, epochs=2, verbose=0, callbacks=[KerasCallback()])"
    trained = train(source, "len(history.history['loss'])", RUNICORN_ON="0")
    assert (trained.truth, trained.runs) == (2, [])
