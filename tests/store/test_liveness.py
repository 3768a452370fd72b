"""Is it alive? (D24, C15)"""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import psutil
import pytest

from runicorn_jupyter.store.liveness import DAY, Vitals, judge

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


def test_living_without_logging_is_idle():
    assert judge(vitals(heartbeat_at=NOW - 5, grew_at=NOW - 3600), NOW).state == "idle"


def test_without_heartbeat_only_growth_can_tell():
    assert judge(vitals(started_at=NOW - 3 * DAY, grew_at=NOW - 2 * 3600), NOW).state == "running"
    assert judge(vitals(started_at=NOW - 9 * DAY, grew_at=NOW - 2 * DAY), NOW)[:2] == ("running", "unknown")
    a_short_life_long_ago = vitals(started_at=NOW - 3600.1, grew_at=NOW - 3600)
    assert judge(a_short_life_long_ago, NOW).state == "unknown"
    assert judge(vitals(started_at=None, grew_at=None), NOW).state == "unknown"
