"""What a script logs is what stands in the files (contract §3, §5d)."""

from __future__ import annotations

import json
import math
import platform
import re
import sys
import threading
from decimal import Decimal
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runicorn_jupyter.tracking import NoOpRun, Run, init
from runicorn_jupyter.tracking.writing.points import encode, flatten
from tracking.runfiles import document, events, points

ID = re.compile(r"\d{8}_\d{6}_[0-9a-f]{6}")


def test_a_line_is_one_event_with_its_own_fields_last(root):
    run = init(project="digits", name="mlp", storage=root)
    run.log({"loss": 0.5, "acc": 1}, stage="train")
    line = (run.run_dir / "events.jsonl").read_text()
    ts = json.loads(line)["ts"]
    data = f'{{"loss":0.5,"acc":1,"global_step":1,"time":{ts!r},"stage":"train"}}'
    assert line == f'{{"ts":{ts!r},"type":"metrics","data":{data}}}\n'


def test_the_files_of_a_fresh_run(root):
    run = init("digits", "mlp", storage=root, config={"lr": 0.1, "dims": (1, 2)}, tags=["a"], notes="why", alias="x")
    assert ID.fullmatch(run.id)
    assert run.run_dir == root / "digits" / "mlp" / "runs" / run.id
    meta = document(run.run_dir, "meta")
    (session,) = meta.pop("sessions")
    assert meta.pop("created_at") == session["started_at"]
    assert abs(meta.pop("pid_start") - psutil.Process().create_time()) < 1
    assert re.fullmatch("[0-9a-f]{16}", meta.pop("host_id"))
    assert meta == {
        "id": run.id,
        "project": "digits",
        "name": "mlp",
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.release()} ({platform.machine()})",
        "hostname": platform.node(),
        "pid": psutil.Process().pid,
        "storage_dir": str(root),
        "path": "digits/mlp",
        "alias": "x",
        "tags": ["a"],
        "notes": "why",
    }
    assert session["reason"] == "start"
    assert session["ended_at"] is None
    assert document(run.run_dir, "status") == {"status": "running", "started_at": session["started_at"]}
    assert document(run.run_dir, "assets")["config"] == {
        "extra": {},
        "config_files": [],
        "args": {"lr": 0.1, "dims": [1, 2]},
    }
    assert not (run.run_dir / "events.jsonl").exists()


def test_a_finished_run_says_so_and_its_documents_read_as_upstreams_do(root):
    run = init(storage=root)
    run.summary({"note": "größer", "nan": math.nan})
    run.finish()
    run.finish("failed")
    status = document(run.run_dir, "status")
    assert list(status) == ["status", "started_at", "ended_at", "sdk_faults", "dropped_lines"]
    assert (status["status"], status["sdk_faults"], status["dropped_lines"]) == ("finished", {}, 0)
    assert document(run.run_dir, "meta")["sessions"][0]["ended_at"] == status["ended_at"]
    assert (run.run_dir / "summary.json").read_text("utf-8") == '{\n  "note": "größer",\n  "nan": "nan"\n}'
    assert [path.name for path in run.run_dir.iterdir() if path.name.startswith(".")] == []


def test_steps_count_on_from_an_explicit_one_and_ignore_keys_called_step(root):
    run = init(storage=root)
    run.log({"a": 1, "step": 70, "global_step": 71})
    run.log({"a": 2}, step=10)
    run.log(a=3)
    run.log({"a": 4}, step="what")
    run.log({"a": 5}, step=np.int64(3))
    run.log({"a": 6})
    assert [(point["a"], point["global_step"]) for point in points(run.run_dir)] == [
        (1, 1), (2, 10), (3, 11), (4, 12), (5, 3), (6, 4),
    ]  # fmt: skip
    run.finish()
    assert document(run.run_dir, "status")["sdk_faults"] == {"step": 1}


def test_the_stage_argument_outranks_the_key(root):
    run = init(storage=root)
    run.log({"a": 1, "stage": "warmup"}, stage="eval")
    run.log({"a": 1, "stage": "warmup"})
    assert [point["stage"] for point in points(run.run_dir)] == ["eval", "warmup"]
    assert list(points(run.run_dir)[1]) == ["a", "global_step", "time", "stage"]


def test_nested_dicts_and_scalars_of_libraries_become_plain_numbers(root):
    run = init(storage=root)
    run.log(
        {
            "val": {"loss": np.float32(0.5), "top": {5: True}},
            "n": np.int64(3),
            "d": Decimal("2.5"),
            "s": "x",
            "z": np.array([7]),
        }
    )
    (point,) = points(run.run_dir)
    del point["global_step"], point["time"]
    assert point == {"val/loss": 0.5, "val/top/5": True, "n": 3, "d": 2.5, "s": "x", "z": 7}


