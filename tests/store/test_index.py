"""The index file: honest versions and counts, and whatever may have happened to it, never a wrong answer."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from indexrows import make_row

from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.store.index import connections
from runicorn_jupyter.store.index import index as module
from runicorn_jupyter.store.index.index import Index
from runicorn_jupyter.store.index.listing import Asked, Listing

EVERYTHING = Asked(RunFilter(), "documented", descending=False, limit=None, offset=0, cursor=None)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "x-1.sqlite"


@pytest.fixture
def opened(path):
    path.parent.mkdir()
    held = []

    def open_index(at=path):
        held.append(Index(at))
        return held[-1]

    yield open_index
    for index in held:
        index.close()


def ids(index):
    return [run.id for run in Listing(index).runs(EVERYTHING).runs]


def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_nothing_new_raises_no_version(opened):
    index = opened()
    first = index.apply([make_row("a"), make_row("b")])
    assert index.apply([make_row("a")]) == first
    assert index.apply([make_row("a", notes="new")]) == first + 1
    assert index.apply((), ["nowhere"]) == first + 1
    assert index.apply((), [make_row("b").directory]) == first + 2


def test_the_counts_are_those_of_the_rows(opened):
    index, chance = opened(), random.Random(1)
    for _ in range(60):
        rows = [
            make_row(f"r{chance.randrange(12)}", deleted=chance.random() < 0.3)._replace(
                measured=chance.choice(["", "m"])
            )
            for _ in range(3)
        ]
        index.apply(rows, [make_row(f"r{chance.randrange(12)}").directory])
        [(runs, pending)] = index.select("SELECT sum(NOT deleted), sum(measured = '') FROM run")
        assert (index.state().runs, index.state().pending) == (runs, pending)


def test_versions_go_on_over_a_rebuilding(opened, path):
    index = opened()
    before = index.apply([make_row("a")])
    index.close()
    path.write_bytes(b"garbage" * 1000)
    after = opened().state()
    assert after.version > before
    assert after.forgotten > before, "who asks what changed since then is told everything"


def test_vanished_runs_are_forgotten_in_time(opened, monkeypatch):
    monkeypatch.setattr(module, "GONE_KEPT", 3)
    index = opened()
    versions = []
    for at in range(6):
        index.apply([make_row(f"r{at}")])
        versions.append(index.apply((), [make_row(f"r{at}").directory]))
    assert index.select("SELECT id FROM gone ORDER BY version") == [("r3",), ("r4",), ("r5",)]
    assert index.state().forgotten == versions[2]


@pytest.mark.parametrize("damage", ["garbage", "truncated", "empty", "no tables", "header"])
def test_a_file_found_damaged_is_begun_again(opened, path, damage):
    first = opened()
    first.apply([make_row(f"r{at}", notes="n" * 500) for at in range(100)], complete=True)
    first.close()
    data = path.read_bytes()
    if damage == "no tables":
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TABLE state")
    else:
        path.write_bytes(
            {
                "garbage": b"no database at all" * 400,
                "truncated": data[: len(data) // 2],
                "empty": b"",
                "header": b"x" * 100 + data[100:],
            }[damage]
        )
    index = opened()
    assert (ids(index), index.state().complete) == ([], False)
    assert index.rebuilt == (damage != "empty")
    assert any("damaged" in note for note in index.notes) == (damage != "empty")
    index.apply([make_row("a")])
    assert ids(index) == ["a"]
    assert [file.suffix for file in path.parent.iterdir() if "sqlite" in file.name].count(".sqlite") == 1


@pytest.mark.parametrize("shape", ["another program", "a newer shape"])
def test_what_is_not_ours_is_left_alone(opened, path, shape):
    path.parent.mkdir(exist_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs(x)")
        connection.execute("INSERT INTO theirs VALUES (1)")
        if shape == "a newer shape":
            connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    index = opened()
    index.apply([make_row("a")])
    assert ids(index) == ["a"]
    assert index.path != path
    assert path.read_bytes() == before
    assert ids(opened()) == ["a"], "the next one finds the same file"


@pytest.mark.parametrize("damage", ["garbage", "truncated", "text", "gone", "other file"])
def test_damage_under_an_open_index_never_shows(opened, path, damage):
    """What is damaged while in use is begun again: empty and not complete, never wrong."""
    index = opened()
    index.apply([make_row(f"r{at:03d}", notes="n" * 500) for at in range(300)], complete=True)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    size = path.stat().st_size
    if damage == "garbage":
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(os.urandom(size - 4096))
    elif damage == "truncated":
        os.truncate(path, 8192)
    elif damage == "text":
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE run SET record = substr(record, 9) WHERE id = 'r007'")
        connection.close()
    elif damage == "gone":
        path.unlink()
    else:
        path.rename(path.with_name("aside"))
        path.write_bytes(b"")
    for _ in range(20):  # pages that were read before may still be right
        found = Listing(index).items(EVERYTHING)
        assert found.complete == (len(found.items) == 300)
        if not found.complete:
            break
        index._connections._drop_idle()
    assert (found.items, found.complete) == ((), False)
    assert index.rebuilt
    index.apply([make_row("a")], complete=True)
    assert ids(index) == ["a"]


def test_two_processes_go_on_with_the_same_file(opened, path):
    """The one that did not find the damage follows the one that did, and its closing takes nothing away."""
    one, two = opened(), opened()
    one.apply([make_row("a")])
    assert ids(two) == ["a"]
    one._connections.replace(path)
    one.apply([make_row("b")])
    assert ids(two) == ["b"]
    assert one.path == two.path != path
    two.close()
    one.apply([make_row("c")])
    assert ids(opened()) == ["b", "c"]


def test_the_connections_of_threads_that_ended_are_closed(opened):
    index = opened()
    index.apply([make_row("a")])

    def open_files():
        return sum("x-1.sqlite" in str(link) for link in map(_target, Path("/proc/self/fd").iterdir()))

    def crowd():
        gate = threading.Barrier(12)

        def work():
            index.read(lambda connection: (gate.wait(), connection.execute("SELECT 1").fetchall()))

        threads = [threading.Thread(target=work) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    crowd()
    assert len(index._connections._idle) == connections.IDLE
    at_first = open_files()  # SQLite itself keeps some descriptors for the next connection
    for _ in range(5):
        crowd()
    assert open_files() <= at_first


def _target(link):
    try:
        return link.readlink()
    except OSError:
        return None


def test_a_failed_transaction_leaves_nothing_behind(opened):
    index = opened()
    version = index.apply([make_row("a")])

    def rows():
        yield make_row("b")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.apply(rows())
    assert (ids(index), index.state().version) == (["a"], version)
    index.apply([make_row("c")])
    assert ids(index) == ["a", "c"]


@pytest.mark.parametrize("base", ["none", "a folder that is a file", "a folder that is away"])
def test_without_a_cache_folder_the_index_is_private_and_says_so(opened, tmp_path, base):
    (tmp_path / "file").write_text("")
    at = {"none": None, "a folder that is a file": tmp_path / "file" / "x.sqlite"}.get(
        base, tmp_path / "no" / "x.sqlite"
    )
    index = opened(at)
    index.apply([make_row("a")])
    assert ids(index) == ["a"]
    assert any("only as long as this process" in note for note in index.notes)
    private = index.path.parent
    assert private.stat().st_mode & 0o77 == 0
    index.close()
    assert not private.exists()


def test_a_log_left_behind_is_a_reason_to_look_twice(opened, path):
    """A process that died may have left anything; only then the whole file is read, after the first answers."""
    index = opened()
    index.apply([make_row("a"), make_row("b")], complete=True)
    index.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("UPDATE run SET metrics = 'no JSON' WHERE id = 'b'")
    left = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    other.close()
    for name, data in left.items():
        (path.parent / name).write_bytes(data)
    index = opened()
    until(lambda: index.rebuilt)
    assert (ids(index), index.state().complete) == ([], False)


def test_a_file_closed_well_is_not_read_through(opened, path):
    index = opened()
    index.apply([make_row("b")], complete=True)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE run SET metrics = 'no JSON'")
    connection.close()
    index.close()
    index = opened()
    assert index._check._thread is None
    assert not index.rebuilt


def test_a_row_is_given_back_as_it_was_stored(opened):
    index = opened()
    row = make_row("ü", config={"a": {"b": [1, None, "é"]}}, metrics={"loss": 1.5}, tags=("x",), created_at=1.5)
    index.apply([row])
    assert index.row(row.directory) == row
    assert index.row("nowhere") is None


def test_metrics_fill_the_row_that_waited_for_them(opened):
    index = opened()
    waiting = make_row("a")._replace(measured="")
    version = index.apply([waiting, make_row("b")])
    done = waiting._replace(measured="events.jsonl:1", metrics='{"loss":{"last":1.0}}')
    index.fill([(waiting, done)])
    assert index.row(done.directory) == done
    assert (index.state().pending, index.state().version) == (0, version + 1)
    assert ids(index) == ["a", "b"]
    index.fill([])
    assert index.state().version == version + 1


def test_metrics_never_cover_a_run_that_was_read_anew(opened):
    index = opened()
    waiting = make_row("a")._replace(measured="", signature="old")
    index.apply([waiting])
    newer = make_row("a", notes="new")._replace(measured="", signature="new")
    index.apply([newer])
    index.fill([(waiting, waiting._replace(measured="events.jsonl:1"))])
    assert index.row(newer.directory) == newer
    assert index.state().pending == 1
