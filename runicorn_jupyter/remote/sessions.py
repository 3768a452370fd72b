"""All viewers on other hosts that this process holds: begun, found, asked and ended."""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import FarLog, RemoteConnection, RemoteSession, SessionChecks
from runicorn_jupyter.remote import viewers
from runicorn_jupyter.remote.care import Care
from runicorn_jupyter.remote.connections import Connection, Connections
from runicorn_jupyter.remote.errors import ConnectionNotFound, RemoteError, ViewerAway, ViewerFailed, ViewerNotFound
from runicorn_jupyter.remote.pace import Pace
from runicorn_jupyter.remote.plan import plan
from runicorn_jupyter.remote.session import Session

_REMEMBERED = 50
_LINES = 10_000
_LEFT = "The host could not be reached: the viewer there ends by itself when nobody asks it any more."
_LIVE = {"connecting", "running", "reconnecting"}


class Sessions:
    """Sessions by their ids; only for coroutines of one event loop.

    Parameters
    ----------
    connections : Connections
        The logins.
    pace : Pace
        The figures of link care.
    """

    def __init__(self, connections: Connections, pace: Pace) -> None:
        self._connections = connections
        self._pace = pace
        self._all: dict[str, Session] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._watchers: list[Callable[[], None]] = []

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` after every change, from the thread of SSH, until the function that is returned is called."""
        self._watchers.append(callback)

        def end() -> None:
            with suppress(ValueError):
                self._watchers.remove(callback)

        return end

    async def start(self, connection_id: str, root: str | None, environment: str | None) -> tuple[RemoteSession, bool]:
        """Return the session of a login, root and environment once its viewer answers, and whether it ran already.

        Raises
        ------
        RunicornError
            It cannot be started; one of remote/errors.py, or BadRequest.
        """
        connection = self.connection(connection_id)
        wanted = await plan(connection, root, environment)
        async with self._turns[wanted.id]:
            session = self._all.get(wanted.id)
            if session is not None and session.cared_for and session.state in _LIVE:
                session.hurry.set()
                return session.shown(), True
            if session is not None:
                await self._end_care(session)
            if session is None or session.connection is None:
                session = Session(wanted, connection, self._tell)
            session.plan = wanted
            self._forget_old()
            self._all.pop(wanted.id, None)
            self._all[wanted.id] = session
            return await self._begun(session)

    async def _begun(self, session: Session) -> tuple[RemoteSession, bool]:
        before = session.state
        care = Care(
            session,
            self._connections,
            self._pace,
            refused=lambda reason: self._refused(session, reason),
            back=lambda: self.hurry(session.plan.where.key),
        )
        session.turn("connecting")
        starting = session.starting = asyncio.ensure_future(care.start())
        try:
            await asyncio.wait({starting})
            adopted = _result(starting)
        except BaseException as error:
            self._failed(session, before, str(error))
            raise
        finally:
            starting.cancel()
            session.starting = None
        session.care = asyncio.ensure_future(care.keep())
        session.care.add_done_callback(lambda ended: self._ended(session, ended))
        return session.shown(), adopted

    def _failed(self, session: Session, before: str, reason: str) -> None:
        """Leave a session as it was that could not be started; one that never ran is nothing to show."""
        if before == "degraded" and session.state != "stopped":
            session.turn("degraded", reason)
            return
        self._all.pop(session.plan.id, None)
        session.stopped(reason)

    def _ended(self, session: Session, care: asyncio.Task[None]) -> None:
        if not care.cancelled() and (error := care.exception()) is not None:
            session.turn("degraded", f"Looking after the viewer failed ({error!r}): start it again.")

    def shown(self) -> list[RemoteSession]:
        """Return the sessions, the oldest first; those that a person stopped are not among them."""
        return [session.shown() for session in self._all.values() if not session.dismissed]

    def get(self, session_id: str) -> RemoteSession:
        """Return one session, also one that was stopped just now.

        Raises
        ------
        ViewerNotFound
            There is none.
        """
        return self._known(session_id).shown()

    def newest_of(self, connection_id: str) -> RemoteSession:
        """Return the session of a connection that was begun last.

        Raises
        ------
        ViewerNotFound
            It has none.
        """
        found = [session for session in self._of(connection_id) if not session.dismissed]
        if not found:
            self.connection(connection_id)
            raise ViewerNotFound("No viewer was started on this connection.")
        return found[-1].shown()

    def hurry(self, connection_id: str) -> None:
        """Let the sessions of a connection that wait for their next try take it now: the host answers again."""
        for session in self._of(connection_id):
            session.hurry.set()

    async def stop(self, session_id: str, *, cleanup: bool = False) -> RemoteSession:
        """End a session and its process there, in whatever state it is; one that is stopped stays so.

        Raises
        ------
        ViewerNotFound
            There is none.
        """
        session, line = self._known(session_id), self._known(session_id).connection
        if session.starting is not None:
            session.starting.cancel()
        async with self._turns[session_id]:
            if line is not None and not session.dismissed:
                await self._stopped(session, line, cleanup=cleanup)
            session.dismissed = True
            self._all.setdefault(session_id, session)
            self._tell()
        return session.shown()

    async def _stopped(self, session: Session, line: Connection, *, cleanup: bool) -> None:
        await self._end_care(session)
        line = session.connection or line
        reason: str | None = _LEFT
        if line.alive:
            with suppress(RemoteError):
                await viewers.stop(line.ssh, session.plan.id, cleanup=cleanup)
                reason = None
        session.stopped(reason)

    async def leave(self, connection_id: str, *, cleanup: bool) -> None:
        """Let go of every session of a connection; with `cleanup` their processes end now, else by their lease."""
        found = [session for session in self._of(connection_id) if not session.dismissed]
        await asyncio.gather(*(self.stop(one.plan.id) if cleanup else self._left(one) for one in found))

    async def _left(self, session: Session) -> RemoteSession:
        if session.starting is not None:
            session.starting.cancel()
        async with self._turns[session.plan.id]:
            await self._end_care(session)
            session.stopped("The connection was closed.")
            session.dismissed = True
        return session.shown()

    async def log(self, session_id: str, lines: int, after: int | None) -> FarLog:
        """Return the end of a far viewer's log, or what came after a byte of it.

        Raises
        ------
        ViewerNotFound, ViewerAway, BadRequest
            There is none, or its host cannot be asked now.
        """
        if not 0 < lines <= _LINES or (after is not None and after < 0):
            raise BadRequest(f"lines must be from 1 to {_LINES}, and after a place in the log.")
        session = self._known(session_id)
        if session.state == "stopped":
            raise ViewerNotFound("This viewer is stopped; start it again to read its log.")
        return await viewers.log(self._line(session).ssh, session_id, lines, after)

    async def check(self, session_id: str) -> SessionChecks:
        """Return what of a session is well right now.

        Raises
        ------
        ViewerNotFound
            There is none.
        """
        session = self._known(session_id)
        try:
            line = self._line(session)
            await line.round_trip()
        except RemoteError:
            return SessionChecks(ssh=False, process=False, answers=False)
        try:
            process, answers = await viewers.status(line.ssh, session_id)
        except RemoteError:
            process = answers = False
        return SessionChecks(ssh=True, process=process, answers=answers)

    async def open_channel(self, session_id: str) -> socket.socket:
        """Return a socket to the HTTP server of a session.

        Raises
        ------
        ViewerNotFound, ViewerAway
            There is none, or it cannot be asked now.
        """
        session = self._known(session_id)
        try:
            return await session.open_way().open()
        except ViewerAway:
            raise
        except RemoteError as error:
            session.doubted = isinstance(error, ViewerFailed)
            raise ViewerAway(session.state, str(error)) from None

    def waiting(self) -> list[RemoteConnection]:
        """Return the connections that broke and are being opened again for a session."""
        lines = {id(line): line for session in self._all.values() if (line := session.connection) and not line.alive}
        return list({line.where.key: line.shown() for line in lines.values()}.values())

    def connection(self, connection_id: str) -> Connection:
        """Return the connection of an id, also one that is being opened again.

        Raises
        ------
        ConnectionNotFound, BadRequest
            There is none.
        """
        try:
            return self._connections.find(connection_id)
        except ConnectionNotFound:
            for session in self._of(connection_id):
                if session.connection is not None:
                    return session.connection
            raise

    async def close(self) -> None:
        """Let go of everything here; the processes on the hosts end by their lease, or are adopted until then."""
        held, self._all = list(self._all.values()), {}
        self._watchers.clear()
        for session in held:
            if session.starting is not None:
                session.starting.cancel()
        await asyncio.gather(*(self._end_care(session) for session in held))
        for session in held:
            session.stopped()

    def _tell(self) -> None:
        loop = asyncio.get_running_loop()
        for callback in self._watchers:
            loop.call_soon(callback)  # what goes wrong in it is the loop's to tell, and ends nothing here

    def _refused(self, session: Session, reason: str) -> None:
        """Stop every session of a login that the host refuses: each would try by itself, and lock the account."""
        for other in list(self._all.values()):
            if other.plan.where == session.plan.where and other.state != "stopped":
                if other.starting is not None:
                    other.starting.cancel()
                if other is not session and other.care is not None:
                    other.care.cancel()
                other.stopped(reason)

    async def _end_care(self, session: Session) -> None:
        if session.care is not None:
            session.care.cancel()
            await asyncio.wait({session.care})
            session.care = None

    def _known(self, session_id: str) -> Session:
        session = self._all.get(session_id)
        if session is None:
            raise ViewerNotFound(f"Session not found: {session_id[:40]}")
        return session

    def _line(self, session: Session) -> Connection:
        if session.connection is None or not session.connection.alive:
            shown = session.shown()
            raise ViewerAway(shown.state, shown.reason or "The connection to the host is not open.")
        return session.connection

    def _of(self, connection_id: str) -> list[Session]:
        """Return the sessions of a connection, by any of its names."""
        names = [(session, session.shown()) for session in self._all.values()]
        exact = [session for session, shown in names if connection_id in {shown.connection_id, shown.conn_id}]
        return exact or [session for session, shown in names if connection_id == shown.host]

    def _forget_old(self) -> None:
        stopped = [name for name, session in self._all.items() if session.state == "stopped"]
        for name in stopped[: max(0, len(stopped) - _REMEMBERED)]:
            del self._all[name]


def _result(starting: asyncio.Task[bool]) -> bool:
    if starting.cancelled():
        raise ViewerFailed("The viewer was stopped before it answered.")
    return starting.result()
