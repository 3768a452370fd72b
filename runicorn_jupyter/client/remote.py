"""Viewers on other machines, over HTTP: the server of this client holds the SSH connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runicorn_jupyter.client.errors import BadRequestError, NotFoundError
from runicorn_jupyter.client.values import Row, given, number, part, row, rows

if TYPE_CHECKING:
    from runicorn_jupyter.client.connection import Connection

_SSH_PORT = 22
_FLAT = {
    "sessionId": "session_id",
    "localPort": "local_port",
    "remotePort": "remote_port",
    "remoteRoot": "remote_root",
    "startedAt": "started_at",
}


class RemoteAPI:
    """`RunicornClient.remote`."""

    def __init__(self, client: Connection) -> None:
        self._client = client

    def connect(
        self,
        host: str,
        port: int = _SSH_PORT,
        username: str | None = None,
        password: str | None = None,
        private_key_path: str | None = None,
        passphrase: str | None = None,
        *,
        use_agent: bool = True,
    ) -> Row:
        """Open an SSH connection; ``connection_id`` of the answer names it from then on.

        Raises
        ------
        HostKeyConfirmationRequiredError
            The host is not known yet: compare its fingerprint, then `confirm_host_key`.
        AuthenticationError
            The host refused the login.
        """
        body = {"host": host, "port": port, "username": username, "password": password}
        body |= {"private_key_path": private_key_path, "passphrase": passphrase, "use_agent": use_agent}
        return row(self._client.post("/remote/connect", body))

    def disconnect(self, host: str, username: str | None = None, port: int | None = None) -> Row:
        """Close the connection to `host`; user and port are looked up when only one connection goes there."""
        if username is None or port is None:
            username, port = self._of_host(host, username, port)
        return row(self._client.post("/remote/disconnect", {"host": host, "port": port, "username": username}))

    def list_sessions(self) -> list[Row]:
        """Return the SSH connections."""
        return rows(self._client.get("/remote/sessions"), "sessions")

    def start_viewer(
        self,
        connection_id: str | None = None,
        remote_root: str | None = None,
        local_port: int | None = None,
        remote_port: int | None = None,
        **login: Any,
    ) -> Row:
        """Show the runs of a folder on another machine.

        Parameters
        ----------
        connection_id : str, optional
            ``user@host:port``, or the host alone when only one connection goes there.
        remote_root : str
            The storage root there; ``~`` is its home.
        local_port, remote_port : int, optional
            Ports to use, where ports are used.
        **login
            Instead of `connection_id`: ``host, port, username, password, private_key_path, passphrase, conda_env``.

        Returns
        -------
        dict
            The session, with ``session_id``, ``local_port``, ``url`` and ``status``.
        """
        if not remote_root or not (connection_id or login.get("host")):
            raise BadRequestError("start_viewer needs remote_root, and a connection_id or a host.")
        body = {"connection_id": connection_id, "remote_root": remote_root}
        body |= given({"local_port": local_port, "remote_port": remote_port, **login})
        return _flat(row(self._client.post("/remote/viewer/start", given(body))))

    def stop_viewer(self, session_id: str) -> Row:
        """Stop showing it."""
        return row(self._client.post("/remote/viewer/stop", {"session_id": session_id}))

    def list_viewer_sessions(self) -> list[Row]:
        """Return the remote folders that are shown."""
        return [_flat(session) for session in rows(self._client.get("/remote/viewer/sessions"), "sessions")]

    def get_viewer_status(self, session_id: str) -> Row:
        """Return how one of them is."""
        return _flat(row(self._client.get(f"/remote/viewer/status/{part(session_id)}")))

    def list_remote_directory(self, connection_id: str, path: str = "~") -> list[Row]:
        """Return what lies in a folder there, folders first."""
        answer = row(self._client.get("/remote/fs/list", {"connection_id": connection_id, "path": path}))
        return rows(answer, "items" if "items" in answer else "entries")

    def check_remote_path(self, connection_id: str, path: str) -> bool:
        """Tell whether `path` exists there."""
        return bool(
            row(self._client.get("/remote/fs/exists", {"connection_id": connection_id, "path": path})).get("exists")
        )

    def list_environments(self, connection_id: str) -> list[Row]:
        """Return the Python environments found there."""
        return rows(self._client.get("/remote/conda-envs", {"connection_id": connection_id}), "envs")

    def list_remote_storage_candidates(
        self,
        connection_id: str,
        conda_env: str = "system",
        scan_root: str | None = None,
        max_depth: int = 3,
    ) -> list[Row]:
        """Return the folders there that look like storage roots."""
        asked = {"connection_id": connection_id, "conda_env": conda_env, "scan_root": scan_root, "max_depth": max_depth}
        return rows(self._client.get("/remote/storage-candidates", given(asked)), "candidates")

    def get_remote_status(self) -> Row:
        """Return how many connections and remote folders there are."""
        return row(self._client.get("/remote/status"))

    def confirm_host_key(self, host: str, port: int, key_type: str, public_key: str, fingerprint_sha256: str) -> Row:
        """Trust exactly this key from now on; take the values from ``HostKeyConfirmationRequiredError.host_key``."""
        body = {"host": host, "port": port, "key_type": key_type, "public_key": public_key}
        return row(self._client.post("/remote/known-hosts/accept", {**body, "fingerprint_sha256": fingerprint_sha256}))

    def _of_host(self, host: str, username: str | None, port: int | None) -> tuple[str, int]:
        found = [
            session
            for session in self.list_sessions()
            if session.get("host") == host
            and username in {None, session.get("username")}
            and port in {None, session.get("port")}
        ]
        if not found:
            raise NotFoundError(f"There is no connection to {host}.")
        if len(found) > 1:
            raise BadRequestError(f"Several connections go to {host}: name username and port.")
        return str(found[0].get("username")), number(found[0], "port")


def _flat(answer: Row) -> Row:
    """Return the session in `answer` with the names of both dialects at the top."""
    session = answer.get("session", answer)
    named = {ours: session[theirs] for theirs, ours in _FLAT.items() if isinstance(session, dict) and theirs in session}
    return {**answer, **(session if isinstance(session, dict) else {}), **named}
