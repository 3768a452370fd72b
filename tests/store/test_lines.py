"""Event lines: whatever wrote them, every good point is kept and every bad piece is counted."""

from __future__ import annotations

import errno
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runicorn_jupyter.store.lines import parse_line
from runicorn_jupyter.store.reader import EventReader

GOOD = b'{"ts": 1.0, "type": "metrics", "data": {"loss": 0.5, "global_step": 1}}'


def test_a_plain_line_is_one_event():
    assert parse_line(GOOD) == ([json.loads(GOOD)], 0)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_bare_words_of_upstream_are_numbers(word):
    """I01: the words that strict JSON does not know keep their kind."""
    [event], bad = parse_line(GOOD.replace(b"0.5", word.encode()))
    assert bad == 0
    assert str(event["data"]["loss"]) == str(float(word.replace("Infinity", "inf")))


@pytest.mark.parametrize("line", [b"", b"   ", b"\r"])
def test_empty_lines_are_nothing(line):
    assert parse_line(line) == ([], 0)


@pytest.mark.parametrize(
    "line",
    [b"garbage", b"[1, 2]", b'"text"', b"\xff\xfe{}", b"[" * 100_000, b'{"ts": 1.0, "type": "metri'],
)
def test_what_is_no_event_is_counted(line):
    """I03, I04: garbage, foreign encodings and deep nesting cost one count, nothing else."""
    assert parse_line(line) == ([], 1)


def test_a_torn_line_does_not_take_the_next_event_with_it():
    """I02: a process died in the middle of a line and another one appended right behind it."""
    events, bad = parse_line(GOOD[:20] + GOOD)
    assert (events, bad) == ([json.loads(GOOD)], 1)


def test_two_glued_lines_are_two_events():
    assert parse_line(GOOD + GOOD) == ([json.loads(GOOD)] * 2, 0)


def test_half_surrogates_in_names_become_sendable():
    [event], bad = parse_line(b'{"ts": 1, "type": "metrics", "data": {"a\\ud800": NaN}}')
    assert bad == 0
    [name] = event["data"]
    assert name.encode() == b"a?"
    assert math.isnan(event["data"][name])


values = st.one_of(st.floats(), st.integers(-(2**53), 2**53))
names = st.text(min_size=1).filter(lambda name: name not in {"global_step", "step", "epoch", "time"})


@given(st.lists(st.dictionaries(names, values, max_size=4), max_size=8), st.data())
def test_a_file_cut_anywhere_and_completed_later_loses_no_point(tmp_path_factory, logged, data):
    """I02, C02: the reader stops before a torn line and takes it whole when the rest has come."""
    run_dir = tmp_path_factory.mktemp("run")
    lines = [
        json.dumps({"ts": 1.0, "type": "metrics", "data": {**point, "global_step": step}}) + "\n"
        for step, point in enumerate(logged)
    ]
    content = "".join(lines).encode("utf-8", "surrogatepass")
    cut = data.draw(st.integers(0, len(content)))
    file = run_dir / "events.jsonl"
    reader = EventReader(run_dir)
    file.write_bytes(content[:cut])
    reader.refresh()
    with file.open("ab") as rest:
        rest.write(content[cut:])
    reader.refresh()
    table = reader.table
    assert table.steps.view.tolist() == list(range(len(logged)))
    assert table.bad == 0
    read: list[dict[str, float]] = [{} for _ in logged]
    for name, series in table.series.items():
        for event, value in zip(series.events.view, series.values.view, strict=True):
            read[event][name] = float(value)
    expected = [{_sent(name): float(value) for name, value in point.items()} for point in logged]
    assert repr([dict(sorted(row.items())) for row in read]) == repr([dict(sorted(row.items())) for row in expected])


def _sent(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def test_a_file_made_anew_with_the_old_inode_is_read_from_its_beginning(tmp_path):
    """A file system gives a freed inode to the next file; what stood before the mark tells them apart."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(GOOD + b"\n")
    reader = EventReader(tmp_path)
    reader.refresh()
    with file.open("r+b") as same:
        same.truncate()
        same.write(GOOD.replace(b"loss", b"acc!") + b"\n" + GOOD + b"\n")
    assert reader.refresh()
    assert list(reader.table.series) == ["acc!", "loss"]
    assert len(reader.table.steps) == 2


def test_a_file_that_cannot_be_read_just_now_keeps_its_points(tmp_path, monkeypatch):
    (tmp_path / "events.jsonl").write_bytes(GOOD + b"\n")
    reader = EventReader(tmp_path)
    reader.refresh()

    def exhausted(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("runicorn_jupyter.store.reader.open_regular", exhausted)
    with pytest.raises(OSError):
        reader.refresh()
    assert len(reader.table.steps) == 1


def test_a_replaced_file_is_read_from_its_beginning(tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_bytes(GOOD + b"\n" + GOOD + b"\n")
    reader = EventReader(tmp_path)
    assert reader.refresh()
    file.unlink()
    file.write_bytes(GOOD + b"\n")
    assert reader.refresh()
    assert len(reader.table.steps) == 1
    assert not reader.refresh()
