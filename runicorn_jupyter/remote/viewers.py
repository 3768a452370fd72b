"""Viewers as processes of a host, from what our script says of them: checked, capped, data only."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import asyncssh

from runicorn_jupyter.errors import RootMissing
from runicorn_jupyter.models import FarLog
from runicorn_jupyter.remote.errors import QuotaExceeded, RemoteError, ViewerFailed
from runicorn_jupyter.remote.plan import Plan
from runicorn_jupyter.remote.script import ask

START_S = 30.0
_STOP_S = 20.0
_SOCKET_BYTES = 107
_LAST_PID = 2**31 - 1
_LONGEST_LEASE = 86_400.0
_LINES = 10_000
_TEXT = 4096
_TOLD = 600
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[@-~]")
_BEFORE = (None, "runs", "ended", "reboot")
_CAUSES = {
    "python": "The Python of this environment cannot be run on the host: detect the environments again.",
    "quota": "There is no room left for the viewer on the host: free some in the home folder there.",
    "exited": "The viewer ended on the host before it answered.",
    "silent": "The viewer on the host does not answer.",
    "ended": "The viewer on the host ended again and again, and is not started any more until you say so.",
}


class Running(NamedTuple):
    """A viewer that answers."""

    pid: int
    socket: str
    lease: float
    age: float
    """Seconds since it began."""
    before: str | None
    """``runs`` when it was there already, ``ended`` or ``reboot`` when another one was, None at the first start."""


async def start(
    ssh: asyncssh.SSHClientConnection, plan: Plan, lease: float, *, asked: bool, fresh: bool = True
) -> Running | None:
    """Return the viewer of a plan, adopted or new; None when a person stopped it and nobody `asked` since.

    Parameters
    ----------
    ssh, plan
        Where, and what.
    lease : float
        Seconds without a request after which a new one ends by itself.
    asked : bool
        Whether a person wants it now, whatever was before.
    fresh : bool
        Whether a new process may be begun.

    Raises
    ------
    ViewerFailed, QuotaExceeded, RootMissing
        It could not be started; the text tells why.
    RemoteError
        The host could not be asked.
    """
    told = await ask(
        ssh,
        "start",
        patience=START_S + 10,
        session=plan.id,
        python=plan.environment.python,
        root=plan.root,
        must_exist=asked,
        lease=lease,
        patience_there=START_S,
        asked=asked,
        fresh=fresh,
    )
    return outcome(told, plan.root)


def outcome(told: Mapping[str, Any], root: str) -> Running | None:
    """Return what came of a start, None for one that a person stopped.

    Raises
    ------
    ViewerFailed, QuotaExceeded, RootMissing
        Nothing came of it.
    RemoteError
        What the host says makes no sense.
    """
    if told.get("outcome") == "stopped":
        return None
    if told.get("outcome") == "running":
        return _running(told)
    cause, log = str(told.get("cause")), _texts(told.get("log"))
    said = _CAUSES.get(cause, _CAUSES["exited"])
    if cause == "root":
        raise RootMissing(f"There is no folder {root} on the host: log a run there first, or choose another.")
    if cause == "quota":
        raise QuotaExceeded(said)
    end = " ".join(line.strip() for line in log[-5:])[-_TOLD:]
    raise ViewerFailed(f"{said} The end of its log: {end}" if end else said)


async def stop(ssh: asyncssh.SSHClientConnection, session: str, *, cleanup: bool) -> None:
    """End the viewer of a session, and leave word that a person wanted it.

    Raises
    ------
    RemoteError
        The host could not be asked.
    """
    await ask(ssh, "stop", patience=_STOP_S, session=session, cleanup=cleanup)


async def status(ssh: asyncssh.SSHClientConnection, session: str) -> tuple[bool, bool]:
    """Return whether the process of a session runs, and whether it answers.

    Raises
    ------
    RemoteError
        The host could not be asked.
    """
    told = await ask(ssh, "status", session=session)
    return told.get("running") is True, told.get("answers") is True


async def log(ssh: asyncssh.SSHClientConnection, session: str, lines: int, after: int | None) -> FarLog:
    """Return the end of a viewer's log, or what came after a byte of it.

    Raises
    ------
    RemoteError
        The host could not be asked.
    """
    told = await ask(ssh, "log", session=session, lines=min(lines, _LINES), after=after)
    total, end = (_count(told.get(name)) for name in ("total", "end"))
    return FarLog(tuple(_texts(told.get("lines"))), total, end)


def _running(told: Mapping[str, Any]) -> Running:
    pid, socket, before = told.get("pid"), told.get("socket"), told.get("before")
    lease, age = (_seconds(told.get(name)) for name in ("lease", "age"))
    if not isinstance(pid, int) or not 1 < pid <= _LAST_PID or not 0 < lease <= _LONGEST_LEASE:
        raise _other()
    if not isinstance(socket, str) or not socket.startswith("/") or not socket.isprintable():
        raise _other()
    if len(socket.encode()) > _SOCKET_BYTES or before not in _BEFORE:
        raise _other()
    return Running(pid, socket, lease, age, before)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise _other()
    return float(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _other()
    return value


def _texts(value: object) -> list[str]:
    """Return lines without colours and control characters: they come from a host and are shown to a person."""
    if not isinstance(value, list) or len(value) > _LINES or not all(isinstance(line, str) for line in value):
        raise _other()
    plain = (_COLOURS.sub("", line[:_TEXT]) for line in value)
    return ["".join(mark for mark in line if mark.isprintable() or mark == "\t") for line in plain]


def _other() -> RemoteError:
    return RemoteError("The host answered with something else than was asked for.")
