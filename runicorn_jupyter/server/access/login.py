"""A fresh login address for `runicorn viewer --url`."""

from __future__ import annotations

from typing import cast

from runicorn_jupyter.errors import Forbidden
from runicorn_jupyter.server.access.identity import Caller, ViewerIdentity
from runicorn_jupyter.server.gate import Gate


class LoginCodeHandler(Gate):
    """``POST /login/code``: whoever can read the token file may have a one-use address for a browser."""

    async def post(self) -> None:
        """Return ``{"path": "/?login=…"}``."""
        if cast("Caller", self.current_user).way != "token":
            raise Forbidden("A login address is given for the token only.")
        code = cast("ViewerIdentity", self.identity_provider).new_code()
        await self.reply({"path": f"/?login={code}"})
