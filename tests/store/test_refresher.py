"""How changes are found: facts before metrics, the living before the rest, and nothing stale shown as whole."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from rundirs import append, write_run

from runicorn_jupyter.errors import RunNotFound
from runicorn_jupyter.store.index.index import Index
from runicorn_jupyter.store.refresh.lease import Lease
from runicorn_jupyter.store.refresh.live import LiveRuns
from runicorn_jupyter.store.refresh.survey import SMALL, Surveyor
from runicorn_jupyter.store.runs import liveness
from runicorn_jupyter.store.series.tables import TableCache
from runicorn_jupyter.workspace import Workspace


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def settle(run_dir: Path) -> None:
    """Date a run's files back: what was written this moment is looked at once more."""
    for path in (*run_dir.iterdir(), run_dir):
        os.utime(path, (1_790_000_000, 1_790_000_000))


@pytest.fixture
def opened():
    held = []

    def open_root(root, *, start=True, **options):
        hall = Workspace(root, **options)
        held.append(hall)
        return hall.start() if start else hall

    yield open_root
    for hall in held:
        hall.close()


@pytest.fixture
def looks(monkeypatch):
    """Count the readings of each run."""
    counted = Counter()
    real = Surveyor.look

    def look(self, place, before, now, *, limit=SMALL):
        counted[place.directory.rpartition("/")[2]] += 1
        return real(self, place, before, now, limit=limit)

    monkeypatch.setattr(Surveyor, "look", look)
    return counted


def test_facts_of_every_run_come_before_the_metrics_of_any(tmp_path, opened, monkeypatch):
    for at in range(30):
        run_dir = write_run(tmp_path, f"run-{at:02}", points=2, created_at=1_790_000_000.0 + at)
        os.utime(run_dir, (1_790_000_000.0, 1_790_000_000.0))  # a folder this fresh would be looked at again
    go, order = threading.Event(), []
    real = TableCache.once

    def once(self, run_dir, **options):
        assert go.wait(20)
        order.append(run_dir.name)
        return real(self, run_dir, **options)

    monkeypatch.setattr(TableCache, "once", once)
    hall = opened(tmp_path)
    assert hall.wait_listed(20)
    page = hall.runs()
    assert (page.total, page.complete, page.pending) == (30, False, 30)
    assert {run.status for run in page.runs} == {"finished"}
    assert not hall.wait_complete(0)
    go.set()
    assert hall.wait_complete(20)
    assert all(run.metrics["loss"].count == 2 for run in hall.runs().runs)
    assert order == [f"run-{at:02}" for at in reversed(range(30))], "the newest come first"


def test_one_run_is_found_while_the_first_walk_is_under_way(tmp_path, opened, monkeypatch):
    """Whoever asks for a run that is not listed yet, or not there at all, does not wait for all the others."""
    for at in range(300):
        write_run(tmp_path, f"run-{at:03}", name=f"n{at % 7}")
    go, begun = threading.Event(), threading.Event()
    real = Surveyor.look

    def look(self, place, before, now, *, limit=SMALL):
        if not place.directory.endswith("run-299"):
            begun.set()
            assert go.wait(20)
        return real(self, place, before, now, limit=limit)

    monkeypatch.setattr(Surveyor, "look", look)
    hall = opened(tmp_path)
    assert begun.wait(20)
    asked = threading.Thread(target=hall.run, args=("run-299",), daemon=True)
    missed = []

    def ask():
        with pytest.raises(RunNotFound):
            hall.run("never")
        missed.append("never")

    lost = threading.Thread(target=ask, daemon=True)
    for thread in (asked, lost):
        thread.start()
        thread.join(10)
    found = hall.runs()
    go.set()
    assert not asked.is_alive()
    assert missed == ["never"]
    assert [run.id for run in found.runs] == ["run-299"]
    assert not found.complete
    assert hall.wait_complete(20)
    assert hall.runs().total == 300


