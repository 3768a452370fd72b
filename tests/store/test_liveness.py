"""Is it alive? (D24, C15)"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time

import psutil
import pytest
from rundirs import write_run

from runicorn_jupyter.store.runs.beats import Beats
from runicorn_jupyter.store.runs.liveness import DAY, Vitals, judge
from runicorn_jupyter.workspace import Workspace

NOW = 1_800_000_000.0
HERE = socket.gethostname()


def vitals(**changes):
    known = {
        "status": "running",
        "hostname": "elsewhere",
        "pid": 1234,
        "process_started": None,
        "started_at": NOW - 100,
        "heartbeat_at": None,
        "grew_at": NOW - 1,
    }
    return Vitals(**{**known, **changes})


@pytest.mark.parametrize("word", ["finished", "failed", "interrupted"])
def test_a_final_word_stands(word):
    assert judge(vitals(status=word), NOW)[:2] == (word, word)


def test_a_strange_word_is_kept_and_said():
    verdict = judge(vitals(status="sleeping"), NOW)
    assert verdict[:2] == ("sleeping", "unknown")
    assert "sleeping" in verdict.reason


def test_our_own_living_process_runs():
    mine = psutil.Process()
    alive = vitals(hostname=HERE, pid=os.getpid(), process_started=mine.create_time(), started_at=NOW)
    assert judge(alive, NOW).state == "running"


def test_a_process_that_is_gone_is_lost_and_failed():
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    verdict = judge(vitals(hostname=HERE, pid=child.pid), NOW)
    assert verdict[:2] == ("failed", "lost")
    assert str(child.pid) in verdict.reason


def test_a_pid_that_another_process_has_now_is_lost():
    """C15: the start time tells the two apart."""
    mine = psutil.Process().create_time()
    reused = vitals(hostname=HERE, pid=os.getpid(), process_started=mine - 1000)
    assert judge(reused, NOW).state == "lost"
    older_run = vitals(hostname=HERE, pid=os.getpid(), started_at=mine - 1000)
    assert judge(older_run, NOW).state == "lost"


def test_a_fresh_heartbeat_outranks_the_process_table():
    """Two containers may share a host name, and a stepped clock moves start times."""
    elsewhere = vitals(hostname=HERE, pid=2**22 - 1, heartbeat_at=NOW - 5)
    assert judge(elsewhere, NOW).state == "running"
    assert judge(elsewhere, NOW + 25).state == "lost"
    assert judge(vitals(hostname=HERE, pid=-1, heartbeat_at=NOW - 5), NOW).state == "running"


def test_missing_heartbeats_of_another_host_are_a_loss():
    assert judge(vitals(heartbeat_at=NOW - 10), NOW).state == "running"
    assert judge(vitals(heartbeat_at=NOW - 60), NOW)[:2] == ("running", "lost")
    assert judge(vitals(hostname=None, heartbeat_at=NOW - 60), NOW).reason == "no heartbeat for 60 seconds"


def test_living_without_logging_is_idle():
    assert judge(vitals(heartbeat_at=NOW - 5, grew_at=NOW - 3600), NOW).state == "idle"


def test_without_heartbeat_only_growth_can_tell():
    assert judge(vitals(started_at=NOW - 3 * DAY, grew_at=NOW - 2 * 3600), NOW).state == "running"
    assert judge(vitals(started_at=NOW - 9 * DAY, grew_at=NOW - 2 * DAY), NOW)[:2] == ("running", "unknown")
    a_short_life_long_ago = vitals(started_at=NOW - 3600.1, grew_at=NOW - 3600)
    assert judge(a_short_life_long_ago, NOW).state == "unknown"
    assert judge(vitals(started_at=None, grew_at=None), NOW).state == "unknown"


class Clock:
    """Two clocks that a test sets: ours, which anybody may set, and the steady one."""

    def __init__(self, monkeypatch):
        self.now, self.steady = NOW, 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.steady)

    def pass_(self, seconds):
        self.now += seconds
        self.steady += seconds


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def state_at(beats, clock, stamp):
    return judge(
        vitals(heartbeat_at=beats.last("one", stamp, clock.now), grew_at=None, started_at=None), clock.now
    ).state


def test_a_heartbeat_from_the_future_counts_from_when_it_was_seen(clock):
    """C11: a file server an hour ahead must not keep a dead run alive for an hour."""
    beats, stamp = Beats(), NOW + 3600
    assert state_at(beats, clock, stamp) == "running"
    clock.pass_(40)
    assert state_at(beats, clock, stamp) == "running"
    clock.pass_(10)
    assert state_at(beats, clock, stamp) == "lost"


def test_a_heartbeat_of_a_slow_clock_counts_when_it_changes(clock):
    """C11: a training host ten minutes behind is alive as soon as it is seen to beat."""
    beats, stamp = Beats(), NOW - 600
    assert state_at(beats, clock, stamp) == "lost"
    for _ in range(10):
        clock.pass_(10)
        stamp += 10
        assert state_at(beats, clock, stamp) == "running"
    clock.pass_(50)
    assert state_at(beats, clock, stamp) == "lost"


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 86_400.0, -86_400.0])
def test_our_own_clock_may_be_set(clock, jump):
    """C11: neither does a living run die of it, nor a dead one come alive."""
    beats = Beats()
    assert state_at(beats, clock, NOW - 5) == "running"
    clock.now += jump
    clock.pass_(5)
    assert state_at(beats, clock, NOW - 5) == "running"
    clock.pass_(60)
    assert state_at(beats, clock, NOW - 5) == "lost"
    clock.now -= jump
    assert state_at(beats, clock, NOW - 5) == "lost"


def test_what_is_known_of_a_run_can_be_forgotten(clock):
    beats = Beats()
    assert beats.last("one", None, clock.now) is None
    assert beats.last("one", NOW - 5, clock.now) == NOW - 5
    beats.forget("one")
    beats.forget("never seen")
    clock.pass_(100)
    assert beats.last("one", NOW + 50, clock.now) == NOW + 50
    assert beats.last("one", NOW + 51, clock.now) == clock.now


def test_a_killed_process_is_found_by_a_check(tmp_path):
    """X1: it reports, and writes nothing into the root."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    process = psutil.Process(child.pid)
    runs = [
        write_run(tmp_path, "killed", status="running", hostname=HERE, pid=child.pid, pid_start=process.create_time()),
        write_run(tmp_path, "mine", status="running", hostname=HERE, pid=os.getpid()),
        write_run(tmp_path, "away", status="running", hostname="elsewhere"),
        write_run(tmp_path, "over"),
    ]
    (runs[1] / "status.json").write_text(json.dumps({"status": "running", "started_at": time.time()}))
    with_times = {path: path.stat().st_mtime_ns for run in runs for path in (run, *run.iterdir())}
    hall = Workspace(tmp_path)
    hall.refresh()
    before = {run.id: run.state for run in hall.runs().runs}
    assert before == {"killed": "idle", "mine": "running", "away": "unknown", "over": "finished"}
    assert hall.check_status() == (3, 0)
    child.kill()
    child.wait()
    assert hall.check_status() == (3, 1)
    assert hall.run("killed").status == "failed"
    assert hall.run("killed").state == "lost"
    assert hall.check_status() == (2, 0)
    hall.close()
    assert with_times == {path: path.stat().st_mtime_ns for run in runs for path in (run, *run.iterdir())}
