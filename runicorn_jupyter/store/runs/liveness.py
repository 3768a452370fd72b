"""Is a run that says "running" really running? Answered from its files and this machine's processes (D24)."""

from __future__ import annotations

import socket
from typing import NamedTuple

import psutil

from runicorn_jupyter.models import State

BEATS_MISSED = 45.0
"""Seconds without a heartbeat after which a process on another host counts as lost (it beats every 10 s)."""

BEAT_IS_FRESH = 25.0
"""Seconds for which a heartbeat alone proves life on this host; after them the process table is asked."""

IDLE_AFTER = 600.0
DAY = 86_400.0
SILENT_LIVES = 100
"""A run of a foreign host that has been silent a hundred times as long as it had ever lived is not called running."""

_FINAL: dict[str, State] = {"finished": "finished", "failed": "failed", "interrupted": "interrupted"}
_CLOCK_SLACK = 2.0


class Vitals(NamedTuple):
    """What the files say about the process behind a run; times are Unix seconds."""

    status: str
    hostname: str | None
    pid: int | None
    process_started: float | None
    started_at: float | None
    heartbeat_at: float | None
    grew_at: float | None


class Verdict(NamedTuple):
    """The word of status.json or of a live check, what we conclude, and why."""

    status: str
    state: State
    reason: str


def judge(vitals: Vitals, now: float) -> Verdict:
    """Return the verdict on `vitals` at the time `now`; nothing is written anywhere."""
    if vitals.status in _FINAL:
        return Verdict(vitals.status, _FINAL[vitals.status], "")
    if vitals.status != "running":
        return Verdict(vitals.status, "unknown", f"status.json says {vitals.status!r}")
    if vitals.hostname == socket.gethostname() and vitals.pid is not None and vitals.pid > 0:
        return _judge_here(vitals, now)
    if vitals.heartbeat_at is not None:
        silent = now - vitals.heartbeat_at
        if silent > BEATS_MISSED:
            host = f" from {vitals.hostname}" if vitals.hostname else ""
            return Verdict("running", "lost", f"no heartbeat{host} for {_span(silent)}")
        return _alive(vitals, now)
    return _judge_silence(vitals, now)


def _judge_here(vitals: Vitals, now: float) -> Verdict:
    if vitals.heartbeat_at is not None and abs(now - vitals.heartbeat_at) < BEAT_IS_FRESH:
        # Two containers may share a host name, and a stepped clock moves start times: a heartbeat cannot be mistaken.
        return _alive(vitals, now)
    try:
        created = psutil.Process(vitals.pid).create_time()
    except psutil.NoSuchProcess:
        return Verdict("failed", "lost", f"process {vitals.pid} is gone")
    except psutil.Error:
        return _alive(vitals, now)
    if vitals.process_started is not None:
        reused = abs(created - vitals.process_started) > _CLOCK_SLACK
    else:
        reused = vitals.started_at is not None and created > vitals.started_at + _CLOCK_SLACK
    if reused:
        return Verdict("failed", "lost", f"process {vitals.pid} is another one now")
    return _alive(vitals, now)


def _alive(vitals: Vitals, now: float) -> Verdict:
    grew = vitals.grew_at or vitals.started_at
    if grew is not None and now - grew > IDLE_AFTER:
        return Verdict("running", "idle", f"nothing logged for {_span(now - grew)}")
    return Verdict("running", "running", "")


def _judge_silence(vitals: Vitals, now: float) -> Verdict:
    """Judge a run without heartbeat on another host: only its growth can tell."""
    grew = vitals.grew_at or vitals.started_at
    if grew is None:
        return Verdict("running", "unknown", "its files do not say when it started")
    silent = now - grew
    lived = max(grew - (vitals.started_at or grew), 0.0)
    if silent > DAY or silent > max(IDLE_AFTER, SILENT_LIVES * lived):
        where = vitals.hostname or "an unknown host"
        return Verdict("running", "unknown", f"runs on {where} and has not grown for {_span(silent)}")
    return Verdict("running", "running", "")


def _span(seconds: float) -> str:
    for size, unit in ((DAY, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
