"""Viewers on other hosts: start, find, stop (R34–R36, R43, X17, X18).

The words of 0.5.4 and of 0.5.0 are read by the same handlers, and every answer carries both (contract §1c).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runicorn_jupyter.errors import BadRequest, Conflict, RunicornError
from runicorn_jupyter.models.sessionforms import ViewerSession
from runicorn_jupyter.models.viewerforms import (
    ViewerSessions,
    ViewerStarted,
    ViewerStatus,
    ViewerStopped,
    started_form,
)
from runicorn_jupyter.server.remote.causes import FINDING, SESSION, STARTING
from runicorn_jupyter.server.remote.login import LAST_PORT, Login, asked_login, log_in
from runicorn_jupyter.server.remote.showing import SessionGate, Wanted, asked_session, named_session
from runicorn_jupyter.server.request import body
from runicorn_jupyter.server.request.fields import answers, made_by


class ViewerRunning(RunicornError):
    """A viewer of this folder and environment runs already, and whoever asks in the words of 0.5.0 wants to know."""

    status = 409
    code = "viewer_already_running"

    def __init__(self, forms: Mapping[str, Any]) -> None:
        super().__init__("A viewer of this folder and environment runs already on the host.")
        self._forms = forms

    def extra(self) -> Mapping[str, Any]:
        """Return the session that runs."""
        return self._forms


class StartHandler(SessionGate):
    """R34."""

    @answers(ViewerStarted, raises=(*STARTING, ViewerRunning, Conflict))
    async def post(
        self,
        *,
        connection_id: str | None = body.text("An open connection; else host and login", default=None),
        host: str | None = body.text("Host to log in at, unless connection_id is given", default=None),
        login: Login = made_by(asked_login),
        root: str | None = body.text(
            "Storage root there; else the one it uses itself", default=None, name="remote_root"
        ),
        conda_env: str | None = body.text("Environment there, in the words of 0.5.4", default=None),
        env_name: str | None = body.text("The same in 0.5.0; what runs already is then a 409", default=None),
        local_port: int | None = body.integer(1, LAST_PORT, "Port to open here, outside Jupyter", default=None),
        _port_there: int | None = body.integer(
            1, LAST_PORT, "Not used: none is opened", default=None, name="remote_port"
        ),
        _auto_open: bool = body.flag("For pages; a server opens no browser", default=True, name="auto_open"),
    ) -> None:
        """Start our viewer on a host, or find the one that runs."""
        if connection_id:
            key = connection_id
        elif host:
            connection, _ = await log_in(self, host, login)
            key = connection.key
        else:
            raise BadRequest("connection_id, or host and username, is required.")
        session, already = await self.ask_far(
            lambda far: far.start_viewer(key, root=root or None, environment=env_name or conda_env or None)
        )
        if self.service.ports is not None:
            self.service.ports.open(session.id, local_port)
        form, viewer = self.form(session), self.viewer(session)
        if already and env_name:
            raise ViewerRunning({"session": form, "viewer": viewer})
        await self.reply(started_form(form, viewer, already=already))


class StopHandler(SessionGate):
    """R35."""

    @answers(ViewerStopped, raises=SESSION)
    async def post(
        self,
        *,
        wanted: Wanted = made_by(named_session),
        cleanup: bool = body.flag("Whether its folder there goes, the log too", default=True),
    ) -> None:
        """Stop a viewer on a host."""
        session = await self.found(wanted)
        stopped = await self.ask_far(lambda far: far.stop_viewer(session.id, cleanup=cleanup))
        if self.service.ports is not None:
            self.service.ports.close(session.id)
        message = f"Session {session.id} stopped" if wanted.session_id else "Remote Viewer stopped successfully"
        await self.reply({"ok": True, "success": True, "message": message, "session": self.form(stopped)})


class ViewersHandler(SessionGate):
    """X18."""

    @answers(ViewerSessions)
    async def get(self) -> None:
        """List the viewers on other hosts."""
        found = self.forms(await self.ask_far(lambda far: far.viewers()))
        await self.reply({"ok": True, "success": True, "sessions": found, "total": len(found)})


class ViewerHandler(SessionGate):
    """R43."""

    @answers(ViewerSession, raises=FINDING)
    async def get(self, session_id: str) -> None:
        """Describe a viewer on another host."""
        await self.reply(self.form(await self.ask_far(lambda far: far.viewer(session_id))))


class ViewerStatusHandler(SessionGate):
    """R36."""

    @answers(ViewerStatus, raises=FINDING)
    async def get(self, *, wanted: Wanted = made_by(asked_session)) -> None:
        """Describe the viewer of a connection."""
        session = await self.found(wanted)
        both = {"viewer": self.viewer(session), "session": self.form(session)}
        await self.reply({"success": True, "ok": True, **both})
