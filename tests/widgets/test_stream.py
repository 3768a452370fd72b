"""The protocol of the comm, against a page that holds us to it."""

from __future__ import annotations

import base64
import json
import math

import numpy as np
import pytest
from pages import Page
from rundirs import append, write_run

from runicorn_jupyter.display.packed import unpack
from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.widgets.selection import Selection, select
from runicorn_jupyter.widgets.source import Source
from runicorn_jupyter.widgets.stream import RAW, Stream
from runicorn_jupyter.workspace import Workspace

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Talk:
    """One stream and one page that hears it."""

    def __init__(self, workspace, what):
        self.workspace, self.page, self.heard, self.clock = workspace, Page(), [], Clock()
        workspace.catch_up()
        selection = select(workspace, what, RunFilter(), 100)
        self.stream = Stream(Source(workspace, selection), self.hear, "key", self.clock)
        _, self.doc = self.stream.open("model")
        self.page.open(self.doc)

    def hear(self, content, buffers=None):
        json.dumps(content, allow_nan=False)
        self.heard.append(content)
        self.page.take(content, buffers or ())

    def push(self):
        self.workspace.catch_up()
        return self.stream.push()

    def kinds(self):
        return [message["type"] for message in self.heard]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


@pytest.fixture
def hall(root):
    root.mkdir()
    with Workspace(root) as workspace:
        assert workspace.wait_complete(20)
        yield workspace


def grow(run_dir, first, last):
    append(run_dir, *({"loss": 1 / step, "global_step": step} for step in range(first, last + 1)))


def live_run(root, points, run_id="20260101_120000_abcdef"):
    """A run that lives as far as anyone can tell: its file grows now."""
    return write_run(root, run_id, status="running", points=points)


def test_points_are_appended(hall, root):
    run_dir = live_run(root, 5)
    talk = Talk(hall, run_dir.name)
    for last in (6, 10, 30):
        grow(run_dir, len(talk.page.series[run_dir.name, "loss"][0]) + 1, last)
        assert talk.push()
    x, y = talk.page.series[run_dir.name, "loss"]
    assert x == list(range(1, 31))
    assert y[5:] == [1 / step for step in range(6, 31)]
    assert talk.page.replaced == 0
    assert [m["series"][0]["from"] for m in talk.heard if m["type"] == "points"] == [5, 6, 10]


def test_nothing_new_sends_nothing(hall, root):
    run_dir = write_run(root, points=5)
    talk = Talk(hall, run_dir.name)
    assert not talk.push()
    assert not talk.push()
    assert talk.heard == []


def test_a_new_metric_begins_at_nothing(hall, root):
    run_dir = live_run(root, 3)
    talk = Talk(hall, run_dir.name)
    append(run_dir, {"acc": math.nan, "global_step": 4})
    talk.push()
    x, y = talk.page.series[run_dir.name, "acc"]
    assert x == [4.0]
    assert math.isnan(y[0])
    assert talk.page.runs[run_dir.name]["metrics"]["acc"]["count"] == 1


def test_a_repeated_step_replaces_the_curve(hall, root):
    run_dir = live_run(root, 5)
    talk = Talk(hall, run_dir.name)
    grow(run_dir, 6, 6)
    talk.push()
    append(run_dir, {"loss": 9.0, "global_step": 3})
    talk.push()
    assert talk.page.series[run_dir.name, "loss"][1][2] == 9.0
    assert talk.page.replaced == 1


def test_a_long_curve_comes_as_envelopes_at_most_once_a_second(hall, root):
    run_dir = live_run(root, RAW - 10)
    talk = Talk(hall, run_dir.name)
    talk.clock.now += 2
    grow(run_dir, RAW - 9, RAW + 500)
    talk.push()
    key = (run_dir.name, "loss")
    assert talk.page.replaced == 1
    first = talk.page.series[key]
    assert first[0][-1] == RAW + 500
    assert max(first[1]) == 1.0
    assert len(first[0]) <= RAW

    append(run_dir, {"loss": -7.0, "global_step": RAW + 501})
    talk.push()
    assert talk.page.series[key] == first
    assert talk.stream.late
    talk.clock.now += 1.1
    talk.push()
    assert min(talk.page.series[key][1]) == -7.0
    assert not talk.stream.late
    assert not talk.push()


