"""Who this process is, so that a reader can tell a living run from a dead one."""

from __future__ import annotations

import hashlib
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

_MACHINE_ID_FILES = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_CLOCK_SLACK = 2.0
_START_FIELD = 19
"""Of /proc/self/stat behind the command's closing bracket; it is field 22 of the whole line."""


def hostname() -> str:
    """Return the name of this host as ``socket.gethostname`` gives it, without importing socket if possible."""
    if sys.platform == "win32":
        import socket

        return socket.gethostname()
    return os.uname().nodename


def platform() -> str:
    """Return system, release and machine as upstream writes them: ``Linux 6.1.0 (x86_64)``."""
    if sys.platform == "win32":
        import platform as standard

        found = standard.uname()
        return f"{found.system} {found.release} ({found.machine})"
    names = os.uname()
    return f"{names.sysname} {names.release} ({names.machine})"


def python() -> str:
    """Return the version of the running Python, such as ``3.11.7``."""
    return ".".join(map(str, sys.version_info[:3]))


def process_start() -> float | None:
    """Return when this process began, in Unix seconds, as psutil's ``create_time`` does; None if it is hidden."""
    return _process_start(os.getpid())


@lru_cache(maxsize=1)
def _process_start(_pid: int) -> float | None:
    """Read it once a process: the argument makes a forked child ask anew."""
    try:
        stat = Path("/proc/self/stat").read_bytes()
        ticks = int(stat[stat.rindex(b")") + 2 :].split()[_START_FIELD])
        uptime_origin = Path("/proc/stat").read_bytes().split(b"\nbtime ", 1)[1].split(b"\n", 1)[0]
        return float(uptime_origin) + ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return _process_start_elsewhere()


@lru_cache(maxsize=1)
def host_id() -> str:
    """Return 16 hex digits that stay the same on this host and tell nothing about it.

    The machine id alone is not enough: containers of one image share it, and have process ids of their own.
    """
    found = ""
    for name in _MACHINE_ID_FILES:
        try:
            found = Path(name).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
        if found:
            break
    return hashlib.sha256(f"runicorn-jupyter host {found} {hostname()}".encode()).hexdigest()[:16]


def pseudonym() -> str:
    """Return a name for this host that stays the same and tells nothing about it."""
    return f"host-{host_id()[:8]}"


def alive(pid: int, started: float | None) -> bool:
    """Tell whether process `pid` of this host lives and is the one that began at `started` (Unix seconds)."""
    import psutil

    try:
        process = psutil.Process(pid)
        found = float(process.create_time())
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True
    return started is None or abs(found - started) <= _CLOCK_SLACK


def session(reason: str, now: float) -> dict[str, Any]:
    """Return one entry of ``sessions`` in meta.json: this process, from `now` on, and why it writes."""
    return {
        "started_at": now,
        "ended_at": None,
        "pid": os.getpid(),
        "pid_start": process_start(),
        "host": hostname(),
        "python": python(),
        "reason": reason,
    }


def _process_start_elsewhere() -> float | None:
    try:
        import psutil

        return float(psutil.Process().create_time())
    except Exception:  # noqa: BLE001 - a fact that is nice to have must not end somebody's training
        return None