def test_values_that_are_no_scalars_become_text_and_are_told_once(root, capsys):
    run = init(storage=root)

    class Odd:
        def __str__(self):
            raise RuntimeError("no text")

    loop: dict = {}
    loop["me"] = loop
    run.log({"list": [1, 2], "odd": Odd(), "loop": loop, "huge": 2**70, "\ud800": "half \udc00"})
    run.log(object())
    (point,) = points(run.run_dir)
    assert (point["list"], point["odd"], point["huge"]) == ("[1, 2]", "<Odd>", 2**70)
    assert point["?"] == "half ?"
    run.finish()
    assert document(run.run_dir, "status")["sdk_faults"] == {"value": 4, "log": 1}
    assert capsys.readouterr().err.count("logged as text") == 1


def test_a_monstrous_text_is_cut(root):
    run = init(storage=root)
    run.log({"t": "x" * 2_000_000})
    assert len(points(run.run_dir)[0]["t"]) == 65_536


@pytest.mark.parametrize(("value", "word"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")])
def test_numbers_that_are_not_finite_keep_upstreams_bare_words(root, value, word):
    run = init(storage=root)
    run.log({"loss": value, "null": "null", "nothing": None})
    line = (run.run_dir / "events.jsonl").read_text()
    assert f'"loss":{word},"null":"null","nothing":null,"global_step":1' in line


names = st.text(max_size=8)
leaves = st.floats() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8) | st.booleans() | st.none()
trees = st.recursive(leaves, lambda inner: st.dictionaries(names, inner, max_size=3), max_leaves=12)


@given(st.dictionaries(names, trees, max_size=6))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_logged_reads_back_with_the_standard_library(tree):
    def leaves_of(prefix, branch):
        for key, value in branch.items():
            if isinstance(value, dict):
                yield from leaves_of(f"{prefix}{key}/", value)
            else:
                yield prefix + key, value

    flat = flatten(tree, lambda kind, sentence: pytest.fail(sentence))
    read = json.loads(encode(1.5, "metrics", flat, lambda *_: None))
    expected = {key.encode("utf-8", "replace").decode(): value for key, value in leaves_of("", tree)}
    assert read["ts"] == 1.5
    for key, value in read["data"].items():
        wanted = expected[key]
        if isinstance(wanted, str):
            wanted = wanted.encode("utf-8", "replace").decode()
        assert value == wanted or (math.isnan(value) and math.isnan(wanted))
        assert type(value) is type(wanted)
    assert set(read["data"]) == set(expected)


def test_every_thread_keeps_its_points_and_no_step_is_given_twice(root):
    run = init(storage=root)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [
            threading.Thread(target=lambda who=who: [run.log({"who": who, "i": i}) for i in range(500)])
            for who in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    found = points(run.run_dir)
    assert {(point["who"], point["i"]) for point in found} == {(who, i) for who in range(8) for i in range(500)}
    assert sorted(point["global_step"] for point in found) == list(range(1, 4001))


def test_steps_stay_unique_when_threads_change_at_any_point_of_the_code(root):
    """Without the write, which is where threads change places otherwise, they change inside `log` itself."""
    run = init(storage=root)
    lines: list[bytes] = []
    run._append = lines.append
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=lambda: [run.log(a=1) for _ in range(4000)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert sorted(json.loads(line)["data"]["global_step"] for line in lines) == list(range(1, 16_001))


def test_log_text_puts_the_time_of_day_before_every_line(root):
    run = init(storage=root)
    run.log_text("one\n\ntwo \r three\n")
    run.log_text(3)
    lines = (run.run_dir / "logs.txt").read_bytes().decode().split("\n")
    assert [line[8:] for line in lines] == [" | one", " | ", " | two \r three", " | 3", ""]
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d", line[:8]) for line in lines[:-1])


def test_the_best_value_stands_in_the_summary_while_the_run_goes_on(root, until):
    run = init(storage=root)
    run.set_primary_metric("acc")
    for value in (math.nan, 0.5, 0.9, math.inf, 0.7):
        run.log({"acc": value})
    expected = {"best_metric_value": 0.9, "best_metric_name": "acc", "best_metric_step": 3, "best_metric_mode": "max"}
    until(lambda: (run.run_dir / "summary.json").exists() and document(run.run_dir, "summary") == expected)
    run.set_primary_metric("acc", "min")
    run.log({"acc": 0.8})
    run.summary({"best_metric_value": "mine", "own": 1})
    run.finish()
    assert document(run.run_dir, "summary") == {
        **expected,
        "own": 1,
        "best_metric_mode": "min",
        "best_metric_step": 6,
        "best_metric_value": 0.8,
    }
    with pytest.raises(ValueError, match="'max' or 'min'"):
        run.set_primary_metric("acc", "up")


def test_logging_after_finish_is_dropped_told_once_and_counted(root, capsys):
    run = init(storage=root)
    run.log({"a": 1})
    run.finish()
    for _ in range(3):
        run.log({"a": 2})
        run.log_text("late")
    assert len(points(run.run_dir)) == 1
    assert not (run.run_dir / "logs.txt").exists()
    assert capsys.readouterr().err.count("finished") == 1
    assert (run._faults.counts["after_finish"], run._faults.dropped) == (6, 6)


@pytest.mark.parametrize(
    ("given_word", "status"),
    [
        ("completed", "finished"),
        ("success", "finished"),
        ("error", "failed"),
        ("crashed", "failed"),
        ("killed", "interrupted"),
        ("cancelled", "interrupted"),
        ("aborted", "interrupted"),
        ("odd", "finished"),
        ("failed", "failed"),
    ],
)
def test_finish_knows_the_other_words(root, given_word, status):
    run = init(storage=root)
    run.finish(given_word)
    assert document(run.run_dir, "status")["status"] == status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, "finished"),
        (ValueError("x"), "failed"),
        (KeyboardInterrupt(), "interrupted"),
        (SystemExit(0), "finished"),
        (SystemExit(2), "failed"),
    ],
)
def test_a_with_block_ends_the_run_as_it_ended(root, error, status):
    def use():
        with init(storage=root) as run:
            run.log({"a": 1})
            if error is not None:
                raise error
        return run

    if error is None:
        use()
    else:
        with pytest.raises(type(error)):
            use()
    (path,) = root.glob("*/*/runs/*")
    assert document(path, "status")["status"] == status


