"""A viewer on another host as every door shows it: the session object of 0.5.4 (R34) and what is ours beside it.

Members ending in a moment (`startedAt`, `since`, `nextTry`) are milliseconds since 1970, as upstream's are.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypedDict

from runicorn_jupyter.models.remote import RemoteSession

CONNECTING, RUNNING, STOPPED = "connecting", "running", "stopped"
STEPS = {
    "python": "Looking at the Python of the host",
    "copy": "Copying the viewer to the host",
    "environment": "Making an environment of its own there",
    "packages": "Installing what the viewer needs",
    "download": "Fetching here what the host cannot reach",
    "check": "Starting it once to see that it works",
    "done": "Done",
}
"""What the steps of an installation are called on screens."""


class ViewerSession(TypedDict):
    """A viewer on another host."""

    sessionId: str
    connectionId: str
    connId: str
    host: str
    sshPort: int
    username: str
    environment: str
    remoteRoot: str
    remotePid: int | None
    remotePort: None
    localPort: int | None
    status: str
    state: str
    reason: str | None
    since: int
    startedAt: int
    uptimeSeconds: float
    isActive: bool
    restarts: int
    nextTry: int | None
    version: str | None
    url: str | None
    proxyPath: str | None


class Installing(TypedDict):
    """How far the installation of our viewer on a host is; `done` of `total` counts what the step is about."""

    ok: bool
    connection_id: str
    state: Literal["running", "done", "failed"]
    phase: str
    step: str
    done: int
    total: int
    reason: str
    environment: str | None


class SessionPlace(NamedTuple):
    """Where a session is shown; a kernel has no addresses of its own."""

    url: str | None = None
    proxy_path: str | None = None
    local_port: int | None = None


def session_form(session: RemoteSession, now: float, place: SessionPlace | None = None) -> ViewerSession:
    """Return the session as it was at the moment `now`; `status` is the documented name of `state`."""
    where = place or SessionPlace()
    return {
        "sessionId": session.id,
        "connectionId": session.connection_id,
        "connId": session.conn_id,
        "host": session.host,
        "sshPort": session.port,
        "username": session.username,
        "environment": session.environment,
        "remoteRoot": session.root,
        "remotePid": session.pid,
        "remotePort": None,
        "localPort": where.local_port,
        "status": session.state,
        "state": session.state,
        "reason": session.reason,
        "since": _milliseconds(session.since),
        "startedAt": _milliseconds(session.started),
        "uptimeSeconds": uptime(session, now),
        "isActive": session.state == RUNNING,
        "restarts": session.restarts,
        "nextTry": None if session.next_try is None else _milliseconds(session.next_try),
        "version": session.version,
        "url": where.url,
        "proxyPath": where.proxy_path,
    }


def uptime(session: RemoteSession, now: float) -> float:
    """Return the seconds that the process there has lived; 0 before it answered first."""
    if session.state == CONNECTING:
        return 0.0
    end = session.since if session.state == STOPPED else now
    return round(max(0.0, end - session.started), 3)


def _milliseconds(when: float) -> int:
    return round(when * 1000)
