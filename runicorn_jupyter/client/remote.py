"""Other machines, over HTTP: the server of this client holds the SSH connections, and decides whom it trusts."""

from __future__ import annotations

from collections.abc import Sequence

from runicorn_jupyter.client.errors import BadRequestError, NotFoundError
from runicorn_jupyter.client.farviewers import LONG_S, FarViewers
from runicorn_jupyter.client.values import Row, given, number, row, rows

_SSH_PORT = 22


class RemoteAPI(FarViewers):
    """`RunicornClient.remote`."""

    def connect(
        self,
        host: str,
        port: int = _SSH_PORT,
        username: str | None = None,
        password: str | None = None,
        private_key_path: str | None = None,
        passphrase: str | None = None,
        *,
        private_key: str | None = None,
        use_agent: bool = True,
        ssh_config: bool = False,
        use_saved_password: bool = False,
    ) -> Row:
        """Open an SSH connection, or find the one that is open; ``connection_id`` of the answer names it from then on.

        Parameters
        ----------
        host, port, username
            Where to log in.
        password, private_key_path, private_key, passphrase, use_agent
            How; of all that is given, what the host takes. Files are those of the server's machine.
        ssh_config : bool
            Whether ``~/.ssh/config`` of the server's user completes the rest; a port of 22 then is what the file says.
        use_saved_password : bool
            Whether to take the password that the server's keyring keeps for this login.

        Raises
        ------
        HostKeyConfirmationRequiredError
            The host is not known yet: compare its fingerprint, then `confirm_host_key`.
        AuthenticationError
            The host refused the login.
        RunicornAPIError
            ``error.error`` is one word for each other cause, such as ``host_not_found``.
        """
        body = {"host": host, "port": None if ssh_config and port == _SSH_PORT else port, "username": username}
        body |= {"password": password, "private_key": private_key, "private_key_path": private_key_path}
        body |= {"passphrase": passphrase, "use_agent": use_agent}
        body |= {"ssh_config": ssh_config or None, "use_saved_password": use_saved_password or None}
        return row(self._client.post("/remote/connect", given(body), timeout=LONG_S))

    def disconnect(self, host: str, username: str | None = None, port: int | None = None) -> Row:
        """Close the connection to `host`; user and port are looked up when only one connection goes there."""
        if username is None or port is None:
            username, port = self._of_host(host, username, port)
        return row(self._client.post("/remote/disconnect", {"host": host, "port": port, "username": username}))

    def list_sessions(self) -> list[Row]:
        """Return the SSH connections."""
        return rows(self._client.get("/remote/sessions"), "sessions")

    def list_ssh_hosts(self) -> list[Row]:
        """Return the hosts that ``~/.ssh/config`` of the server's user names; nobody is called."""
        return rows(self._client.get("/remote/ssh-hosts"))

    def list_remote_directory(self, connection_id: str, path: str = "~") -> list[Row]:
        """Return what lies in a folder there, folders first."""
        answer = row(self._client.get("/remote/fs/list", {"connection_id": connection_id, "path": path}))
        return rows(answer, "items" if "items" in answer else "entries")

    def check_remote_path(self, connection_id: str, path: str) -> bool:
        """Tell whether `path` exists there."""
        return bool(
            row(self._client.get("/remote/fs/exists", {"connection_id": connection_id, "path": path})).get("exists")
        )

    def list_environments(self, connection_id: str, *, again: bool = False) -> list[Row]:
        """Return the Python environments found there at the first look; look `again` when asked."""
        if again:
            body = {"connection_id": connection_id, "force_refresh": True}
            self._client.post("/remote/environments/detect", body, timeout=LONG_S)
        return rows(self._client.get("/remote/conda-envs", {"connection_id": connection_id}), "envs")

    def ping(self, connection_id: str) -> int:
        """Return the milliseconds to the host and back."""
        return number(self._client.get("/remote/ping", {"connection_id": connection_id}), "latency_ms")

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

    def list_known_hosts(self) -> list[Row]:
        """Return the keys that were confirmed here; those of the user's own known_hosts files are not among them."""
        return rows(self._client.get("/remote/known-hosts/list"), "entries")

    def remove_known_host(self, host: str, port: int, key_type: str) -> Row:
        """Forget a key that was confirmed here."""
        return row(self._client.post("/remote/known-hosts/remove", {"host": host, "port": port, "key_type": key_type}))

    def list_saved_connections(self) -> list[Row]:
        """Return the saved hosts, without secrets."""
        return rows(self._client.get("/remote/connections/saved"), "connections")

    def save_connections(self, connections: Sequence[Row]) -> Row:
        """Save these hosts in place of those that were saved; a password goes to the server's keyring or nowhere."""
        return row(self._client.post("/remote/connections/saved", list(connections)))

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
