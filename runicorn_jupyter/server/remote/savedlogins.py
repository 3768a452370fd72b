"""The saved SSH hosts over HTTP (R24–R27); no answer holds a secret (D18)."""

from __future__ import annotations

from typing import TypedDict

from runicorn_jupyter.errors import BadRequest, NotFound, SettingsUnwritable
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.remote.savedhosts import METHODS, SavedHost, forget_host, save_host, saved_hosts
from runicorn_jupyter.server.request import body
from runicorn_jupyter.server.request.fields import answers

_NAME = 255


class SavedConnection(TypedDict):
    """A saved host without its secrets."""

    host: str
    port: int
    username: str
    name: str
    remember_password: bool
    auth_method: str
    key: str
    private_key_path: str | None
    has_password: bool
    has_private_key: bool


class SavedConnections(TypedDict):
    """The saved hosts."""

    connections: list[SavedConnection]


class ConnectionSaved(TypedDict):
    """What was saved, in words."""

    ok: bool
    message: str


class ConnectionDetails(TypedDict):
    """One saved host."""

    ok: bool
    connection: SavedConnection


class SavedHostNotFound(NotFound):
    """No saved host has this key."""

    code = "connection_not_found"


class SavedHostsHandler(Gate):
    """R24, R25."""

    auth_resource = "runicorn:remote"

    @answers(SavedConnections)
    async def get(self) -> None:
        """List the saved hosts."""
        hosts = await self.service.in_thread(saved_hosts)
        await self.reply({"connections": [host.item() for host in hosts]})

    @answers(ConnectionSaved, raises=(SettingsUnwritable,))
    async def post(
        self,
        *,
        host: str = body.text("Name or address of the host"),
        username: str = body.text("The account there"),
        port: int = body.integer(1, 65_535, "Its SSH port", default=22),
        name: str = body.text("How to show it", default=""),
        auth_method: str = body.choice(METHODS, "How to log in", default="password"),
        private_key_path: str | None = body.text("The key file on this machine", default=None),
        remember_password: bool = body.flag("Let the system's keyring keep the password"),
        password: str | None = body.text("Kept only if asked for, and only by the keyring", default=None),
    ) -> None:
        """Save a host."""
        _check(host=host, username=username, name=name)
        saved = SavedHost(host, port, username, name, auth_method, private_key_path or None)
        wanted = password if remember_password and password else None
        kept = await self.service.in_thread(lambda: save_host(saved, wanted))
        message = "SSH connection saved"
        if wanted is not None and not kept:
            message += "; its password was not: this system offers no keyring, and a file is no place for it"
        await self.reply({"ok": True, "message": message})


class SavedHostHandler(Gate):
    """R26."""

    auth_resource = "runicorn:remote"

    @answers(ConnectionSaved, raises=(SettingsUnwritable,))
    async def delete(self, key: str) -> None:
        """Forget a host."""
        await self.service.in_thread(lambda: forget_host(key))
        await self.reply({"ok": True, "message": "SSH connection removed"})


class SavedHostDetailsHandler(Gate):
    """R27, without the password."""

    auth_resource = "runicorn:remote"

    @answers(ConnectionDetails, raises=(SavedHostNotFound,))
    async def get(self, key: str) -> None:
        """Describe a saved host."""
        for host in await self.service.in_thread(saved_hosts):
            if host.key == key:
                await self.reply({"ok": True, "connection": host.item()})
                return
        raise SavedHostNotFound(f"Connection not found: {key[:300]}")


def _check(**texts: str) -> None:
    for name, text in texts.items():
        if len(text) > _NAME or not text.isprintable():
            raise BadRequest(f"{name} must be text of at most {_NAME} characters, without control characters.")
    for name in ("host", "username"):
        text = texts[name]
        if not text or text != text.strip() or text.startswith("-") or any(mark in text for mark in " /@\\"):
            raise BadRequest(f"{name} must be given, without spaces, slashes, @ and a leading -.")