def test_runs_come_and_go(hall, root):
    first = write_run(root, "20260101_120000_aaaaaa", points=2)
    talk = Talk(hall, None)
    assert talk.page.total == 1
    second = write_run(root, "20260101_130000_bbbbbb", points=3)
    talk.push()
    assert set(talk.page.runs) == {first.name, second.name}
    assert talk.page.series[second.name, "loss"][0] == [1.0, 2.0, 3.0]
    (first / ".deleted").write_text("{}")
    hall.refresh()
    talk.push()
    assert set(talk.page.runs) == {second.name}
    assert talk.page.total == 1


def test_rows_hold_nothing_of_the_machine(hall, root):
    live_run(root, 2)
    talk = Talk(hall, None)
    write_run(root, "20260101_130000_bbbbbb", points=3, hostname="planted-host")
    talk.push()
    talk.stream.snapshot("model")
    said = json.dumps([talk.doc, *talk.heard])
    assert str(root) not in said
    assert "planted-host" not in said
    assert "bbbbbb" in said


def test_logs_follow_the_last_lines_of_the_document(hall, root):
    run_dir = live_run(root, 2)
    (run_dir / "logs.txt").write_text("".join(f"line {i}\n" for i in range(60)))
    talk = Talk(hall, run_dir.name)
    assert talk.page.logs == [f"line {i}" for i in range(10, 60)]
    with (run_dir / "logs.txt").open("a") as file:
        file.write("line 60\nhalf a li")
    talk.push()
    with (run_dir / "logs.txt").open("a") as file:
        file.write("ne\n" + "x" * 5000 + "\n")
    talk.push()
    assert talk.page.logs[50:52] == ["line 60", "half a line"]
    assert len(talk.page.logs[52]) == 2000


def test_images_replace_and_small_ones_carry_their_content(hall, root):
    run_dir = live_run(root, 2)
    talk = Talk(hall, run_dir.name)
    (run_dir / "media").mkdir()
    (run_dir / "media" / "a.png").write_bytes(PIXEL)
    (run_dir / "media" / "b.png").write_bytes(PIXEL + b"\0" * 50_000)
    (run_dir / "media" / "c.svg").write_text("<svg onload='x'/>")
    with (run_dir / "events.jsonl").open("a") as file:
        for step, name in enumerate(("a.png", "b.png", "c.svg")):
            event = {"ts": 1.79e9 + step, "type": "image"}
            data = {"key": name, "path": f"media/{name}", "step": step, "caption": None}
            file.write(json.dumps(event | {"data": data}) + "\n")
    grow(run_dir, 3, 3)
    talk.push()
    images = {image["key"]: image for image in talk.page.images}
    assert images["a.png"]["src"] == "data:image/png;base64," + base64.b64encode(PIXEL).decode()
    assert "src" not in images["b.png"]
    assert "src" not in images["c.svg"]


def test_hello_is_answered_by_a_snapshot_and_pushes_go_on(hall, root):
    run_dir = live_run(root, 5)
    talk = Talk(hall, run_dir.name)
    grow(run_dir, 6, 8)
    talk.push()
    talk.page = Page()
    talk.page.seq = None
    talk.stream.answer({"type": "hello"}, "model")
    grow(run_dir, 9, 12)
    talk.push()
    x, y = talk.page.series[run_dir.name, "loss"]
    assert x == list(range(1, 13))
    assert y == pytest.approx([1 / step for step in range(1, 13)], abs=1e-4)
    assert talk.kinds()[-1] == "points"


def test_a_snapshot_also_brings_the_runs_its_document_had_no_room_for(hall, root):
    for i in range(60):
        run_dir = write_run(root, f"20260101_120000_{i:06x}", points=2)
        (run_dir / "summary.json").write_text(json.dumps({f"key{k}": "v" * 60 for k in range(60)}))
    hall.refresh()
    talk = Talk(hall, None)
    assert len(talk.page.runs) < 60
    talk.stream.snapshot("model")
    assert len(talk.page.runs) == 60
    assert len(talk.page.series) == 60


