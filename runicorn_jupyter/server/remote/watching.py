"""How a viewer on another host is doing: its log, and whether host, process and way are well (R37, R38)."""

from __future__ import annotations

from typing import Literal

from runicorn_jupyter.errors import RunicornError
from runicorn_jupyter.models.viewerforms import ConnectionHealth, HealthChecks, ViewerLog
from runicorn_jupyter.server.remote.causes import SESSION
from runicorn_jupyter.server.remote.showing import SessionGate, Wanted, asked_session
from runicorn_jupyter.server.request import query
from runicorn_jupyter.server.request.fields import answers, made_by

_MOST_LINES = 10_000
_FARTHEST = 2**53
_NO_VIEWER = "session_not_found"


class ViewerLogHandler(SessionGate):
    """R37; `after` is the `end` of the answer before, so that a follower gets each line once."""

    @answers(ViewerLog, raises=SESSION)
    async def get(
        self,
        *,
        wanted: Wanted = made_by(asked_session),
        lines: int = query.integer(1, _MOST_LINES, "How many lines at most", default=100),
        after: int | None = query.integer(0, _FARTHEST, "Byte after which to go on"),
    ) -> None:
        """Return the end of the log of a viewer on another host."""
        session = await self.found(wanted)
        log = await self.ask_far(lambda far: far.viewer_log(session.id, lines=lines, after=after))
        told = {"logs": log.lines, "total_lines": log.total, "end": log.end, "session_id": session.id}
        await self.reply({"success": True, "ok": True, **told})


class ConnectionHealthHandler(SessionGate):
    """R38."""

    @answers(ConnectionHealth, raises=SESSION)
    async def get(self, *, wanted: Wanted = made_by(asked_session)) -> None:
        """Check a connection and the viewer that it carries."""
        checks = await self._checked(wanted)
        wrong = "fail" in checks.values()
        health = "unhealthy" if checks["ssh_connection"] == "fail" else "degraded" if wrong else "healthy"
        await self.reply({"success": True, "ok": True, "health": health, "checks": checks})

    async def _checked(self, wanted: Wanted) -> HealthChecks:
        try:
            session = await self.found(wanted)
        except RunicornError as error:
            if error.code != _NO_VIEWER or wanted.connection_id is None:
                raise
            connection_id = wanted.connection_id
            await self.ask_far(lambda far: far.ping(connection_id))
            return {"ssh_connection": "pass", "viewer_process": "none", "tunnel_active": "none"}
        found = await self.ask_far(lambda far: far.check_viewer(session.id))
        return {
            "ssh_connection": _word(passed=found.ssh),
            "viewer_process": _word(passed=found.process),
            "tunnel_active": _word(passed=found.answers),
        }


def _word(*, passed: bool) -> Literal["pass", "fail"]:
    return "pass" if passed else "fail"