def test_a_strict_run_raises_its_faults(root):
    run = init(storage=root, strict=True)
    with pytest.raises(TypeError, match="takes a dict"):
        run.log(object())
    with pytest.raises(RuntimeError, match="logged as text"):
        run.log({"a": []})
    run.finish()
    with_fault = document(run.run_dir, "status")["sdk_faults"]
    assert with_fault == {"log": 1, "value": 1}


def test_the_text_of_a_run_says_what_it_is_and_where_it_stands(root):
    run = init("digits", "mlp", storage=root)
    run.log({"loss": 0.123456, "note": "hm"}, step=7)
    assert repr(run) == f"<Run {run.id} digits/mlp: running, step 7, loss 0.12346, note hm>"


def test_every_public_name_of_a_run_is_there_when_tracking_is_off():
    own = {name for kind in Run.__mro__[:-1] for name in vars(kind) if not name.startswith("_")}
    assert own - set(vars(NoOpRun)) == set()


def test_the_heartbeat_names_the_process(root, until):
    run = init(storage=root)
    until((run.run_dir / "heartbeat").exists)
    beat = json.loads((run.run_dir / "heartbeat").read_text())
    assert (beat["pid"], beat["host"], beat["seq"]) == (psutil.Process().pid, platform.node(), 0)
    assert list(beat) == ["pid", "pid_start", "host", "seq", "monotonic", "wall"]


def test_a_torn_tail_gets_its_newline_before_the_first_new_line(root):
    first = init(storage=root, run_id="kept")
    first.log({"a": 1})
    first.finish()
    path: Path = first.run_dir / "events.jsonl"
    path.write_bytes(path.read_bytes() + b'{"ts":17,"type":"met')
    again = init(storage=root, run_id="kept")
    again.log({"a": 2})
    lines = path.read_bytes().split(b"\n")
    assert lines[1] == b'{"ts":17,"type":"met'
    assert json.loads(lines[2])["data"]["a"] == 2
    assert lines[3:] == [b""]


def test_an_event_that_is_no_point_leaves_the_counter_alone(root, tmp_path):
    (tmp_path / "model.bin").write_bytes(b"weights")
    run = init(storage=root)
    run.log_file("model", tmp_path / "model.bin", step=5)
    run.log({"a": 1})
    assert [event["type"] for event in events(run.run_dir)] == ["file", "metrics"]
    assert points(run.run_dir)[0]["global_step"] == 1