def test_curves_are_answered_exactly(hall, root):
    run_dir = write_run(root, points=50)
    talk = Talk(hall, None)
    ask = {"type": "curves", "id": 5, "runs": [run_dir.name], "metrics": ["loss"], "x": "step", "x0": 10, "x1": 12}
    talk.stream.answer(ask | {"width": 100}, "model")
    reply = talk.heard[-1]
    assert (reply["type"], reply["id"], reply["ok"]) == ("reply", 5, True)
    inside = [(x, y) for x, y in zip(reply["curves"][0]["x"], reply["curves"][0]["y"], strict=True) if 10 <= x <= 12]
    assert inside == [(10, 1 / 10), (11, 1 / 11), (12, 1 / 12)]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"runs": "all"}, "runs must be a list of names"),
        ({"runs": None}, "runs must be a list of names"),
        ({"runs": ["nobody"]}, "does not show the run 'nobody'"),
        ({"metrics": [1]}, "metrics must be a list of names"),
        ({"x": "epoch"}, "x must be step, time, wall or metric:"),
        ({"x0": "1"}, "x0 must be a finite number"),
        ({"x1": True}, "x1 must be a finite number"),
        ({"width": 1e9}, "width must be a number"),
        ({"metrics": ["m"] * 501}, "At most 500 curves"),
    ],
)
def test_wrong_questions_get_a_sentence(hall, root, wrong, sentence):
    run_dir = write_run(root, points=5)
    talk = Talk(hall, None)
    talk.stream.answer({"type": "curves", "id": 6, "runs": [run_dir.name], "metrics": ["loss"]} | wrong, "model")
    reply = talk.heard[-1]
    assert (reply["id"], reply["ok"]) == (6, False)
    assert sentence in reply["error"]


@pytest.mark.parametrize("noise", [None, 3, [], {}, {"type": "dance"}])
def test_noise_is_not_answered(hall, root, noise):
    write_run(root, points=5)
    talk = Talk(hall, None)
    talk.stream.answer(noise, "model")
    assert talk.heard == []


def test_a_run_that_vanishes_stays_as_last_seen(hall, root):
    run_dir = write_run(root, points=5)
    talk = Talk(hall, run_dir.name)
    (run_dir / ".deleted").write_text("{}")
    hall.refresh()
    assert not talk.push()
    talk.stream.snapshot("model")
    assert list(talk.page.runs) == [run_dir.name]


def test_a_query_finds_runs_beyond_the_page(hall, root):
    for n in range(4):
        run_dir = write_run(root, f"run-{n}", points=3)
        (run_dir / "assets.json").write_text(json.dumps({"config": {"args": {"lr": n / 10}}}))
    hall.refresh()
    talk = Talk(hall, None)
    talk.stream = Stream(Source(hall, Selection("runs", RunFilter(query="lr < 0.3"), "", 2)), talk.hear, "key")
    _, doc = talk.stream.open("model")
    talk.page.open(doc)
    held = {item["id"] for item in doc["runs"]}
    assert len(held) == 2
    talk.stream.answer({"type": "find", "id": 7, "query": "lr < 0.2 or lr > 0.2"}, "model")
    reply = talk.heard[-1]
    assert (reply["type"], reply["id"], reply["ok"]) == ("reply", 7, True)
    assert {item["id"] for item in reply["runs"]} == {"run-0", "run-1"}
    [beyond] = {"run-0", "run-1", "run-2"} - held
    talk.stream.answer({"type": "find", "id": 8, "query": f'id == "{beyond}"'}, "model")
    assert [item["id"] for item in talk.heard[-1]["runs"]] == [beyond]
    pushed = {one["run"] for message in talk.heard if message["type"] == "points" for one in message["series"]}
    assert beyond in pushed
    talk.stream.answer({"type": "curves", "id": 9, "runs": [beyond], "metrics": ["loss"]}, "model")
    assert talk.heard[-1]["ok"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"query": "lr =< 1"}, "Write <= instead of =<"),
        ({"query": 3}, "query must be a text"),
        ({"text": []}, "text must"),
    ],
)
def test_a_wrong_search_is_answered_with_a_sentence(hall, root, asked, sentence):
    write_run(root)
    talk = Talk(hall, None)
    talk.stream.answer({"type": "find", "id": 6, **asked}, "model")
    reply = talk.heard[-1]
    assert not reply["ok"]
    assert sentence in reply["error"]


