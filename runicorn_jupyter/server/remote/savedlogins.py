"""The saved SSH hosts over HTTP (R24–R27, X21); no answer holds a secret (D18)."""

from __future__ import annotations

from typing import TypedDict

from runicorn_jupyter.errors import BadRequest, NotFound, SettingsUnwritable
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.remote.savedhosts import (
    METHODS,
    SavedHost,
    ToSave,
    forget_host,
    save_host,
    save_hosts,
    saved_hosts,
)
from runicorn_jupyter.server.request import body
from runicorn_jupyter.server.request.fields import answers, made_by

_NAME = 255
_LIST = 100
_NOT_KEPT = "; {} not: this system offers no keyring, and a file is no place for it"


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


class SavedEntry(SavedConnection):
    """A saved host, and what the client calls it."""

    id: str | None


class SavedList(TypedDict):
    """The saved hosts as one list."""

    ok: bool
    success: bool
    connections: list[SavedEntry]


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


def asked_host(
    *,
    host: str = body.text("Name or address of the host"),
    username: str = body.text("The account there"),
    port: int = body.integer(1, 65_535, "Its SSH port", default=22),
    name: str = body.text("How to show it", default=""),
    auth_method: str = body.choice(METHODS, "How to log in", default="password"),
    private_key_path: str | None = body.text("The key file on this machine", default=None),
    remember_password: bool = body.flag("Let the system's keyring keep the password"),
    password: str | None = body.text("Kept only if asked for, and only by the keyring", default=None),
    called: str | None = body.text("What the client calls it", default=None, name="id"),
) -> ToSave:
    """Return the host that a body describes."""
    _check(host=host, username=username, name=name, id=called or "")
    saved = SavedHost(host, port, username, name, auth_method, private_key_path or None, id=called)
    return ToSave(saved, remember_password, password)


class SavedHostsHandler(Gate):
    """R24, R25."""

    auth_resource = "runicorn:remote"

    @answers(SavedConnections)
    async def get(self) -> None:
        """List the saved hosts."""
        hosts = await self.service.in_thread(saved_hosts)
        await self.reply({"connections": [host.item() for host in hosts]})

    @answers(ConnectionSaved, raises=(SettingsUnwritable,))
    async def post(self, *, wanted: ToSave = made_by(asked_host)) -> None:
        """Save a host."""
        kept = await self.service.in_thread(lambda: save_host(wanted))
        message = "SSH connection saved"
        if wanted.remember and wanted.password and not kept:
            message += _NOT_KEPT.format("its password was")
        await self.reply({"ok": True, "message": message})


class SavedListHandler(Gate):
    """X21: the same hosts, read and written as one list."""

    auth_resource = "runicorn:remote"

    @answers(SavedList)
    async def get(self) -> None:
        """List the saved hosts, whole."""
        hosts = await self.service.in_thread(saved_hosts)
        listed = [{**host.item(), "id": host.id} for host in hosts]
        await self.reply({"ok": True, "success": True, "connections": listed})

    @answers(ConnectionSaved, raises=(SettingsUnwritable,))
    async def post(
        self, *, wanted: list[ToSave] = body.entries(asked_host, _LIST, "The hosts to save; others are forgotten")
    ) -> None:
        """Save a list of hosts in place of those that were saved."""
        kept = await self.service.in_thread(lambda: save_hosts(wanted))
        secret = {one.host.key for one in wanted if one.remember and one.password}
        message = f"{len(kept)} connections saved"
        if any(host.key in secret and not host.in_keyring for host in kept):
            message += _NOT_KEPT.format("their passwords were")
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
