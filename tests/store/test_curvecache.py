"""The curve cache loses nothing but time, whatever happens to it or to the files it was made from."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from eventfiles import Routes, lines, short_stretches
from hypothesis import given, settings
from hypothesis import strategies as st

from runicorn_jupyter.store.curves import curves_of
from runicorn_jupyter.store.series import reader
from runicorn_jupyter.store.series.curvecache import CurveCache
from runicorn_jupyter.store.series.parts import ChunksGoneError
from runicorn_jupyter.store.series.reader import EventReader
from runicorn_jupyter.store.series.tables import TableCache


def events_of(count, *, first=0, metric="a", rank=None):
    made = [
        {"ts": 1000.0 + step, "type": "metrics", "data": {metric: float(step * 7 % 13), "global_step": step}}
        for step in range(first, first + count)
    ]
    return made if rank is None else [{**event, "rank": rank} for event in made]


def values_of(table, metric="a"):
    [curve] = curves_of(table, "run", [metric], "step", (None, None), 10**6)
    return list(zip(curve.x, curve.y, strict=True))


def points_of(events, metric="a"):
    return [(event["data"]["global_step"], event["data"][metric]) for event in events]


@pytest.fixture
def routes(tmp_path):
    with short_stretches():
        yield Routes(tmp_path)


def read_blocks(monkeypatch):
    """Return a list to which the size of every block that is parsed from now on is added."""
    seen, parse = [], reader.parse_block
    monkeypatch.setattr(reader, "parse_block", lambda block: seen.append(len(block)) or parse(block))
    return seen


def test_after_a_restart_only_new_bytes_are_parsed(routes, monkeypatch):
    """The finished part comes from stretches and the packed row, what was appended since from the file."""
    routes.grow(lines(events_of(300)))
    parsed = read_blocks(monkeypatch)
    again = EventReader(routes.run_dir, routes.cache, b"run")
    assert values_of(again.fresh_table()) == points_of(events_of(300))
    assert parsed == []
    with routes.file.open("ab") as file:
        file.write(lines(events_of(5, first=300)))
    assert values_of(again.fresh_table()) == points_of(events_of(305))
    assert sum(parsed) == len(lines(events_of(5, first=300)))


@pytest.mark.parametrize("change", ["replaced", "same inode", "cut", "cut and regrown", "other beginning", "gone"])
def test_another_file_is_never_taken_for_the_old_one(routes, change):
    events = events_of(300)
    whole = lines(events)
    routes.grow(whole)
    assert routes.cache.size()["runs"] == 1
    other = events_of(300, metric="b")
    if change == "replaced":
        routes.file.unlink()
        routes.file.write_bytes(lines(other))
    elif change == "same inode":
        with routes.file.open("r+b") as file:
            file.write(lines(other))  # the same size, the same inode
    elif change == "cut":
        os.truncate(routes.file, len(lines(events[:100])))
        other = events[:100]
    elif change == "cut and regrown":
        os.truncate(routes.file, len(lines(events[:100])))
        other = events[:100] + events_of(250, first=500)
        with routes.file.open("ab") as file:
            file.write(lines(other[100:]))
    elif change == "other beginning":
        other = json.loads(json.dumps(events))
        other[0]["data"]["a"] = 5.0
        assert len(lines(other)) == len(whole)
        with routes.file.open("r+b") as file:
            file.write(lines(other[:1]))
    else:
        routes.file.unlink()
        for table in routes.tables().values():
            assert len(table) == 0
        return
    os.utime(routes.file, ns=(0, 0))
    metric = "b" if "b" in other[0]["data"] else "a"
    expected = sorted(points_of(other, metric))
    for route, table in routes.tables().items():
        assert list(table.totals) == [metric], route
        assert values_of(table, metric) == expected, route


@pytest.mark.parametrize("damage", ["garbage", "truncated", "empty", "other program's", "newer", "gone", "no tables"])
def test_a_damaged_cache_is_begun_again(routes, tmp_path, damage):
    """C08: points come from the files whatever the cache file holds."""
    events = events_of(300)
    routes.grow(lines(events))
    routes.cache.close()
    file = routes.cache.path
    if damage in ("other program's", "no tables", "newer"):
        database = sqlite3.connect(file)
        if damage == "newer":
            database.execute("PRAGMA user_version=99")
        else:
            for table in ("run", "part", "chunk", "packed"):
                database.execute(f"DROP TABLE {table}")
            if damage == "other program's":
                database.execute("CREATE TABLE run(something TEXT)")
        database.commit()
        database.close()
    elif damage == "gone":
        file.unlink()
    else:
        whole = file.read_bytes()
        file.write_bytes(
            {"garbage": b"no database" * 1000, "truncated": whole[: len(whole) // 2], "empty": b""}[damage]
        )
    cache = CurveCache(file)
    for _ in range(2):
        tables = TableCache(cache=cache)
        assert tables.read(routes.run_dir, values_of) == points_of(events)
    assert routes.file.read_bytes() == lines(events)
    assert cache.size()["runs"] == 1
    assert cache.rebuilt is (damage not in {"gone", "empty", "no tables"})
    cache.close()


def test_a_cache_lost_while_it_is_used_costs_one_more_reading(routes, tmp_path):
    events = events_of(300)
    routes.grow(lines(events))
    tables = TableCache(cache=routes.cache)
    assert tables.read(routes.run_dir, values_of) == points_of(events)
    table = tables.table(routes.run_dir)
    routes.cache.clear()
    with pytest.raises(ChunksGoneError):
        values_of(TableCache(cache=routes.cache).table(routes.run_dir) and table)
    assert tables.read(routes.run_dir, values_of) == points_of(events)


def test_a_run_that_grows_on_after_its_packed_row_was_cleared_away_is_read_anew(routes):
    tables = TableCache(cache=routes.cache)
    routes.file.write_bytes(lines(events_of(8)))
    tables.table(routes.run_dir)
    assert routes.cache.size()["runs"] == 1
    routes.cache.clear()
    with routes.file.open("ab") as file:
        file.write(lines(events_of(100, first=8)))
    assert len(tables.table(routes.run_dir)) == 108
    assert tables.read(routes.run_dir, values_of) == points_of(events_of(108))


def test_where_nothing_can_be_written_everything_is_in_memory(tmp_path):
    with short_stretches():
        routes = Routes(tmp_path)
        routes.followed = EventReader(routes.run_dir, CurveCache(tmp_path / "no folder" / "curves.sqlite"), b"run")
        for start in range(0, 300, 50):
            table = routes.grow(lines(events_of(50, first=start)))
        assert values_of(table) == points_of(events_of(300))


def test_two_processes_follow_one_run(routes):
    """C13: whoever is behind goes on with what the other has stored; nothing is stored twice."""
    other_cache = CurveCache(routes.cache.path)
    other = EventReader(routes.run_dir, other_cache, b"run")
    for start in range(0, 600, 30):
        mine = routes.grow(lines(events_of(30, first=start)))
        if start % 90 == 0:
            assert values_of(other.fresh_table()) == points_of(events_of(start + 30))
        assert values_of(mine) == points_of(events_of(start + 30))
        for follower in (mine, other.table):
            assert sum(map(len, follower._tail)) < 60, "what the other has stored is not kept in memory as well"
    assert routes.cache.size()["runs"] == 1
    assert not routes.cache.rebuilt
    assert not other_cache.rebuilt
    assert values_of(EventReader(routes.run_dir, other_cache, b"run").fresh_table()) == points_of(events_of(600))
    other_cache.close()


def test_the_least_recently_used_runs_make_room(tmp_path):
    with short_stretches():
        cache = CurveCache(tmp_path / "curves.sqlite", limit=40_000)
        for number in range(12):
            run_dir = tmp_path / f"run{number}"
            run_dir.mkdir()
            (run_dir / "events.jsonl").write_bytes(lines(events_of(300)))
            EventReader(run_dir, cache, b"%d" % number).refresh()
            size = cache.size()
            assert size["points_bytes"] <= 50_000
        assert cache.run(b"0") is None
        assert cache.run(b"11") is not None
        assert 1 <= size["runs"] < 12
        for number in range(12):
            table = EventReader(tmp_path / f"run{number}", cache, b"%d" % number).fresh_table()
            assert values_of(table) == points_of(events_of(300))
        cache.clear()
        assert cache.size()["runs"] == cache.size()["points_bytes"] == 0
        cache.close()


WRITER = """
import sys
sys.path[:0] = {path!r}
from pathlib import Path
from eventfiles import short_stretches
from runicorn_jupyter.store.series.curvecache import CurveCache
from runicorn_jupyter.store.series.reader import EventReader
print("ready", flush=True)
with short_stretches():
    while True:
        cache = CurveCache(Path({cache!r}))
        EventReader(Path({run!r}), cache, b"run").refresh()
        cache.forget(b"run")
        cache.close()
