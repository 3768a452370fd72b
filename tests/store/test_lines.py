"""Event lines: whatever wrote them, every good point is kept and every bad piece is counted."""

from __future__ import annotations

import errno
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runicorn_jupyter.store.series.lines import parse_block, parse_line
from runicorn_jupyter.store.series.reader import EventReader

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


PIECES = [
    GOOD,
    GOOD.replace(b"0.5", b"NaN"),
    GOOD.replace(b"0.5", b"-Infinity"),
    GOOD.replace(b"0.5", b"1e999"),
    GOOD.replace(b"0.5", b"9" * 400),
    GOOD.replace(b"0.5", b"9" * 5000),
    GOOD.replace(b"0.5", b'"a\\nb"'),
    GOOD.replace(b"loss", b"\\ud800"),
    GOOD.replace(b"loss", b"__proto__"),
    GOOD + b"\r",
    GOOD[:30],
    GOOD[30:],
    GOOD + GOOD,
    GOOD[:25] + GOOD,
    b"",
    b"  ",
    b"\xef\xbb\xbf" + GOOD,
    b"\xff\xfe{\x00",
    b"[" * 2000,
    b"null",
    b"[1]",
    b'{"a": [1',
    b"2]}",
    b'{"ts": "x',
    b'y"}',
]


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.booleans())
def test_many_lines_at_once_are_what_each_is_alone(pieces, ended):
    """I01-I04: reading a block in one go changes neither an event nor the count of bad pieces."""
    block = b"\n".join(pieces) + (b"\n" if ended else b"")
    alone = [parse_line(line) for line in block.split(b"\n")]
    events, bad = parse_block(block)
    assert repr(events) == repr([event for events, _ in alone for event in events])
    assert bad == sum(bad for _, bad in alone)


def test_a_bad_line_costs_only_its_neighbours_the_slow_way():
    block = b"\n".join([GOOD] * 2000 + [b"torn"] + [GOOD] * 2000) + b"\n"
    events, bad = parse_block(block)
    assert (len(events), bad) == (4000, 1)


def test_an_endless_line_is_passed_over_in_bounded_pieces(tmp_path):
    """I04: a line beyond the limit counts as bad, and what stands after it is read."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(GOOD + b"\n" + b"x" * (40 * 1024 * 1024) + b"\n" + GOOD + b"\n")
    reader = EventReader(tmp_path)
    reader.refresh()
    assert len(reader.table) == 2
    assert reader.table.bad >= 1


@pytest.mark.parametrize("key", ["x" * 1_000_000, "<img src=x>", "a/b", "", "עברית", "🦄", "constructor"])
def test_any_name_comes_back_as_it_was(tmp_path, key):
    """I04, I08."""
    event = {"ts": 1.0, "type": "metrics", "data": {key: 1.5, "global_step": 1}}
    (tmp_path / "events.jsonl").write_text(json.dumps(event) + "\n")
    assert EventReader(tmp_path).fresh_table().summaries()[key].last == 1.5


@pytest.mark.parametrize("when", [0, -5.5, 253402300800, math.nan, "noon", None, True, 10**400])
def test_any_time_is_a_number_or_none(tmp_path, when):
    """I07."""
    event = {"ts": when, "type": "metrics", "data": {"a": 1, "global_step": 1}}
    (tmp_path / "events.jsonl").write_text(json.dumps(event) + "\n")
    table = EventReader(tmp_path).fresh_table()
    [time] = table.times.cut(0, 1).tolist()
    assert time == when if isinstance(when, int | float) and abs(when) < 1e12 and when is not True else math.isnan(time)


def test_fifty_thousand_names_are_held(tmp_path):
    """I04."""
    event = {"ts": 1.0, "type": "metrics", "data": {f"m{at}": at for at in range(50_000)}}
    (tmp_path / "events.jsonl").write_text((json.dumps(event) + "\n") * 2)
    assert len(EventReader(tmp_path).fresh_table().summaries()) == 50_000


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
    assert table.steps.cut(0, len(table)).tolist() == list(range(len(logged)))
    assert table.bad == 0
    read: list[dict[str, float]] = [{} for _ in logged]
    for name in table.totals:
        column = table.column(name)
        for event, value in zip(column.all_events(), column.cut(0, column.count), strict=True):
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
    assert list(reader.table.totals) == ["acc!", "loss"]
    assert len(reader.table) == 2


def test_a_file_that_cannot_be_read_just_now_keeps_its_points(tmp_path, monkeypatch):
    (tmp_path / "events.jsonl").write_bytes(GOOD + b"\n")
    reader = EventReader(tmp_path)
    reader.refresh()

    def exhausted(*_, **__):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("runicorn_jupyter.store.series.reader.open_regular", exhausted)
    with pytest.raises(OSError):
        reader.refresh()
    assert len(reader.table) == 1


def test_a_replaced_file_is_read_from_its_beginning(tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_bytes(GOOD + b"\n" + GOOD + b"\n")
    reader = EventReader(tmp_path)
    assert reader.refresh()
    file.unlink()
    file.write_bytes(GOOD + b"\n")
    assert reader.refresh()
    assert len(reader.table) == 1
    assert not reader.refresh()