def test_an_index_from_before_answers_at_once_and_is_confirmed_by_a_walk(tmp_path, opened):
    """What was true a week ago is shown, and never as the whole truth."""
    write_run(tmp_path / "root", "old", points=3)
    first = opened(tmp_path / "root")
    assert first.wait_complete(20)
    first.close()
    write_run(tmp_path / "root", "new")
    second = opened(tmp_path / "root", start=False)
    assert second.wait_listed(0)
    page = second.runs()
    assert [run.id for run in page.runs] == ["old"]
    assert not page.complete
    assert not second.health().complete
    version = second.version()
    second.start()
    assert second.wait_complete(20)
    assert second.runs().total == 2
    assert second.version() > version


def test_a_walk_over_an_unchanged_root_reads_and_writes_nothing(tmp_path, opened, looks, monkeypatch):
    for at in range(5):
        settle(write_run(tmp_path, f"run-{at}", points=2))
    hall = opened(tmp_path, start=False)
    hall.refresh()
    assert set(looks.values()) == {1}
    version, written = hall.version(), []
    monkeypatch.setattr(Index, "apply", lambda *args, **_: written.append(args))
    hall.refresh()
    assert set(looks.values()) == {1}
    assert written == []
    assert hall.version() == version


def test_a_row_that_shows_nothing_new_is_no_change(tmp_path, opened):
    """A lock file beside a run changes its folder, and nobody needs to hear of it."""
    run_dir = write_run(tmp_path, "one", points=2)
    settle(run_dir)
    hall = opened(tmp_path, start=False)
    hall.refresh()
    version = hall.version()
    (run_dir / "events.jsonl.lock").touch()
    os.utime(run_dir, (1_790_000_000, 1_790_000_000.5))
    before = hall._store.index.select("SELECT signature FROM run")
    os.utime(run_dir / "meta.json", (1_790_000_001, 1_790_000_001))
    hall.refresh()
    assert hall._store.index.select("SELECT signature FROM run") != before
    assert hall.changes(version).changed in {(), ("one",)}
    version = hall.version()
    os.utime(run_dir / "meta.json", (1_790_000_002, 1_790_000_002))
    hall.refresh()
    assert hall.changes(version).changed == ()


def test_the_dead_are_not_judged_again(tmp_path, opened, looks, monkeypatch):
    """Only a living run of this host can need the process table; a dead one stays so until its files change."""
    import socket

    for at in range(10):
        settle(write_run(tmp_path, f"lost-{at}", status="running", hostname=socket.gethostname(), pid=2**22 - 1))
        settle(write_run(tmp_path, f"away-{at}", status="running", hostname="elsewhere", name="other"))
    hall = opened(tmp_path, start=False)
    hall.refresh()
    states = Counter(run.state for run in hall.runs().runs)
    assert states == {"lost": 10, "unknown": 10}
    looks.clear()
    monkeypatch.setattr(liveness.psutil, "Process", lambda _pid: pytest.fail("asked for a process"))
    for _ in range(5):
        hall._store.refresher._watch()
        hall.catch_up()
    assert not looks


def test_a_lost_run_whose_heart_beats_again_is_found(tmp_path, opened):
    """A laptop slept: its run was given up, and goes on."""
    run_dir = write_run(tmp_path, "sleeper", status="running", hostname="elsewhere")
    (run_dir / "heartbeat").write_text("{}")
    settle(run_dir)
    hall = opened(tmp_path)
    assert hall.wait_complete(20)
    assert hall.run("sleeper").state == "lost"
    (run_dir / "heartbeat").write_text("{ }")
    append(run_dir, {"loss": 1.0, "global_step": 1})
    until(lambda: hall.run("sleeper").state == "running")


