"""Whose run it is, and when it ends: in notebooks, too."""

from __future__ import annotations

import copy
import json
import os
import pickle
import threading
from types import SimpleNamespace

import pytest
from jupyter_client.manager import start_new_kernel

from loggers.runs import all_runs
from runicorn_jupyter import tracking
from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.tracking.loggers import guard, lightgbm
from runicorn_jupyter.tracking.loggers.callback import FitCallback
from runicorn_jupyter.tracking.loggers.hold import Holder
from runicorn_jupyter.tracking.loggers.values import as_config, as_name, number
from runicorn_jupyter.tracking.loggers.writer import SummaryWriter
from runicorn_jupyter.tracking.loggers.writerx import SummaryWriter as WriterX


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNICORN_DIR", str(tmp_path / "root"))
    yield tmp_path / "root"
    tracking.finish()


def test_an_active_run_is_joined_and_left_open_with_the_hyperparameters_in_it(here):
    with tracking.init("mine", config={"seed": 1}) as run:
        holder = Holder("keras")
        assert holder.open({"lr": 0.1}) is run
        holder.finish()
        assert not run.finished
    (written,) = all_runs(here)
    assert written.config == {"seed": 1, "lr": 0.1}


def test_a_run_opened_here_is_finished_and_goes_on_when_it_is_used_again(here):
    holder = Holder("lightning", "p")
    holder.open({"lr": 0.1}).log(loss=1.0, step=7)
    holder.finish("failed")
    holder.open({"more": 2}).log(loss=0.5)
    holder.finish()
    (run,) = all_runs(here)
    assert (run.series("loss"), run.config, run.status) == ([(7, 1.0), (8, 0.5)], {"lr": 0.1, "more": 2}, "finished")
    assert run.meta["tags"] == ["lightning"]


def test_after_begin_it_is_another_run(here):
    holder = Holder("keras")
    for _ in range(2):
        holder.begin()
        holder.open()
        holder.finish()
    assert len(all_runs(here)) == 2


def test_a_fit_that_never_ended_has_failed_when_the_next_one_begins(here):
    left, following = Holder("keras", "p"), Holder("keras", "p")
    left.open()
    following.open()
    following.finish()
    assert [run.status for run in all_runs(here)] == ["failed", "finished"]
    assert left.run is not following.run


def test_the_primary_metric_of_the_script_is_not_changed(here):
    with tracking.init("mine") as run:
        run.set_primary_metric("accuracy", "max")
        holder = Holder("keras")
        holder.open()
        holder.primary("val_loss", "min")
        run.log(accuracy=0.5, val_loss=0.1)
    (written,) = all_runs(here)
    assert written.summary["best_metric_name"] == "accuracy"


@pytest.mark.parametrize("send", [copy.deepcopy, lambda holder: pickle.loads(pickle.dumps(holder))])
def test_a_copy_goes_on_with_the_run_and_does_not_end_it_by_dying(here, send):
    holder = Holder("lightning", "p")
    holder.open().log(loss=1.0)
    other = send(holder)
    del other
    assert holder.is_open
    other = send(holder)
    holder.finish()
    other.open().log(loss=2.0)
    other.finish()
    (run,) = all_runs(here)
    assert run.values("loss") == [1.0, 2.0]


