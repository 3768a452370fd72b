"""Viewers on other machines, over HTTP: started, watched, stopped and installed through the server of this client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.client.errors import BadRequestError, ServerError
from runicorn_jupyter.client.values import Row, given, held, number, part, row, rows, words

if TYPE_CHECKING:
    from runicorn_jupyter.client.connection import Connection

LONG_S = 90.0
"""Seconds that logging in, looking and starting may take together; the server ends each with a cause before that."""

_FLAT = {
    "sessionId": "session_id",
    "connectionId": "connection_id",
    "localPort": "local_port",
    "remotePort": "remote_port",
    "remoteRoot": "remote_root",
    "remotePid": "remote_pid",
    "startedAt": "started_at",
    "uptimeSeconds": "uptime_seconds",
    "nextTry": "next_try",
    "proxyPath": "proxy_path",
    "host": "remote_host",
}
_THOUSAND = 1000
_AWAY = "viewer_unavailable"


class FarViewers:
    """The part of `RunicornClient.remote` that is about viewers; a session is one of them."""

    def __init__(self, client: Connection) -> None:
        self._client = client

    def start_viewer(
        self,
        connection_id: str | None = None,
        remote_root: str | None = None,
        local_port: int | None = None,
        remote_port: int | None = None,
        **login: Any,
    ) -> Row:
        """Show the runs of a folder on another machine, or find the viewer that shows them already.

        Parameters
        ----------
        connection_id : str, optional
            ``user@host:port``, or the host alone when only one connection goes there.
        remote_root : str, optional
            The storage root there; ``~`` is its home. Without it, the one that Runicorn uses there.
        local_port : int, optional
            The port to open here, where ports are opened: not inside Jupyter.
        remote_port : int, optional
            Of no meaning: nothing listens on a port there.
        **login
            ``conda_env`` names the Python environment there. Instead of `connection_id`: ``host, port, username,
            password, private_key_path, passphrase`` and the other words of `connect`.

        Returns
        -------
        dict
            The session: ``session_id``, ``url``, ``local_port`` (None inside Jupyter), ``status``, ``remote_root`` and
            more; ``models.RemoteSession.from_dict`` takes it.

        Raises
        ------
        ConflictError
            ``error.error`` is ``viewer_missing`` where no environment there has runicorn-jupyter.
        """
        if not (connection_id or login.get("host")):
            raise BadRequestError("start_viewer needs a connection_id, or a host and how to log in there.")
        body: Row = {"connection_id": connection_id, "remote_root": remote_root}
        body |= {"local_port": local_port, "remote_port": remote_port, **login}
        return flat(row(self._client.post("/remote/viewer/start", given(body), timeout=LONG_S)))

    def stop_viewer(self, session_id: str, *, cleanup: bool = True) -> Row:
        """Stop a viewer; `cleanup` also removes its folder there, with the log."""
        return row(self._client.post("/remote/viewer/stop", {"session_id": session_id, "cleanup": cleanup}))

    def list_viewer_sessions(self) -> list[Row]:
        """Return the viewers on other machines, each as `start_viewer` returns it."""
        return [flat(session) for session in rows(self._client.get("/remote/viewer/sessions"), "sessions")]

    def get_viewer_status(self, session_id: str) -> Row:
        """Return one of them, as `start_viewer` does; ``reason`` is why it is not running."""
        return flat(row(self._client.get(f"/remote/viewer/status/{part(session_id)}")))

    def get_viewer_logs(
        self,
        session_id: str | None = None,
        lines: int = 100,
        *,
        after: int | None = None,
        connection_id: str | None = None,
    ) -> Row:
        """Return the end of a viewer's log there: ``logs``, ``total_lines``, and ``end``.

        `after` is the ``end`` of the answer before; then only what is new is returned.
        """
        asked = {"session_id": session_id, "connection_id": connection_id, "lines": lines, "after": after}
        return row(self._client.get("/remote/viewer/logs", given(asked)))

    def follow_viewer_logs(self, session_id: str, lines: int = 100, *, every: float = 1.0) -> Iterator[str]:
        """Yield the last lines of a viewer's log there, then each new one; ends when the viewer is stopped.

        While its host cannot be reached it waits. `every` is how many seconds pass between two looks.
        """
        after = None
        while self.get_viewer_status(session_id).get("status") != "stopped":
            try:
                found = self.get_viewer_logs(session_id, lines, after=after)
            except ServerError as error:
                if error.error != _AWAY:
                    raise
            else:
                yield from words(found, "logs")
                after = number(found, "end")
            time.sleep(every)

    def get_viewer_health(self, session_id: str | None = None, *, connection_id: str | None = None) -> Row:
        """Check host, process and the way to it: ``health``, and ``checks`` with ``pass`` or ``fail`` for each."""
        asked = {"session_id": session_id, "connection_id": connection_id}
        return row(self._client.get("/remote/health", given(asked)))

    def install_viewer(self, connection_id: str) -> Row:
        """Begin to install our viewer into an environment of its own there; calling this is the yes to it.

        `get_installation` tells how far it is.
        """
        body = {"connection_id": connection_id, "confirm": True}
        return row(held(self._client.post("/remote/viewer/install", body), "job"))

    def get_installation(self, connection_id: str) -> Row:
        """Return how far it is: ``state`` (running, done, failed), ``step``, ``reason``, ``environment``."""
        return row(self._client.get("/remote/viewer/install", {"connection_id": connection_id}))


def flat(answer: Row) -> Row:
    """Return the session in `answer` with the names of both dialects at the top."""
    inner = answer.get("session")
    session = inner if isinstance(inner, dict) else answer
    named = {ours: session[theirs] for theirs, ours in _FLAT.items() if theirs in session}
    if isinstance(session.get("startedAt"), (int, float)):
        named["created_at"] = session["startedAt"] / _THOUSAND
    return {**answer, **session, **named}
