"""What is answered about viewers on other hosts, in the words of both documented generations (contract §1c)."""

from __future__ import annotations

from typing import Literal, TypedDict

from runicorn_jupyter.models.moments import iso_time
from runicorn_jupyter.models.remote import RemoteSession
from runicorn_jupyter.models.sessionforms import SessionPlace, ViewerSession, uptime

_HEALTH = {"running": "healthy", "connecting": "starting", "stopped": "stopped"}


class ViewerState(TypedDict):
    """A viewer on another host in the words of 0.5.0."""

    session_id: str
    status: str
    health: str
    reason: str | None
    url: str | None
    local_port: int | None
    started_at: str
    uptime_seconds: float


class ViewerStarted(TypedDict):
    """A viewer that was started, or found running, in the words of both generations."""

    ok: bool
    success: bool
    message: str
    already_running: bool
    session: ViewerSession
    viewer: ViewerState
    session_id: str
    connection_id: str
    local_port: int | None
    url: str | None
    status: str


class ViewerStopped(TypedDict):
    """A viewer that was stopped."""

    ok: bool
    success: bool
    message: str
    session: ViewerSession


class ViewerSessions(TypedDict):
    """The viewers on other hosts."""

    ok: bool
    success: bool
    sessions: list[ViewerSession]
    total: int


class ViewerStatus(TypedDict):
    """One viewer on another host, in the words of both generations."""

    ok: bool
    success: bool
    viewer: ViewerState
    session: ViewerSession


class ViewerLog(TypedDict):
    """Lines of the log of a viewer on another host; `end` is the byte from which to go on."""

    ok: bool
    success: bool
    session_id: str
    logs: list[str]
    total_lines: int
    end: int


class HealthChecks(TypedDict):
    """What was checked; ``none`` where there is no viewer to check."""

    ssh_connection: Literal["pass", "fail"]
    viewer_process: Literal["pass", "fail", "none"]
    tunnel_active: Literal["pass", "fail", "none"]


class ConnectionHealth(TypedDict):
    """Whether a connection and its viewer are well."""

    ok: bool
    success: bool
    health: Literal["healthy", "degraded", "unhealthy"]
    checks: HealthChecks


def viewer_form(session: RemoteSession, now: float, place: SessionPlace) -> ViewerState:
    """Return the viewer of a session as it was at the moment `now`."""
    return {
        "session_id": session.id,
        "status": session.state,
        "health": _HEALTH.get(session.state, "degraded"),
        "reason": session.reason,
        "url": place.url,
        "local_port": place.local_port,
        "started_at": iso_time(session.started),
        "uptime_seconds": uptime(session, now),
    }


def started_form(session: ViewerSession, viewer: ViewerState, *, already: bool) -> ViewerStarted:
    """Return what is answered once a viewer runs; some clients read the session's members at the top."""
    return {
        "ok": True,
        "success": True,
        "message": f"Remote Viewer ready at {session['url']}",
        "already_running": already,
        "session": session,
        "viewer": viewer,
        "session_id": session["sessionId"],
        "connection_id": session["connectionId"],
        "local_port": session["localPort"],
        "url": session["url"],
        "status": session["status"],
    }
