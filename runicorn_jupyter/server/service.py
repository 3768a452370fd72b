"""What every handler is given: the workspace, threads to call it in, and the sockets to close at the end."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from runicorn_jupyter import settings
from runicorn_jupyter.errors import Stopping
from runicorn_jupyter.paths import Root
from runicorn_jupyter.server.access.limits import RateLimits
from runicorn_jupyter.server.machine.diary import Diary
from runicorn_jupyter.server.machine.gpus import GpuWatch
from runicorn_jupyter.server.remote.channels import Channels
from runicorn_jupyter.server.runs.logshare import SharedLogs

if TYPE_CHECKING:
    from runicorn_jupyter.server.remote.ports import LocalPorts
    from runicorn_jupyter.workspace import Remotes, Workspace

SETTING = "runicorn"
"""The key of the one `Service` in tornado's settings."""

_THREADS = 8
_FIRST_WALK = 3.0
_METRICS = 0.3
_CLOSING = 3.0
_RESTARTED = 1012
_T = TypeVar("_T")


class RootChange(NamedTuple):
    """What a change of the root came to: `shown` is the one in use, and why it is."""

    chosen: Path
    shown: Root
    effective: bool


class Closable(Protocol):
    """A websocket as the service sees it."""

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Send a close frame and end the stream behind it."""


class Service:
    """One per mount: opens the workspace at the first request, never before, and closes all at the end.

    Parameters
    ----------
    find_root : callable
        Says which root this door shows now, by the order of D21.
    open_workspace : callable
        Makes and starts the workspace of a root; called in a thread, so that a slow disk never delays a server's start.
    allow_origins : frozenset of str
        Origins, compared as whole strings, whose pages may call us (D9). Empty inside Jupyter.
    limits : RateLimits, optional
        How many requests a client may send (D8).
    """

    def __init__(
        self,
        find_root: Callable[[], Root],
        open_workspace: Callable[[Root], Workspace],
        *,
        allow_origins: frozenset[str] = frozenset(),
        limits: RateLimits | None = None,
    ) -> None:
        self.allow_origins = allow_origins
        self.limits = limits or RateLimits()
        self.sockets: weakref.WeakSet[Closable] = weakref.WeakSet()
        self.logs = SharedLogs(self.in_thread)
        self.diary = Diary()
        self.diary.open()
        self.gpus = GpuWatch()
        self.channels = Channels()
        self.ports: LocalPorts | None = None
        self.heard: Callable[[], None] = lambda: None  # a viewer on a lease renews it by this
        self._find_root = find_root
        self._open = open_workspace
        self._workspace: Workspace | None = None
        self._remotes: Remotes | None = None
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="runicorn-http")
        self._closing = False
        self._waited = False
        self._foreseen = False

    async def ask(self, question: Callable[[Workspace], _T], *, patient: bool | float = True) -> _T:
        """Return ``question(workspace)``, worked out in a thread: the event loop stays free for others.

        A `patient` question that comes right after the first start on a root waits up to 3 s (or so many seconds) for
        the first walk over it, so that a client which knows nothing of ``complete`` sees whole lists unless the root is
        very large.
        """
        patience = _FIRST_WALK if patient is True else float(patient)
        return await self.in_thread(lambda: question(self._opened(patience)))

    async def ask_far(self, question: Callable[[Remotes], Future[_T]]) -> _T:
        """Return what a host answers; a silent one holds no thread meanwhile."""
        return await asyncio.wrap_future(question(await self.ask(lambda hall: hall.remotes, patient=False)))

    def warm_up(self) -> None:
        """Open the workspace now, in a thread; what goes wrong shows at the first request."""
        self._threads.submit(self._opened, 0.0)

    def foresee(self) -> None:
        """Let the workspace load what curves need, once and in a thread: who lists runs draws some of them next."""
        if not self._foreseen and self._workspace is not None:
            self._foreseen = True
            self._threads.submit(self._workspace.foresee)

    async def in_thread(self, work: Callable[[], _T]) -> _T:
        """Return ``work()``, run in one of a few threads of our own, so that a hung disk cannot use up Jupyter's."""
        if self._closing:
            raise Stopping("The server is stopping.")
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def change_root(self, path: str) -> RootChange:
        """Remember `path` as the user's root (R23) and show it, unless something outranks the user's choice (D21)."""
        chosen = settings.set_root(path)
        found = self._find_root()
        if found.path != chosen:
            return RootChange(chosen, found, effective=False)
        with self._lock:
            before, self._workspace = self._workspace, None
            self._waited = False
        if before is not None and before.root != chosen:
            self._remotes = before.release_remotes()
            before.close()
        return RootChange(chosen, found, effective=True)

    def hang_up(self, reason: str) -> None:
        """End every stream; clients open them again and find what is shown now."""
        for socket in list(self.sockets):
            socket.close(_RESTARTED, reason)

    async def close(self) -> bool:
        """Close sockets, workspace and threads; tell whether all of it ended within 3 s."""
        self._closing = True
        for socket in list(self.sockets):
            socket.close(1001, "the server is stopping")
        self.channels.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.gpus.close()
        self.diary.close()
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def close_all() -> None:
            self._close_workspace()
            with contextlib.suppress(RuntimeError):  # the loop did not wait for us
                loop.call_soon_threadsafe(done.set)

        # A daemon thread: a workspace on a hung disk must not keep the process from ending.
        threading.Thread(target=close_all, daemon=True).start()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), _CLOSING)
        return done.is_set()

    def _opened(self, patience: float) -> Workspace:
        with self._lock:
            if self._workspace is None:
                if self._closing:
                    raise Stopping("The server is stopping.")
                self._workspace = self._open(self._find_root())
                if self._remotes is not None:
                    self._workspace.adopt_remotes(self._remotes)
                    self._remotes = None
                # An index from before is shown at once and says that it is not confirmed; an empty one says nothing.
                self._waited = self._workspace.wait_listed(0)
            workspace = self._workspace
        if patience and not self._waited:
            listed = workspace.wait_listed(patience)
            if listed:
                workspace.wait_complete(_METRICS)
            self._waited = self._waited or listed or patience >= _FIRST_WALK
        return workspace

    def _close_workspace(self) -> None:
        with self._lock:
            if self._workspace is not None:
                self._workspace.close()
        self._threads.shutdown(wait=True)
