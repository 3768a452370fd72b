"""How viewers on other hosts are shown and found here: the addresses of this mount, and the ids of both generations."""

from __future__ import annotations

import time
from typing import NamedTuple

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import RemoteSession
from runicorn_jupyter.models.sessionforms import SessionPlace, ViewerSession, session_form
from runicorn_jupyter.models.viewerforms import ViewerState, viewer_form
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body, query

_API = "/api/remote/"


class Wanted(NamedTuple):
    """Which session somebody means: by its own id, or the newest one of a connection."""

    session_id: str | None
    connection_id: str | None


def asked_session(
    *,
    session_id: str | None = query.text("Session"),
    connection_id: str | None = query.text("Connection, whose newest session is meant"),
) -> Wanted:
    """Return which session a query means."""
    return Wanted(session_id or None, connection_id or None)


def named_session(
    *,
    session_id: str | None = body.text("Session", default=None),
    connection_id: str | None = body.text("Connection, whose newest session is meant", default=None),
) -> Wanted:
    """Return which session a body means."""
    return Wanted(session_id or None, connection_id or None)


class SessionGate(Gate):
    """Base of handlers that show sessions."""

    auth_resource = "runicorn:remote"

    async def found(self, wanted: Wanted) -> RemoteSession:
        """Return the session that is meant.

        Raises
        ------
        BadRequest
            No id is given.
        ViewerNotFound, ConnectionNotFound
            There is none.
        """
        session_id, connection_id = wanted
        if session_id is not None:
            return await self.ask_far(lambda far: far.viewer(session_id))
        if connection_id is not None:
            return await self.ask_far(lambda far: far.viewer_of(connection_id))
        raise BadRequest("session_id or connection_id is required.")

    def form(self, session: RemoteSession) -> ViewerSession:
        """Return a session with the addresses where this server shows it."""
        return session_form(session, time.time(), self._place(session))

    def forms(self, sessions: list[RemoteSession]) -> list[ViewerSession]:
        """Return sessions with their addresses."""
        return [self.form(session) for session in sessions]

    def viewer(self, session: RemoteSession) -> ViewerState:
        """Return a session in the words of 0.5.0."""
        return viewer_form(session, time.time(), self._place(session))

    def _place(self, session: RemoteSession) -> SessionPlace:
        path = f"{self.request.path.rpartition(_API)[0]}/remote/{session.id}/"
        ports = self.service.ports
        port = None if ports is None else ports.port(session.id)
        if port is not None:
            return SessionPlace(f"http://localhost:{port}", path, port)
        return SessionPlace(f"{self.request.protocol}://{self.request.host}{path}", path)
