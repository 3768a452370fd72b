"""The page of a session on another host: our own page, which asks that host's viewer through us (G13)."""

from __future__ import annotations

import html
import re
from typing import Any

from tornado.web import RequestHandler

from runicorn_jupyter.errors import NotFound
from runicorn_jupyter.models import RemoteSession
from runicorn_jupyter.server.page import OwnPage

SESSION_ID = re.compile("[0-9a-f]{8}")


class SessionPage(OwnPage):
    """Base of the addresses at which a session is shown."""

    async def show_session(self, session_id: str, mount: str, api: str) -> None:
        """Show the page, which is told whose runs these are, or say that there is no such session."""
        self.way_on = f'<a href="{html.escape(mount)}/#/remote">Remote hosts</a>'
        if SESSION_ID.fullmatch(session_id) is None:
            raise NotFound("This is no session: the id of one has 8 characters, 0 to 9 and a to f.")
        session = await self.ask_far(lambda far: far.viewer(session_id))
        await self.show(mount, api, session=_told(session))


class SessionPageHandler(SessionPage):
    """``/remote/<session>/`` beside the API, at both mounts."""

    async def get(self, session_id: str) -> None:
        """Show it."""
        path = self.request.path
        if not path.endswith("/"):
            self.redirect(f"{path}/")
            return
        mount = path.rstrip("/").rpartition("/remote/")[0]
        await self.show_session(session_id, mount, f"{path}api")


def _told(session: RemoteSession) -> dict[str, Any]:
    return {
        "id": session.id,
        "host": session.host,
        "connection": session.connection_id,
        "root": session.root,
        "environment": session.environment,
    }


def session_page_routes(prefix: str) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """Return the rules of the page of a session, below `prefix`."""
    return [(f"{prefix}/remote/([^/]+){end}", SessionPageHandler, {}) for end in ("/", "")]
