"""Keeping one session well: heartbeats, noticing what broke, and bringing it back without end (Y01–Y06, Y15)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from runicorn_jupyter.errors import RunicornError
from runicorn_jupyter.remote import viewers
from runicorn_jupyter.remote.channels import Way
from runicorn_jupyter.remote.connections import Connection, Connections
from runicorn_jupyter.remote.errors import (
    AuthenticationFailed,
    ConnectionTimeout,
    HostKeyChanged,
    HostKeyUnconfirmed,
    KeyUnreadable,
    RemoteError,
    ViewerFailed,
)
from runicorn_jupyter.remote.pace import Pace
from runicorn_jupyter.remote.pulse import Pulse
from runicorn_jupyter.remote.session import Session

_REFUSED = (AuthenticationFailed, HostKeyChanged, HostKeyUnconfirmed, KeyUnreadable)
"""Trying again would not help, and might lock the account."""
_AWAKE_S = 5.0
_SILENT = "The viewer on the host does not answer."
_CUT = "The connection to the host broke; it is being opened again."
_ENDED = "The viewer on the host ended; it is being started again."


class Care:
    """The one task that looks after a session, from its start until it is stopped.

    Parameters
    ----------
    session : Session
        What is looked after.
    connections : Connections
        Where to log in again.
    pace : Pace
        The figures.
    refused : callable
        Told the reason when the host does not let us in any more.
    back : callable
        Called when the line, which other sessions may share, is open again.
    """

    def __init__(
        self,
        session: Session,
        connections: Connections,
        pace: Pace,
        refused: Callable[[str], None],
        back: Callable[[], None],
    ) -> None:
        self._session = session
        self._connections = connections
        self._pace = pace
        self._refused = refused
        self._back = back
        self._pulse: Pulse | None = None
        self._ends: deque[float] = deque(maxlen=pace.restarts)
        self._well = pace.clock()
        """When the viewer answered last."""

    async def start(self) -> bool:
        """Start the viewer because a person wants it, or adopt the one that runs; tell whether it was adopted.

        Raises
        ------
        RunicornError
            It could not be started.
        """
        connection = await self._connected()
        process = await viewers.start(connection.ssh, self._session.plan, self._pace.lease, asked=True)
        if process is None:
            raise ViewerFailed("Somebody stopped the viewer while it was being started.")
        try:
            await self._go_on(connection, process, None)
        except RunicornError:
            if process.before != "runs":
                with suppress(RemoteError):  # what cannot be reached need not run until its lease ends
                    await viewers.stop(connection.ssh, self._session.plan.id, cleanup=False)
            raise
        return process.before == "runs"

    async def keep(self) -> None:
        """Look after it until it is stopped, refused, or degraded for good."""
        try:
            while self._session.state in {"running", "reconnecting"}:
                await self._watch()
                await self._bring_back()
        finally:
            self._end_pulse()
            self._session.leave()

    @property
    def _lease(self) -> float:
        return self._session.process.lease if self._session.process is not None else self._pace.lease

    def _end_pulse(self) -> None:
        if self._pulse is not None:
            self._pulse.close()
        self._pulse = None

    async def _connected(self) -> Connection:
        connection = self._session.connection
        if connection is None:
            raise AuthenticationFailed("The connection was closed.")
        if not connection.alive:
            connection = self._session.connection = await self._connections.again(connection)
            self._back()
        return connection

    async def _go_on(self, connection: Connection, process: viewers.Running, reason: str | None) -> None:
        """Take a process as the one of this session, once it answers us too."""
        patience = self._pace.patience(process.lease)
        way = Way(connection.ssh, process.socket)
        self._end_pulse()
        try:
            self._pulse = await Pulse.open(way, patience)
            await self._pulse.beat(patience)
        except BaseException:
            self._end_pulse()
            way.close()
            raise
        self._well = self._pace.clock()
        self._session.version = self._pulse.version or self._session.version
        self._session.run(process, way, reason)

    async def _watch(self) -> None:
        """Return as soon as something is wrong that has to be put right."""
        loop = asyncio.get_running_loop()
        beat = self._pace.beat(self._lease)
        due = loop.time() + beat
        while self._pulse is not None:
            seconds = min(self._pace.tick, max(0.0, due - loop.time()))
            began = self._pace.clock()
            if not await self._pulse.rest(seconds) or not await self._is_open():
                return
            woke = self._slept(began, seconds)
            if woke or loop.time() >= due:
                if not await self._is_well(doubt=not woke):
                    return
                due = loop.time() + beat

    async def _is_open(self) -> bool:
        """Tell whether the viewer still takes new connections, after one could not be made: its socket may be gone."""
        session, way = self._session, self._session.way
        if not session.doubted or way is None:
            return True
        session.doubted = False
        try:
            (await way.open(self._pace.patience(self._lease))).close()
        except RemoteError as error:
            return not isinstance(error, ViewerFailed)
        return True

    def _slept(self, began: float, seconds: float) -> bool:
        """Tell whether this machine slept, or this process was stopped, while it meant to rest for `seconds`."""
        return self._pace.clock() - began > seconds + self._pace.tick

    async def _is_well(self, *, doubt: bool) -> bool:
        """Ask the viewer; without an answer, find out whether it or the line is to blame.

        A line that is full, or slow, is not cut; after a sleep there is no such doubt.
        """
        session, pulse, way = self._session, self._pulse, self._session.way
        if pulse is None or way is None:
            return False
        patience = self._pace.patience(self._lease)
        patience = patience if doubt else min(_AWAKE_S, patience)
        heard = way.heard
        try:
            await pulse.beat(patience)
        except ConnectionTimeout:
            if doubt and way.heard != heard:
                return True
            return await self._is_there(patience if doubt else 0.0)
        except RemoteError:
            return False
        self._well = self._pace.clock()
        if session.state == "degraded":
            session.turn("running")
        return True

    async def _is_there(self, patience: float) -> bool:
        """Tell whether the line stands, where the viewer is silent; one that does not is closed."""
        line = self._session.connection
        if line is None or not line.alive:
            return False
        if patience and await self._answers(line, patience):
            self._session.turn("degraded", _SILENT)
            return True
        if line.silence() < patience:  # what we ask waits behind what others sent
            return True
        line.ssh.abort()  # a goodbye would wait for a host that hears nothing
        return False

    async def _answers(self, line: Connection, patience: float) -> bool:
        try:
            await line.round_trip(patience)
        except RemoteError:
            return False
        return True

    async def _bring_back(self) -> None:
        """Try until the session runs again, without end unless trying makes no sense."""
        session = self._session
        self._end_pulse()
        session.leave()
        cut = session.connection is None or not session.connection.alive
        session.turn("reconnecting", _CUT if cut else _ENDED)
        waits = self._pace.waits(self._lease)
        while session.state == "reconnecting":
            try:
                await self._revive(cut=cut)
            except _REFUSED as error:
                self._refused(str(error))
                return
            except RunicornError as error:
                cut = cut or not await self._stands()
                if not cut and self._spent():
                    session.turn("degraded", str(error))
                    return
                wait = next(waits)
                session.turn("reconnecting", str(error), wait=wait)
                if await self._rest(wait):
                    waits = self._pace.waits(self._lease)

    async def _stands(self) -> bool:
        """Tell whether the line stands, after something failed over it; one that does not is closed."""
        line = self._session.connection
        if line is None or not line.alive:
            return False
        if await self._answers(line, self._pace.patience(self._lease)):
            return True
        line.ssh.abort()
        return False

    async def _revive(self, *, cut: bool) -> None:
        """Adopt the process that still runs, else start a new one; only one that ended by itself counts against it."""
        session = self._session
        connection = await self._connected()
        lapsed = self._pace.clock() - self._well >= self._lease
        excused = cut or lapsed
        fresh = excused or len(self._recent()) < self._pace.restarts
        process = await viewers.start(connection.ssh, session.plan, self._pace.lease, asked=False, fresh=fresh)
        if process is None:
            session.stopped("It was stopped by somebody else.")
            return
        same = session.process is not None and process.pid == session.process.pid
        if not same and not excused:
            self._ends.append(self._pace.clock())
        await self._go_on(connection, process, None if same else _why(process, lapsed=lapsed))

    def _recent(self) -> list[float]:
        now = self._pace.clock()
        return [end for end in self._ends if now - end < self._pace.within]

    def _spent(self) -> bool:
        """Count a start that failed; tell whether that were enough of them."""
        self._ends.append(self._pace.clock())
        return len(self._recent()) >= self._pace.restarts

    async def _rest(self, seconds: float) -> bool:
        """Rest before the next try; tell whether it was cut short by a person, or by a sleep of this machine."""
        loop, hurry = asyncio.get_running_loop(), self._session.hurry
        hurry.clear()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0:
            began, pause = self._pace.clock(), min(left, self._pace.tick)
            with suppress(TimeoutError):
                await asyncio.wait_for(hurry.wait(), pause)
                return True
            if self._slept(began, pause):
                return True
        return False


def _why(process: viewers.Running, *, lapsed: bool) -> str:
    if process.before == "reboot":
        return "A new viewer was started: the host was restarted."
    if lapsed:
        return "A new viewer was started: the connection was away for longer than the one before could wait."
    return "A new viewer was started: the one before had ended."