def test_a_forked_child_that_drops_the_logger_leaves_the_run_alone(here):
    holder = Holder("keras")
    run = holder.open()
    run.log(loss=1.0)
    pid = os.fork()
    if pid == 0:
        holder.finish()
        os._exit(0 if not run.finished else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    holder.finish()


def test_names_are_checked_where_a_person_chose_them_and_made_safe_where_a_framework_did():
    with pytest.raises(BadRequest, match="project"):
        Holder("keras", "a/b")
    assert [as_name(name) for name in ("a/b: c", "..", "-x. ", "CON", "", None, "é" * 200)] == [
        "a_b_ c",
        None,
        "x",
        None,
        None,
        "None",
        "é" * 100,
    ]


def test_values_of_any_library_become_numbers():
    item = SimpleNamespace(item=lambda: 2.5)
    assert [number(value) for value in (True, 3, 0.5, item, "1.5", "x", None, [1])] == [
        1,
        3,
        0.5,
        2.5,
        1.5,
        None,
        None,
        None,
    ]
    assert as_config(SimpleNamespace(lr=0.1)) == {"lr": 0.1}


CELLS = """
from types import SimpleNamespace
from runicorn.loggers import LightGBMCallback
model = SimpleNamespace(best_iteration=-1)
def iteration(callback, number):
    results = [("val", "l2", 1.0 / (number + 1), False)]
    callback(SimpleNamespace(model=model, params={"a": 1}, iteration=number, begin_iteration=0, end_iteration=9,
                             evaluation_result_list=results))
"""


def test_in_a_notebook_a_fit_ends_with_its_cell(tmp_path):
    """The cell raises, is interrupted, or ends well after an early stop: what LightGBM tells nobody."""
    root = tmp_path / "root"
    manager, client = start_new_kernel(env={**os.environ, "RUNICORN_DIR": str(root)})

    def cell(source: str) -> None:
        client.execute_interactive(source, timeout=60, output_hook=lambda message: None, stop_on_error=False)

    try:
        cell(CELLS)
        cell("one = LightGBMCallback('p'); iteration(one, 0); raise RuntimeError('out of memory')")
        assert [run.status for run in all_runs(root)] == ["failed"]
        cell("two = LightGBMCallback('p'); iteration(two, 0); raise KeyboardInterrupt")
        assert [run.status for run in all_runs(root)] == ["failed", "interrupted"]
        cell("three = LightGBMCallback('p'); iteration(three, 0); model.best_iteration = 1")
        assert [run.status for run in all_runs(root)] == ["failed", "interrupted", "finished"]
        assert all_runs(root)[2].summary["best_iteration"] == 1
        cell("1 / 0")
        assert [run.status for run in all_runs(root)] == ["failed", "interrupted", "finished"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_tuples_of_older_lightgbm_are_understood():
    assert lightgbm._parts(("val", "auc", 0.5, True)) == ("val", "auc", 0.5, True, None)
    assert lightgbm._parts(("cv_agg", "valid auc", 0.5, True, 0.1))[4] == 0.1


def test_fits_in_threads_are_runs_of_their_own(here):
    """As `joblib` or a thread pool trains: both go on at once, neither ends or joins the other."""
    both, first_open = threading.Barrier(3, timeout=30), threading.Event()

    def fit(name, *, waits):
        if waits:
            first_open.wait(30)
        callback = FitCallback("pool", name)
        callback._hold.begin()
        callback._hold.open({"name": name})
        first_open.set()
        both.wait()
        callback.run.log(loss=1.0 if waits else 2.0)
        both.wait()
        callback._hold.finish()

    threads = [threading.Thread(target=fit, args=(name,), kwargs={"waits": name == "b"}) for name in "ab"]
    for thread in threads:
        thread.start()
    both.wait()
    assert tracking.get_active_run().name == "a"
    both.wait()
    for thread in threads:
        thread.join()
    found = {run.meta["name"]: run for run in all_runs(here)}
    assert {name: (run.series("loss"), run.status, run.config) for name, run in found.items()} == {
        "a": ([(1, 2.0)], "finished", {"name": "a"}),
        "b": ([(1, 1.0)], "finished", {"name": "b"}),
    }


def test_a_fit_after_a_thread_that_died_is_the_next_fit(here):
    left = Holder("keras", "p", "left")
    thread = threading.Thread(target=left.open)
    thread.start()
    thread.join()
    following = Holder("keras", "p", "following")
    following.open()
    assert (left.run.status, tracking.get_active_run()) == ("failed", following.run)
    following.finish()


def test_faults_reach_the_training_of_a_strict_run_only(here, capsys, monkeypatch):
    monkeypatch.setattr(guard, "_told", set())
    writer = SummaryWriter("runs/x")
    with tracking.init("p", strict=True), pytest.raises(AttributeError):
        writer.add_scalars("loss", 3)
    with tracking.init("p"):
        writer.add_scalars("loss", 3)
    assert "add_scalars failed" in capsys.readouterr().err


def test_the_time_of_a_writer_is_the_time_of_the_point(here):
    with tracking.init("p", "n") as run:
        writer = SummaryWriter("runs/x")
        writer.add_scalar("loss", 0.5, 3, walltime=1_700_000_000.5)
        writer.add_scalars("acc", {"train": 1}, 4, 1_700_000_001.0)
        writer.add_scalar("loss", 0.25)
        other = WriterX("runs/y")
        with other.use_metadata(global_step=9, walltime=1_700_000_002.0):
            other.add_scalar("loss", 0.125)
    lines = [json.loads(line) for line in (run.run_dir / "events.jsonl").read_bytes().splitlines()]
    told = [(line["ts"], line["data"]["time"], line["data"]["global_step"]) for line in lines]
    assert told[:2] == [(1_700_000_000.5, 1_700_000_000.5, 3), (1_700_000_001.0, 1_700_000_001.0, 4)]
    assert told[2][0] > 1_700_000_010
    assert told[3] == (1_700_000_002.0, 1_700_000_002.0, 9)
