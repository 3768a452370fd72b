"""Open connections to other hosts (R28–R30, R40, R41, X17).

Where 0.5.0 and 0.5.4 name one thing twice, the answers carry both names (contract §1c).
"""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus

from runicorn_jupyter.errors import RateLimited, RunicornError
from runicorn_jupyter.models import HostFacts, RemoteConnection, SshHost
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
from runicorn_jupyter.server.answer.wire import iso_time
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body, query
from runicorn_jupyter.server.request.fields import answers

_DEFAULT_PORT = 22
_LAST_PORT = 65_535
_LONGEST_S = 300
_FAILED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.SERVICE_UNAVAILABLE}


class ConnectHandler(Gate):
    """R28; five failed attempts a minute for each host, what succeeds is free (D8)."""

    auth_resource = "runicorn:remote"

    @answers(Connected)
    async def post(
        self,
        *,
        host: str = body.text("Host name or IP address"),
        port: int | None = body.integer(1, _LAST_PORT, "Port of sshd, 22 if absent", default=None),
        username: str = body.text("User to log in as; with ssh_config the file may say it", default=""),
        auth_method: str | None = body.text("key, password or agent; without it all that is given", default=None),
        password: str | None = body.text("Password", default=None),
        private_key: str | None = body.text("A private key as text", default=None),
        private_key_path: str | None = body.text("File of a private key where this server runs", default=None),
        passphrase: str | None = body.text("Passphrase of the private key", default=None),
        use_agent: bool = body.flag("Whether the SSH agent may be asked", default=True),
        seconds: int | None = body.integer(1, _LONGEST_S, "Seconds to wait, 15 at most", default=None, name="timeout"),
        ssh_config: bool = body.flag("Whether ~/.ssh/config of this server's user completes the rest"),
    ) -> None:
        """Log in at a host, or find the connection that is open."""
        credentials = {
            "method": auth_method,
            "password": password,
            "private_key": private_key,
            "private_key_path": private_key_path,
            "passphrase": passphrase,
            "use_agent": use_agent,
        }
        limits = self.service.limits
        standing = limits.peek("connect", host)
        if not standing.allowed:
            raise RateLimited("Too many failed logins at this host; wait a minute.", retry_after=standing.reset)
        try:
            connection, facts = await self.ask_far(
                lambda far: far.connect(
                    host, username, port, patience=seconds or _LONGEST_S, ssh_config=ssh_config, **credentials
                )
            )
        except RunicornError as error:
            if error.status in _FAILED:
                limits.take("connect", host)
            raise
        await self.reply({"ok": True, "success": True, **_connection(connection), "server_info": _server(facts)})


class SshHostsHandler(Gate):
    """Ours: what the page offers to pick from."""

    auth_resource = "runicorn:remote"

    @answers(list[SshHost])
    async def get(self) -> None:
        """List the hosts of the user's ssh configuration."""
        found = await self.ask(lambda hall: hall.remotes.ssh_hosts(), patient=False)
        await self.reply([asdict(one) for one in found])


class OpenConnectionsHandler(Gate):
    """R29."""

    auth_resource = "runicorn:remote"

    @answers(OpenConnections)
    async def get(self) -> None:
        """List the open connections."""
        found = await self.ask_far(lambda far: far.connections())
        items = [{**_connection(one), "viewer": None} for one in found]
        await self.reply({"success": True, "ok": True, "connections": items, "total": len(items)})


class OpenConnectionHandler(Gate):
    """R30."""

    auth_resource = "runicorn:remote"

    @answers(ConnectionClosed)
    async def delete(
        self,
        connection_id: str,
        *,
        _cleanup: bool = query.flag("Whether remote viewers end as well", default=True, name="cleanup_viewer"),
    ) -> None:
        """Close a connection."""
        await self.ask_far(lambda far: far.disconnect(connection_id))
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

    @answers(Told)
    async def post(
        self,
        *,
        host: str = body.text("Host of the connection"),
        port: int | None = body.integer(1, _LAST_PORT, "Its port", default=None),
        username: str | None = body.text("Its user", default=None),
    ) -> None:
        """Close the connection of a host."""
        whole = f"{username}@{host}:{port or _DEFAULT_PORT}" if username else host
        try:
            await self.ask_far(lambda far: far.disconnect(whole))
        except RunicornError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            await self.reply({"ok": False, "success": False, "message": "Connection not found"})
            return
        await self.reply({"ok": True, "success": True, "message": "Connection removed"})


class RemoteStatusHandler(Gate):
    """X17."""

    auth_resource = "runicorn:remote"

    @answers(RemoteStatus)
    async def get(self) -> None:
        """Count connections and remote viewers."""
        found = [_connection(one) for one in await self.ask_far(lambda far: far.connections())]
        await self.reply(
            {"connections": found, "viewer_sessions": [], "connection_count": len(found), "viewer_session_count": 0}
        )


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
