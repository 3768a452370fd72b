"""Who calls over a unix socket: the owner of the viewer, whatever else the request says, and nobody else."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from jupyter_server.auth.identity import IdentityProvider, User

from runicorn_jupyter.errors import Forbidden
from runicorn_jupyter.server.access.identity import Caller
from runicorn_jupyter.server.access.unixsocket import peer_uid

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler
    from tornado import web
    from tornado.iostream import IOStream


class OwnerIdentity(IdentityProvider):
    """Lets in whoever has this process's user id, as the kernel tells it of each connection; no token, no cookie.

    Parameters
    ----------
    heard : callable
        Called for each request that is let in.
    """

    def __init__(self, heard: Callable[[], None]) -> None:
        super().__init__(token="")
        self._heard = heard

    def get_user(self, handler: web.RequestHandler) -> User | None:
        """Return the owner, or None with ``handler.refusal`` set."""
        page = cast("JupyterHandler", handler)
        stream = cast("IOStream | None", getattr(handler.request.connection, "stream", None))
        if stream is None or stream.socket is None or peer_uid(stream.socket) != os.geteuid():
            page.refusal = Forbidden("This socket is for the user who started the viewer, and for nobody else.")  # type: ignore[attr-defined]
            return None
        self._heard()
        # A web page cannot open a unix socket, so there is nothing that an XSRF token would protect.
        page._token_authenticated = True  # type: ignore[attr-defined]  # noqa: SLF001
        return Caller("owner")
