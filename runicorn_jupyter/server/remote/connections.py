"""Open connections to other hosts (R28–R30, R40, R41, X17).

Where 0.5.0 and 0.5.4 name one thing twice, the answers carry both names (contract §1c).
"""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus

from runicorn_jupyter.errors import RunicornError
from runicorn_jupyter.models import HostFacts, RemoteConnection, SshHost
from runicorn_jupyter.models.moments import iso_time
from runicorn_jupyter.models.remoteforms import (
    Connected,
    ConnectionClosed,
    OpenConnection,
    OpenConnections,
    RemoteStatus,
    ServerInfo,
    Sessions,
    Told,
)
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.remote.causes import ASKING, LOGIN
from runicorn_jupyter.server.remote.login import DEFAULT_PORT, LAST_PORT, Login, asked_login, log_in
from runicorn_jupyter.server.remote.showing import SessionGate
from runicorn_jupyter.server.request import body, query
from runicorn_jupyter.server.request.fields import answers, made_by


class ConnectHandler(Gate):
    """R28; five failed attempts a minute for each host, what succeeds is free (D8)."""

    auth_resource = "runicorn:remote"

    @answers(Connected, raises=LOGIN)
    async def post(
        self, *, host: str = body.text("Host name or IP address"), login: Login = made_by(asked_login)
    ) -> None:
        """Log in at a host, or find the connection that is open."""
        connection, facts = await log_in(self, host, login)
        await self.reply({"ok": True, "success": True, **_connection(connection), "server_info": _server(facts)})


class SshHostsHandler(Gate):
    """Ours: what the page offers to pick from."""

    auth_resource = "runicorn:remote"

    @answers(list[SshHost])
    async def get(self) -> None:
        """List the hosts of the user's ssh configuration."""
        found = await self.ask(lambda hall: hall.remotes.ssh_hosts(), patient=False)
        await self.reply([asdict(one) for one in found])


class OpenConnectionsHandler(SessionGate):
    """R29."""

    @answers(OpenConnections)
    async def get(self) -> None:
        """List the open connections, each with the newest viewer that it carries."""
        found = await self.ask_far(lambda far: far.connections())
        newest = {one.connection_id: one for one in await self.ask_far(lambda far: far.viewers())}
        items = [
            {**_connection(one), "viewer": self.viewer(newest[one.key]) if one.key in newest else None} for one in found
        ]
        await self.reply({"success": True, "ok": True, "connections": items, "total": len(items)})


class OpenConnectionHandler(Gate):
    """R30."""

    auth_resource = "runicorn:remote"

    @answers(ConnectionClosed, raises=ASKING)
    async def delete(
        self,
        connection_id: str,
        *,
        cleanup: bool = query.flag(
            "Whether its viewers end now; else they end by their lease", default=True, name="cleanup_viewer"
        ),
    ) -> None:
        """Close a connection."""
        await self.ask_far(lambda far: far.disconnect(connection_id, cleanup=cleanup))
        message = "Connection disconnected successfully"
        await self.reply({"success": True, "ok": True, "message": message, "connection_id": connection_id})


class SessionsHandler(Gate):
    """R40: connections, in the words of 0.5.4."""

    auth_resource = "runicorn:remote"

    @answers(Sessions)
    async def get(self) -> None:
        """List the open connections by their documented key."""
        found = await self.ask_far(lambda far: far.connections())
        await self.reply({"sessions": [{**_connection(one), "key": one.key} for one in found]})


class DisconnectHandler(Gate):
    """R41; a client that knows the host only is understood (K9)."""

    auth_resource = "runicorn:remote"

    @answers(Told, raises=ASKING)
    async def post(
        self,
        *,
        host: str = body.text("Host of the connection"),
        port: int | None = body.integer(1, LAST_PORT, "Its port", default=None),
        username: str | None = body.text("Its user", default=None),
    ) -> None:
        """Close the connection of a host."""
        whole = f"{username}@{host}:{port or DEFAULT_PORT}" if username else host
        try:
            await self.ask_far(lambda far: far.disconnect(whole))
        except RunicornError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            await self.reply({"ok": False, "success": False, "message": "Connection not found"})
            return
        await self.reply({"ok": True, "success": True, "message": "Connection removed"})


class RemoteStatusHandler(SessionGate):
    """X17."""

    @answers(RemoteStatus)
    async def get(self) -> None:
        """Count connections and viewers on other hosts."""
        found = [_connection(one) for one in await self.ask_far(lambda far: far.connections())]
        sessions = self.forms(await self.ask_far(lambda far: far.viewers()))
        counts = {"connection_count": len(found), "viewer_session_count": len(sessions)}
        await self.reply({"connections": found, "viewer_sessions": sessions, **counts})


def _connection(one: RemoteConnection) -> OpenConnection:
    return {
        "connection_id": one.key,
        "conn_id": one.conn_id,
        "host": one.host,
        "port": one.port,
        "username": one.username,
        "connected": one.connected,
        "status": "connected" if one.connected else "disconnected",
        "created_at": iso_time(one.created),
    }


def _server(facts: HostFacts | None) -> ServerInfo:
    if facts is None:
        return {"hostname": None, "os": None, "python_version": None}
    return {"hostname": facts.hostname, "os": facts.os, "python_version": facts.python_version}
