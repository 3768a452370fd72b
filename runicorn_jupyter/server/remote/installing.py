"""Our viewer, installed on a host that has none: only after an explicit yes, and watched while it goes on."""

from __future__ import annotations

from http import HTTPStatus
from typing import TypedDict

from runicorn_jupyter.errors import BadRequest, NotFound
from runicorn_jupyter.models.sessionforms import Installing
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.remote.causes import ASKING, FINDING
from runicorn_jupyter.server.request import body, query
from runicorn_jupyter.server.request.fields import answers


class InstallNotFound(NotFound):
    """Nothing was ever installed over this connection."""

    code = "install_not_found"


class InstallBegun(TypedDict):
    """An installation that goes on after this answer."""

    ok: bool
    success: bool
    job: Installing


class InstallHandler(Gate):
    """Ours: what a screen offers where a host has no viewer."""

    auth_resource = "runicorn:remote"

    @answers(Installing, raises=(InstallNotFound, *FINDING))
    async def get(self, *, connection_id: str = query.required("Connection")) -> None:
        """Tell how far the installation on a host is."""
        found = await self.ask_far(lambda far: far.installation(connection_id))
        if found is None:
            raise InstallNotFound("Nothing was installed over this connection.")
        await self.reply(found)

    @answers(InstallBegun, status=HTTPStatus.ACCEPTED, raises=ASKING)
    async def post(
        self,
        *,
        connection_id: str = body.text("Connection"),
        confirm: bool = body.flag("That somebody said yes to it"),
    ) -> None:
        """Begin to install our viewer into a private environment of a host."""
        if not confirm:
            raise BadRequest("confirm must be true: nothing is installed on a host unless somebody said yes to it.")
        job = await self.ask_far(lambda far: far.begin_install(connection_id))
        self.set_status(HTTPStatus.ACCEPTED)
        await self.reply({"ok": True, "success": True, "job": job})