def test_growth_is_told_before_the_row_is_written_again(tmp_path, opened, monkeypatch):
    due = LiveRuns.due
    monkeypatch.setattr(LiveRuns, "due", lambda *_: iter(()))
    run_dir = write_run(tmp_path, "live", status="running", hostname="elsewhere", points=1)
    (run_dir / "heartbeat").write_text("{}")
    hall = opened(tmp_path)
    assert hall.wait_complete(20)
    for step in range(2, 6):
        version = hall.version()
        append(run_dir, {"loss": 1.0, "global_step": step})
        until(lambda since=version: hall.changes(since).changed == ("live",))
    assert hall.run("live").last_step == 1
    assert hall.curves(["live"])[0].total == 5
    monkeypatch.setattr(LiveRuns, "due", due)
    until(lambda: hall.run("live").last_step == 5)


def test_a_long_run_that_grows_is_never_pending(tmp_path, opened, monkeypatch):
    """Its rows are written in one go, points and all: a list does not turn incomplete at every step."""
    run_dir = write_run(tmp_path, "long", status="running", hostname="elsewhere")
    (run_dir / "heartbeat").write_text("{}")
    append(run_dir, *({"loss": 1.0, "global_step": step, "note": "x" * 1000} for step in range(SMALL // 1000)))
    hall = opened(tmp_path)
    assert hall.wait_complete(20)
    pending, apply = [], Index.apply

    def note(self, rows=(), gone=(), **options):
        pending.extend(row.directory for row in rows if not row.measured)
        return apply(self, rows, gone, **options)

    monkeypatch.setattr(Index, "apply", note)
    for step in (5000, 5001, 5002):
        append(run_dir, {"loss": 1.0, "global_step": step})
        until(lambda last=step: hall.health().complete and hall.run("long").last_step == last)
        hall.catch_up()
        assert hall.health().complete
    assert pending == []


def test_a_file_that_appears_in_a_run_is_seen_by_the_next_walk(tmp_path, opened):
    run_dir = write_run(tmp_path, "one", points=1)
    settle(run_dir)
    hall = opened(tmp_path, start=False)
    hall.refresh()
    (run_dir / "summary.json").write_text('{"acc": 0.5}')
    hall.refresh()
    assert hall.run("one").summary == {"acc": 0.5}
    (run_dir / ".deleted").write_text("{}")
    hall.refresh()
    assert hall.runs().total == 0


def test_an_end_is_seen_without_waiting_for_the_next_reading(tmp_path, opened, monkeypatch):
    monkeypatch.setattr("runicorn_jupyter.store.refresh.live.JUDGED_EVERY", 1e9)
    monkeypatch.setattr("runicorn_jupyter.store.refresh.refresher.Refresher._watch", lambda _self: None)
    run_dir = write_run(tmp_path, "ends", status="running", hostname="elsewhere", points=1)
    (run_dir / "heartbeat").write_text("{}")
    hall = opened(tmp_path)
    assert hall.wait_complete(20)
    hall._store.refresher._pace._walk = float("inf")
    assert hall.run("ends").live
    (run_dir / "next").write_text(json.dumps({"status": "finished", "started_at": 1_790_000_000.0}))
    (run_dir / "next").rename(run_dir / "status.json")
    until(lambda: hall.run("ends").state == "finished")


def test_living_runs_are_told_of_during_a_long_walk(tmp_path, opened, monkeypatch):
    """A walk is cut in slices: between two of them whoever trains is listened to."""
    monkeypatch.setattr("runicorn_jupyter.store.refresh.refresher._SLICE", 0.0)
    monkeypatch.setattr(LiveRuns, "due", lambda *_: iter(()))
    run_dir = write_run(tmp_path, "live", status="running", hostname="elsewhere", points=1)
    (run_dir / "heartbeat").write_text("{}")
    for at in range(50):
        write_run(tmp_path, f"run-{at}", name="many")
    hall = opened(tmp_path, start=False)
    hall.refresh()
    refresher = hall._store.refresher
    refresher._walking, refresher._pace._walk = refresher._walk(0), 1e12
    refresher._term = refresher._lease.term
    next(refresher._walking)
    version = hall.version()
    append(run_dir, {"loss": 1.0, "global_step": 2})
    refresher._turn()
    assert refresher._walking is not None, "the walk was over before it could be interrupted"
    assert hall.changes(version).changed == ("live",)


def test_a_long_run_delays_no_other(tmp_path, opened, monkeypatch):
    """Reading many millions of points has a thread of its own."""
    for name in ("long", "live"):
        run_dir = write_run(tmp_path, name, status="running", hostname="elsewhere", points=2)
        (run_dir / "heartbeat").write_text("{}")
    long = tmp_path / "demo" / "first" / "runs" / "long"
    append(long, *({"loss": 1.0, "global_step": step, "note": "x" * 1000} for step in range(SMALL // 1000)))
    go, held = threading.Event(), threading.Event()
    real = TableCache.table

    def table(self, run_dir, rank=0):
        if run_dir.name == "long":
            held.set()
            assert go.wait(20)
        return real(self, run_dir, rank)

    monkeypatch.setattr(TableCache, "table", table)
    hall = opened(tmp_path)
    assert held.wait(20)
    version = hall.version()
    append(run_dir, {"loss": 1.0, "global_step": 3})
    until(lambda: "live" in hall.changes(version).changed)
    write_run(tmp_path, "appears")
    until(lambda: hall.runs().total == 3)
    assert not hall.health().complete
    go.set()
    assert hall.wait_complete(20)


@pytest.fixture
def index(tmp_path):
    index = Index(tmp_path / "index.sqlite")
    yield index
    index.close()


def beat(index, seconds_ago):
    with index.transaction() as connection:
        connection.execute("UPDATE lease SET beat = ?", (time.time() - seconds_ago,))


def test_a_hanging_holder_is_taken_over_and_what_it_said_with_it(index):
    """After three seconds without a beat; how things are then, only a walk can tell."""
    first, second = Lease(index, "server"), Lease(index, "server")
    assert first.hold()
    assert first.confirm(first.term)
    assert index.state().complete
    assert not second.hold()
    beat(index, 2.5)
    second._asked = -1e9
    assert not second.hold()
    beat(index, 3.5)
    assert not index.state().complete
    second._asked = -1e9
    assert second.hold()
    assert not index.state().complete
    assert index.state().known
    assert not first.confirm(first.term)
    first._asked = -1e9
    assert not first.hold()


def test_a_server_is_preferred_and_goes_on_with_what_it_finds(index):
    kernel, server = Lease(index, "kernel"), Lease(index, "server")
    assert kernel.hold()
    assert kernel.confirm(kernel.term)
    assert server.hold()
    assert index.state().complete
    kernel._asked = -1e9
    assert not kernel.hold()
    server.release()
    assert not index.state().complete
    kernel._asked = -1e9
    assert kernel.hold()


def test_a_clock_that_is_set_keeps_nobody_from_refreshing(index, monkeypatch):
    """C11: after a jump either way one process holds the lease at the next beat."""
    lease = Lease(index, "server")
    assert lease.hold()
    for jump in (86_400.0, -86_400.0):
        real = time.time
        monkeypatch.setattr(time, "time", lambda real=real, jump=jump: real() + jump)
        lease._asked = -1e9
        assert lease.hold()
        assert lease.confirm(lease.term)
        assert index.state().complete


def test_an_index_that_was_begun_again_during_a_walk_is_not_called_whole(tmp_path, opened, monkeypatch):
    monkeypatch.setattr("runicorn_jupyter.store.refresh.refresher._SLICE", 0.0)
    root = tmp_path / "root"
    for at in range(20):
        write_run(root, f"run-{at}")
    hall = opened(root, start=False)
    hall.refresh()
    steps = hall._store.refresher._walk(0)
    next(steps)
    hall._store.index.path.unlink()
    for _ in steps:
        assert not hall.runs().complete
    assert not hall.runs().complete
    hall.start()
    assert hall.wait_complete(20)
    assert hall.runs().total == 20
