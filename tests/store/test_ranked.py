"""D31: the points of all ranks of a run, the last of each step and rank, or every event."""

from __future__ import annotations

import json

import pytest
from rundirs import append, write_run

from runicorn_jupyter.display.frames import metrics_frame
from runicorn_jupyter.store.ranked import ranked_columns
from runicorn_jupyter.workspace import Workspace


def of_rank(run_dir, rank, *points, ts):
    with (run_dir / f"events.node-{rank}.jsonl").open("a") as file:
        for at, (step, loss) in enumerate(points):
            event = {"ts": ts + at, "type": "metrics", "rank": rank, "data": {"loss": loss, "global_step": step}}
            file.write(json.dumps(event) + "\n")


@pytest.fixture
def workspace(tmp_path):
    run_dir = write_run(tmp_path / "root", "many")
    append(run_dir, *({"loss": step / 2, "acc": "text", "global_step": step} for step in (1, 2, 2)), ts=1000.0)
    of_rank(run_dir, 1, (1, 10.0), (2, 20.0), (1, 11.0), ts=1000.5)
    of_rank(run_dir, 3, (1, 30.0), ts=999.0)
    alone = write_run(tmp_path / "root", "alone")
    append(alone, {"rank": 7, "global_step": 1}, ts=1000.0)
    with Workspace(tmp_path / "root") as opened:
        opened.wait_complete(20)
        yield opened


def test_a_frame_has_a_row_for_each_step_of_each_rank(workspace):
    frame = metrics_frame(workspace.frame_columns("many"))
    assert list(frame.columns) == ["rank", "time", "loss", "acc"]
    assert str(frame["rank"].dtype) == "int64"
    rows = list(zip(frame.index, frame["rank"], frame["time"], frame["loss"], strict=True))
    assert rows == [(1, 0, 1.0, 0.5), (1, 1, 3.5, 11.0), (1, 3, 0.0, 30.0), (2, 0, 3.0, 1.0), (2, 1, 2.5, 20.0)]
    assert frame[frame["rank"] == 1]["loss"].tolist() == [11.0, 20.0]
    assert frame.attrs["object_columns"] == ["acc"]


def test_raw_has_every_event_in_the_order_of_time(workspace):
    columns = workspace.frame_columns("many", raw=True)
    rows = list(zip(columns["time"], columns["rank"], columns["loss"], strict=True))
    assert rows == [
        (0.0, 3, 30.0), (1.0, 0, 0.5), (1.5, 1, 10.0), (2.0, 0, 1.0), (2.5, 1, 20.0), (3.0, 0, 1.0), (3.5, 1, 11.0),
    ]  # fmt: skip


def test_one_rank_alone_has_no_column_of_ranks(workspace):
    assert workspace.frame_columns("many", rank=1) == {"step": [1, 2], "time": [2.0, 1.0], "loss": [11.0, 20.0]}
    frame = metrics_frame(workspace.frame_columns("alone"))
    assert (list(frame.columns), str(frame["rank"].dtype)) == (["time", "rank"], "float64")


def test_a_metric_called_rank_and_a_clock_that_went_back_change_nothing():
    parts = {
        0: {"step": [1, 2, 3], "time": [0.0, 5.0, 1.0], "rank": [9, 8, 7]},
        1: {"step": [1], "time": [0.0], "loss": [0.1]},
    }
    found = ranked_columns(parts, {0: 100.0, 1: 102.0}, raw=True)
    assert found["metric.rank"] == [9, None, 8, 7]
    assert found["rank"] == [0, 1, 0, 0]
    assert found["step"] == [1, 1, 2, 3]
    assert found["time"] == [0.0, 2.0, 5.0, 1.0]
