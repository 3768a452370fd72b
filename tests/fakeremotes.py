"""A stand-in for `Remotes` with one host that is always there: for tests of what the server makes of its answers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

from runicorn_jupyter.models import (
    Detected,
    Environment,
    FarFolder,
    FarLog,
    FarPath,
    HostFacts,
    RemoteConnection,
    RemoteRoots,
    RemoteSession,
    SessionChecks,
    SshHost,
)
from runicorn_jupyter.models.sessionforms import Installing
from runicorn_jupyter.remote.errors import ConnectionNotFound, EnvironmentNotFound, ViewerMissing, ViewerNotFound
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.installs import Installs

BEGAN = 1_700_000_000.0
KEY = "me@gpu.example:22"
CONNECTION = RemoteConnection(KEY, "conn_1a2b3c4d", "gpu.example", 22, "me", BEGAN)
FACTS = HostFacts("gpu", "Linux", "~", "3.11.7", "/data/runs", "default", root_exists=True)
SYSTEM = Environment("system", "system", "/usr", "/usr/bin/python3", "3.11.7", "runicorn-jupyter", "0.9.0")
BARE = Environment("bare", "conda", "/opt/bare", "/opt/bare/bin/python3", "3.9.15", None, None)
SESSION = RemoteSession(
    "0a1b2c3d", KEY, CONNECTION.conn_id, "gpu.example", 22, "me", "/data/runs", "system", "running", None,
    BEGAN + 1, BEGAN, 4242, "0.9.0", 0, None,
)  # fmt: skip

_T = TypeVar("_T")


def done(answer: Callable[[], _T]) -> Future[_T]:
    """Return a future that has what `answer` returns or raises."""
    future: Future[_T] = Future()
    try:
        future.set_result(answer())
    except Exception as error:  # noqa: BLE001 - a future holds any
        future.set_exception(error)
    return future


class FakeRemotes:
    """Answers at once; `asked` are the verbs that were called, with what they were given."""

    def __init__(self) -> None:
        self.keys = HostKeys()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.open = [CONNECTION]
        self.sessions: dict[str, RemoteSession] = {}
        self.installs = Installs()
        self.installing: Callable[[Callable[[str, int, int], None]], Environment] = lambda told: SYSTEM

    def connect(self, host: str, username: str, port: int | None = None, **login: Any) -> Future[Any]:
        """Let everybody in at the one host."""
        self.asked.append(("connect", {"host": host, "username": username, "port": port, **login}))
        return done(lambda: (CONNECTION, FACTS))

    def connection(self, connection_id: str) -> Future[RemoteConnection]:
        return done(lambda: self._find(connection_id))

    def connections(self) -> Future[list[RemoteConnection]]:
        return done(lambda: list(self.open))

    def ssh_hosts(self) -> list[SshHost]:
        return [SshHost("gpu", "gpu.example", 22, "me", None, None)]

    def disconnect(self, connection_id: str, *, cleanup: bool = True) -> Future[RemoteConnection]:
        def work() -> RemoteConnection:
            gone = self._find(connection_id)
            self.asked.append(("disconnect", {"cleanup": cleanup}))
            if cleanup:
                self.sessions.clear()
            return gone

        return done(work)

    def ping(self, connection_id: str) -> Future[float]:
        return done(lambda: self._find(connection_id) and 0.012)

    def detect(self, connection_id: str, *, again: bool = False) -> Future[Detected]:
        return done(lambda: self._find(connection_id) and Detected(FACTS, (SYSTEM, BARE)))

    def environment(self, connection_id: str, name: str) -> Future[tuple[Environment, HostFacts]]:
        return done(lambda: (self._find(connection_id) and self._environment(name), FACTS))

    def roots(self, connection_id: str) -> Future[RemoteRoots]:
        found: RemoteRoots = {"ok": True, "scan_root": "/data", "max_depth": 3, "candidates": []}
        return done(lambda: self._find(connection_id) and found)

    def folder(self, connection_id: str, path: str) -> Future[FarFolder]:
        return done(lambda: self._find(connection_id) and {"path": path, "items": [], "entries": [], "total": 0})

    def exists(self, connection_id: str, path: str) -> Future[FarPath]:
        return done(lambda: self._find(connection_id) and {"path": path, "exists": False, "is_dir": False})

    def start_viewer(
        self, connection_id: str, *, root: str | None, environment: str | None
    ) -> Future[tuple[RemoteSession, bool]]:
        def work() -> tuple[RemoteSession, bool]:
            self.asked.append(("start", {"connection_id": connection_id, "root": root, "environment": environment}))
            self._find(connection_id)
            if not self._environment(environment or "system").has_viewer:
                raise ViewerMissing("There is no viewer in it.", can_install=True)
            already = SESSION.id in self.sessions
            self.sessions[SESSION.id] = replace(SESSION, root=root or SESSION.root)
            return self.sessions[SESSION.id], already

        return done(work)

    def viewers(self) -> Future[list[RemoteSession]]:
        return done(lambda: list(self.sessions.values()))

    def viewer(self, session_id: str) -> Future[RemoteSession]:
        return done(lambda: self._session(session_id))

    def viewer_of(self, connection_id: str) -> Future[RemoteSession]:
        def work() -> RemoteSession:
            self._find(connection_id)
            if not self.sessions:
                raise ViewerNotFound("No viewer was started over this connection.")
            return list(self.sessions.values())[-1]

        return done(work)

    def stop_viewer(self, session_id: str, *, cleanup: bool = False) -> Future[RemoteSession]:
        def work() -> RemoteSession:
            stopped = replace(
                self._session(session_id), state="stopped", reason="Somebody stopped it.", since=BEGAN + 9
            )
            self.asked.append(("stop", {"session_id": session_id, "cleanup": cleanup}))
            del self.sessions[session_id]
            return stopped

        return done(work)

    def viewer_log(self, session_id: str, *, lines: int = 100, after: int | None = None) -> Future[FarLog]:
        def work() -> FarLog:
            self._session(session_id)
            text = ["first", "second", "third"]
            return FarLog(tuple(text[-lines:] if after is None else []), 3, 19)

        return done(work)

    def check_viewer(self, session_id: str) -> Future[SessionChecks]:
        return done(lambda: self._session(session_id) and SessionChecks(ssh=True, process=True, answers=True))

    def begin_install(self, connection_id: str) -> Future[Installing]:
        return done(
            lambda: self.installs.begin(self._find(connection_id), lambda told: done(lambda: self.installing(told)))
        )

    def installation(self, connection_id: str) -> Future[Installing | None]:
        return done(lambda: self.installs.of(connection_id) or self.installs.of(self._find(connection_id).key))

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Take a watcher; nothing changes but by what a test asks."""
        return lambda: None

    def close(self) -> None:
        """Nothing is open."""

    def _find(self, connection_id: str) -> RemoteConnection:
        for one in self.open:
            if connection_id in {one.key, one.conn_id, one.host}:
                return one
        raise ConnectionNotFound("There is no open connection with this connection_id: connect first.")

    def _environment(self, name: str) -> Environment:
        for one in (SYSTEM, BARE):
            if one.name == name:
                return one
        raise EnvironmentNotFound(f"The host has no environment {name!r}.")

    def _session(self, session_id: str) -> RemoteSession:
        if session_id not in self.sessions:
            raise ViewerNotFound(f"Session not found: {session_id}")
        return self.sessions[session_id]
