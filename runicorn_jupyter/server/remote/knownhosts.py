"""Keys of hosts that were accepted here (X29)."""

from __future__ import annotations

from runicorn_jupyter.errors import NotFound
from runicorn_jupyter.models.remoteforms import Done, KnownHosts
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body
from runicorn_jupyter.server.request.fields import answers
from runicorn_jupyter.workspace import far_errors

_DEFAULT_PORT = 22
_LAST_PORT = 65_535


class KnownHostsHandler(Gate):
    """X29."""

    auth_resource = "runicorn:remote"

    @answers(KnownHosts, raises=(far_errors.KnownHostsUnreadable,))
    async def get(self) -> None:
        """List the keys that were accepted here."""
        await self.reply({"entries": await self.ask(lambda hall: hall.remotes.keys.entries(), patient=False)})


class AcceptHandler(Gate):
    """X29: only the very key that the host has just shown (S03)."""

    auth_resource = "runicorn:remote"

    @answers(Done, raises=(far_errors.KnownHostsUnreadable,))
    async def post(
        self,
        *,
        host: str = body.text("Host that showed the key"),
        port: int = body.integer(1, _LAST_PORT, "Its port", default=_DEFAULT_PORT),
        fingerprint: str = body.text("Its fingerprint, SHA256:…", name="fingerprint_sha256"),
        public_key: str | None = body.text("The key itself", default=None),
        _kind: str | None = body.text("Its type; the key says it too", default=None, name="key_type"),
    ) -> None:
        """Trust the key of a host from now on."""
        await self.ask(lambda hall: hall.remotes.keys.accept(host, port, fingerprint, public_key), patient=False)
        await self.reply({"ok": True})


class ForgetHandler(Gate):
    """X29."""

    auth_resource = "runicorn:remote"

    @answers(Done, raises=(NotFound, far_errors.KnownHostsUnreadable))
    async def post(
        self,
        *,
        host: str = body.text("Host"),
        port: int = body.integer(1, _LAST_PORT, "Its port", default=_DEFAULT_PORT),
        kind: str = body.text("Type of the key", name="key_type"),
    ) -> None:
        """Forget a key that was accepted here."""
        await self.ask(lambda hall: hall.remotes.keys.remove(host, port, kind), patient=False)
        await self.reply({"ok": True})
