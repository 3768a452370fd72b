"""One viewer on another host as we hold it: its state, and how it is reached."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from runicorn_jupyter.models import RemoteSession
from runicorn_jupyter.remote.channels import Way
from runicorn_jupyter.remote.connections import Connection
from runicorn_jupyter.remote.errors import ViewerAway
from runicorn_jupyter.remote.plan import Plan
from runicorn_jupyter.remote.viewers import Running

_WAITING = {
    "connecting": "The viewer is being started.",
    "reconnecting": "The connection is being opened again.",
    "degraded": "The viewer on the host does not answer.",
    "stopped": "The viewer is stopped.",
}


class Session:
    """The state of one session; only `Care` and `Sessions` change it, on the loop of SSH.

    Parameters
    ----------
    plan : Plan
        Which viewer.
    connection : Connection
        The login; its secrets are forgotten with it.
    changed : callable
        Called after every change.
    """

    def __init__(self, plan: Plan, connection: Connection, changed: Callable[[], None]) -> None:
        self.plan = plan
        self.connection: Connection | None = connection
        self.way: Way | None = None
        self.state = "connecting"
        self.process: Running | None = None
        self.version = plan.environment.runicorn_version
        self.restarts = 0
        self.dismissed = False
        """Whether a person stopped it: then nobody has to be told any more."""
        self.starting: asyncio.Task[bool] | None = None
        """While a person waits for it."""
        self.care: asyncio.Task[None] | None = None
        self.doubted = False
        """Whether somebody found nothing where the viewer should listen."""
        self.hurry = asyncio.Event()
        """Set by who wants the next try now."""
        self._conn_id = connection.conn_id
        self._reason: str | None = None
        self._next_try: float | None = None
        self._since = self._started = time.time()
        self._changed = changed

    @property
    def cared_for(self) -> bool:
        """Whether something still looks after it."""
        return self.care is not None and not self.care.done()

    def turn(self, state: str, reason: str | None = None, *, wait: float | None = None) -> None:
        """Enter a state, or go on in it for another reason; `wait` is how many seconds it rests before it tries."""
        now = time.time()
        next_try = None if wait is None else now + wait
        if (state, reason, next_try) == (self.state, self._reason, self._next_try):
            return
        if state != self.state:
            self._since = now
        self.state, self._reason, self._next_try = state, reason, next_try
        self._changed()

    def run(self, process: Running, way: Way, reason: str | None) -> None:
        """Go on with a process that answers; another one than before is counted."""
        same = self.process is not None and process.pid == self.process.pid
        if not same:
            self.restarts += self.process is not None
            self._started = time.time() - process.age
        self.leave()
        self.process, self.way = process, way
        self.turn("running", reason)

    def leave(self) -> None:
        """End every channel to the process."""
        if self.way is not None:
            self.way.close()
        self.way = None

    def stopped(self, reason: str | None = None) -> None:
        """Hold nothing any more, no secret either."""
        self.leave()
        self.connection = None
        self.turn("stopped", reason)

    def open_way(self) -> Way:
        """Return how it is reached.

        Raises
        ------
        ViewerAway
            It does not run.
        """
        if self.state != "running" or self.way is None:
            raise ViewerAway(self.state, self._reason or _WAITING.get(self.state, "The viewer cannot be reached."))
        return self.way

    def shown(self) -> RemoteSession:
        """Return it as doors show it."""
        where = self.plan.where
        if self.connection is not None:
            self._conn_id = self.connection.conn_id
        return RemoteSession(
            id=self.plan.id,
            connection_id=where.key,
            conn_id=self._conn_id,
            host=where.host,
            port=where.port,
            username=where.user,
            root=self.plan.root,
            environment=self.plan.environment.name,
            state=self.state,
            reason=self._reason,
            since=self._since,
            started=self._started,
            pid=self.process.pid if self.process is not None else None,
            version=self.version,
            restarts=self.restarts,
            next_try=self._next_try,
        )