"""


def test_a_process_killed_while_it_writes_leaves_a_cache_that_can_be_used(tmp_path):
    """C07: whatever was committed is a whole beginning of the file."""
    with short_stretches():
        routes = Routes(tmp_path)
        events = events_of(400)
        routes.file.write_bytes(lines(events))
        code = WRITER.format(path=sys.path, cache=str(routes.cache.path), run=str(routes.run_dir))
        for attempt in range(6):
            with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE) as writer:
                assert writer.stdout.readline() == b"ready\n"
                threading.Event().wait(0.02 + 0.017 * attempt)  # any moment will do, each time another one
                writer.send_signal(signal.SIGKILL)
            cache = CurveCache(routes.cache.path)
            assert values_of(EventReader(routes.run_dir, cache, b"run").fresh_table()) == points_of(events)
            cache.close()


def test_many_callers_of_one_run_wait_for_one_reading(tmp_path, monkeypatch):
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    (run_dir / "events.jsonl").write_bytes(lines(events_of(2000)))
    parsed = read_blocks(monkeypatch)
    tables = TableCache(cache=CurveCache(tmp_path / "curves.sqlite"))
    found = []
    callers = [threading.Thread(target=lambda: found.append(tables.read(run_dir, values_of))) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert found == [points_of(events_of(2000))] * 8
    assert sum(parsed) == (run_dir / "events.jsonl").stat().st_size
    assert tables.stats()["misses"] == 1


def test_runs_beyond_the_limit_of_memory_are_forgotten_and_read_again(tmp_path):
    tables = TableCache(limit=200_000)
    for number in range(6):
        run_dir = tmp_path / f"run{number}"
        run_dir.mkdir()
        (run_dir / "events.jsonl").write_bytes(lines(events_of(2000)))
        assert tables.read(run_dir, values_of) == points_of(events_of(2000))
    assert tables.stats()["size"] < 6
    assert tables.stats()["bytes"] <= 200_000
    assert tables.read(tmp_path / "run0", values_of) == points_of(events_of(2000))


def write_ranks(run_dir: Path) -> None:
    run_dir.mkdir()
    (run_dir / "events.jsonl").write_bytes(lines(events_of(5) + events_of(5, rank=3, metric="c")))
    (run_dir / "events.node1-1.jsonl").write_bytes(lines(events_of(7, rank=1)))
    (run_dir / "events.node-2-2.jsonl").write_bytes(lines(events_of(3, metric="b")))
    (run_dir / "events.node.jsonl").write_bytes(lines(events_of(9, metric="x")))


@pytest.mark.parametrize("cached", [False, True])
def test_each_rank_is_read_from_its_own_lines(tmp_path, cached):
    """§5d: files of other ranks beside events.jsonl, and lines of another rank within it."""
    write_ranks(tmp_path / "run")
    cache = CurveCache(tmp_path / "curves.sqlite") if cached else None
    for _ in range(2):
        tables = TableCache(cache=cache)
        assert tables.ranks(tmp_path / "run") == [0, 1, 2, 3]
        wanted = {0: ("a", 5), 1: ("a", 7), 2: ("b", 3), 3: ("c", 5)}
        for rank, (metric, count) in wanted.items():
            table = tables.table(tmp_path / "run", rank)
            assert list(table.totals) == [metric]
            assert tables.read(
                tmp_path / "run", lambda table, metric=metric: values_of(table, metric), rank
            ) == points_of(events_of(count, metric=metric), metric)
        assert len(tables.table(tmp_path / "run", 9)) == 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 60))
def test_a_rank_that_went_on_on_another_host_is_one_curve(tmp_path_factory, before, after, first):
    """Several files of one rank are merged; of a step in both the later one wins."""
    run_dir = tmp_path_factory.mktemp("run")
    late = [{**event, "ts": event["ts"] + 5000} for event in events_of(after, first=first)]
    for event in late:
        event["data"] = {**event["data"], "a": -1.0, "b": True}
    (run_dir / "events.jsonl").write_bytes(lines(events_of(before)))
    tables = TableCache()
    assert len(tables.table(run_dir)) == before
    (run_dir / "events.other-0.jsonl").write_bytes(lines(late))
    table = tables.table(run_dir)
    expected = {**dict(points_of(events_of(before))), **dict(points_of(late))}
    if expected:
        assert values_of(table) == sorted(expected.items())
    assert len(table) == before + after
    assert len(table.objects("b").values) == after