def test_very_many_curves_share_the_room(hall, root):
    """120 curves of 2,500 points: none comes whole, all come, and no spike is lost."""
    rng = np.random.default_rng(1)
    for i in range(40):
        run_dir = write_run(root, f"20260101_120000_{i:06x}")
        y = rng.normal(size=2500)
        y[777] = 50.0
        append(run_dir, *({"a": v, "b": v, "c": v, "global_step": s} for s, v in enumerate(y.tolist())))
    hall.refresh()
    talk = Talk(hall, None)
    talk.clock.now += 10
    talk.push()
    lengths = [len(x) for x, _ in talk.page.series.values()]
    assert len(lengths) == 120
    assert 100_000 < sum(lengths) <= 200_000
    assert {max(y) for _, y in talk.page.series.values()} == {50.0}


def test_what_the_document_had_to_thin_follows_at_once(hall, root):
    rng = np.random.default_rng(1)
    for i in range(40):
        run_dir = write_run(root, f"20260101_120000_{i:06x}")
        for name in ("a", "b", "c"):
            append(run_dir, *({name: y, "global_step": s} for s, y in enumerate(rng.normal(size=600).tolist())))
    hall.refresh()
    talk = Talk(hall, None)
    held = unpack(talk.doc["curves"])
    assert not all(curve.exact for curve in held)
    assert talk.stream.late
    talk.clock.now += 2
    talk.push()
    assert len(talk.page.series) == 120
    assert {len(x) for x, _ in talk.page.series.values()} == {600}


def stage_rows(stage, first, last):
    return [{"loss": 1.0, "stage": stage, "global_step": step} for step in range(first, last + 1)]


def test_stages_stand_in_the_document_and_follow_as_the_run_goes_on(hall, root):
    run_dir = live_run(root, 0)
    append(run_dir, *stage_rows("warmup", 1, 5))
    hall.refresh()
    talk = Talk(hall, run_dir.name)
    assert talk.doc["stages"] == talk.page.stages == {run_dir.name: [{"stage": "warmup", "x0": 1, "x1": 5}]}
    append(run_dir, *stage_rows("train", 6, 9))
    assert talk.push()
    assert [stage["stage"] for stage in talk.page.stages[run_dir.name]] == ["warmup", "train"]
    assert not talk.push()


def test_curves_over_another_metric_and_the_clock_are_answered(hall, root):
    run_dir = write_run(root)
    append(run_dir, *({"loss": 10 - s, "lr": 1 / (s + 1), "global_step": s} for s in range(5)), ts=1_790_000_000.0)
    hall.refresh()
    talk = Talk(hall, run_dir.name)
    asked = {"type": "curves", "id": 1, "runs": [run_dir.name], "metrics": ["loss"], "x": "metric:lr"}
    talk.stream.answer(asked, "model")
    [curve] = talk.heard[-1]["curves"]
    assert curve["x"] == [1 / 5, 1 / 4, 1 / 3, 1 / 2, 1]
    assert curve["y"] == [6, 7, 8, 9, 10]
    talk.stream.answer({"type": "clock", "id": 2, "run": run_dir.name, "metric": "loss"}, "model")
    assert talk.heard[-1]["clock"] == {"x": [0, 1, 2, 3, 4], "y": [0, 1, 2, 3, 4], "origin": 1_790_000_000.0}
    talk.stream.answer({"type": "clock", "id": 3, "run": "another", "metric": "loss"}, "model")
    assert "does not show the run" in talk.heard[-1]["error"]
