"""Who may write the documents of a run directory: one living process, the others only add points."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runicorn_jupyter.paths import JSON_LIMIT
from runicorn_jupyter.tracking.portable import open_file
from runicorn_jupyter.tracking.process import machine

LOCK_PATIENCE = 2.0
BEATS_MISSED = 45.0
"""Seconds after which a process on another host that does not beat counts as gone."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_NUMBERS = 100_000


@contextmanager
def locked(run_dir: Path, patience: float = LOCK_PATIENCE) -> Iterator[bool]:
    """Hold the lock on a run directory, without a lock file; False where that is not possible or takes too long."""
    if sys.platform == "win32":
        yield False
        return
    import fcntl

    try:
        fd = os.open(run_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield False
        return
    deadline = time.monotonic() + patience
    held = False
    try:
        while not held and time.monotonic() < deadline:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = True
            except BlockingIOError:
                time.sleep(0.002)
            except OSError:  # a network disk without locks
                break
        yield held
    finally:
        os.close(fd)


def living_owner(run_dir: Path) -> dict[str, Any] | None:
    """Return the meta.json of another process that lives and has this run open; None when the run is free."""
    meta, status = _read(run_dir, "meta.json"), _read(run_dir, "status.json")
    pid = meta.get("pid")
    if type(pid) is not int or status.get("status") not in {"running", "interrupted"}:
        return None
    if meta.get("host_id") == machine.host_id():
        return meta if pid != os.getpid() and machine.alive(pid, meta.get("pid_start")) else None
    with contextlib.suppress(OSError):
        if time.time() - (run_dir / "heartbeat").stat().st_mtime < BEATS_MISSED:
            return meta
    return None


def is_ours(run_dir: Path) -> bool:
    """Tell whether meta.json still names this process; also when it cannot be read, for nobody else took it then."""
    meta = _read(run_dir, "meta.json")
    return not meta or (meta.get("pid"), meta.get("host_id")) == (os.getpid(), machine.host_id())


def owner_is_here(run_dir: Path) -> bool:
    """Tell whether the process that owns the run is one of this host."""
    return _read(run_dir, "meta.json").get("host_id") == machine.host_id()


def events_of_rank(rank: int) -> str:
    """Return the name of the events file of one rank on this host."""
    return f"events.{_host()}-{rank}.jsonl"


def logs_of_rank(rank: int) -> str:
    """Return the name of the log file of one rank on a host that is not the owner's."""
    return f"logs.{_host()}-{rank}.txt"


def take_number(run_dir: Path) -> int:
    """Return the lowest number from 1 on under which no events file of this host exists yet, and make that file."""
    for number in range(1, _NUMBERS):
        with contextlib.suppress(FileExistsError):
            os.close(os.open(run_dir / events_of_rank(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            return number
    raise OSError(f"more than {_NUMBERS} processes have joined this run")


def _host() -> str:
    return _UNSAFE.sub("_", machine.hostname())[:48] or "host"


def _read(run_dir: Path, name: str) -> dict[str, Any]:
    try:
        with os.fdopen(open_file(run_dir, name), "rb") as file:
            found = json.loads(file.read(JSON_LIMIT))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
