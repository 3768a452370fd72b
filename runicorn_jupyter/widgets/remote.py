"""``rn.remote``: the panel of other hosts as the output of a cell."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import uuid
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import anywidget
import traitlets

from runicorn_jupyter.display import frames
from runicorn_jupyter.display.bundle import WIDGET_MIME
from runicorn_jupyter.display.document import MIME
from runicorn_jupyter.display.remote import remote_html, remote_text
from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models.remoteseen import SeenSession
from runicorn_jupyter.widgets import _esm, hosts
from runicorn_jupyter.widgets.farruns import far_runs
from runicorn_jupyter.widgets.outputs import Bundle, Outputs
from runicorn_jupyter.widgets.remotecalls import RemoteCalls
from runicorn_jupyter.widgets.remotefields import Field, read, text
from runicorn_jupyter.widgets.workspaces import workspace

if TYPE_CHECKING:
    from concurrent.futures import Future

    import pandas as pd

    from runicorn_jupyter.models import RemoteSession
    from runicorn_jupyter.workspace import Remotes

log = logging.getLogger(__name__)

REMOTE = _esm.WIDGET.with_name("remote.js")
STATES = ("connecting", "running", "reconnecting", "degraded", "stopped")

_PROCESS = os.getpid()
_MOST = 200
_MOST_RUNS = 10_000
_CHANNEL_S = 20.0
_PATIENCE_S = 5.0
_SEEN: dict[str, Field] = {
    "id": text(40, needed=True),
    "host": text(253),
    "root": text(4096),
    "environment": text(200),
    "state": text(20, needed=True),
    "reason": text(1000),
}

_open: weakref.WeakSet[RemoteSessions] = weakref.WeakSet()


class Wish(NamedTuple):
    """Which runs of which host are wanted; it is told to the page once, and never saved."""

    target: str
    root: str
    environment: str


class RemoteSessions(anywidget.AnyWidget):
    """The panel of other hosts in a notebook; ``rn.remote`` makes it.

    Where the Jupyter server has our extension it shows the server's sessions, the same as the sidebar and the page, and
    they go on when the kernel restarts. Elsewhere (VS Code, Colab, marimo) the logins are this kernel's own.

    Parameters
    ----------
    wish : Wish, optional
        A host to log in at as soon as a page shows the panel.
    remotes : callable, optional
        Returns the logins to use without a server; those of the kernel's workspace by default.
    """

    key = traitlets.Unicode(help="The model's own id, by which outputs of ours find it.").tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)

    @traitlets.default("_esm")
    def _load_esm(self) -> str:
        return _esm.source(REMOTE)

    def __init__(self, wish: Wish | None = None, *, remotes: Callable[[], Remotes] | None = None) -> None:
        self._wish = wish
        self._own: Remotes | None = None
        self._make = remotes or (lambda: workspace().remotes)
        self._calls = RemoteCalls(self._remotes)
        self._told: tuple[SeenSession, ...] | None = None
        self._unwatch: Callable[[], None] = lambda: None
        self._guard = threading.RLock()
        self._outputs = Outputs()
        self._drawn = False
        self._over = False
        model_id = uuid.uuid4().hex
        super().__init__(model_id=model_id, key=model_id)
        self.on_msg(self._hear)
        if not _open:
            atexit.unregister(close_all)
            atexit.register(close_all)
        _open.add(self)

    @property
    def sessions(self) -> tuple[SeenSession, ...]:
        """The viewers on other hosts, as far as the kernel knows of them.

        With a server these are what the page last told while no cell ran; else the kernel's own, as they are now.
        """
        if self._own is not None:
            return tuple(_seen(one) for one in self._own.viewers().result(_PATIENCE_S))
        return self._told or ()

    def runs(self, session: str | None = None, *, limit: int = 1000) -> pd.DataFrame:
        """Return the runs of a viewer that this kernel logged in for, one row a run, as ``rn.runs`` does.

        Parameters
        ----------
        session : str, optional
            The id of one of ``sessions``; the only one that runs by default.
        limit : int
            How many of the latest runs at most.

        Raises
        ------
        BadRequest
            There is no such session, or it is the server's: its runs are opened from the panel.
        AnswerRefused
            The viewer answered something else.
        """
        running = [one.id for one in self.sessions if one.state in {"running", "degraded"}]
        if self._own is None:
            raise BadRequest("The sessions are those of the Jupyter server; open their runs from the panel.")
        if session is None and len(running) != 1:
            raise BadRequest(f"Which session? {len(running)} of them run; give the id of one of panel.sessions.")
        if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= _MOST_RUNS:
            raise BadRequest(f"limit must be a whole number from 1 to {_MOST_RUNS}.")
        channel = self._own.open_channel(session or running[0]).result(_CHANNEL_S)
        return frames.runs_frame(far_runs(channel, limit))

    def close(self) -> None:
        """Take the panel from the page; sessions go on, and the output keeps what was known in words."""
        if getattr(self, "_over", True):
            return
        self._over = True
        self._unwatch()
        _open.discard(self)
        with self._guard:
            self._rewrite()
        self.layout.close()
        super().close()

    def present(self) -> None:
        """Show the panel in the running cell, unless this execution of the cell shows it already."""
        cell = hosts.cell()
        if self._outputs.shown_in(cell):
            return
        if not hosts.has_page():
            self._outputs.note(cell)
            print(_NO_PAGE)  # noqa: T201 - a terminal has no other output
            return
        with self._guard:
            self._outputs.show(self._bundle(), cell)

    def leave(self, cell: hosts.Cell) -> None:
        """Forget the outputs of earlier executions of `cell`; a panel that stands nowhere any more is closed."""
        had = len(self._outputs)
        self._outputs.forget(cell)
        if had and not len(self._outputs):
            self.close()

    def _ipython_display_(self) -> None:
        self.present()

    def __repr__(self) -> str:
        return f"<RemoteSessions {remote_text(self._last()).partition(chr(10))[0].rstrip('.').lower()}>"

    def _remotes(self) -> Remotes:
        """Return the kernel's logins, and tell the page whenever something changes there from now on."""
        if self._own is None:
            self._own = self._make()
            self._unwatch = self._own.watch(self._changed)
        return self._own

    def _changed(self) -> None:
        """Tell the page, and keep the words of the output true; called from the thread of the logins."""
        if not self._over and self._own is not None:
            self.send({"type": "changed"})
            self._own.viewers().add_done_callback(self._look)

    def _look(self, work: Future[list[RemoteSession]]) -> None:
        if not (self._over or work.cancelled() or work.exception()):
            self._keep(tuple(_seen(one) for one in work.result()))

    def _hear(self, _widget: Any, message: Any, _buffers: Any) -> None:
        if not isinstance(message, Mapping):
            return
        kind, asked = message.get("type"), message.get("id")
        if kind == "call" and isinstance(asked, int):
            self._calls.answer(message, lambda told: self._reply(asked, told))
        elif kind == "hello":
            self._greet(draws=message.get("renderer") is True)
        elif kind == "begun":
            self._wish = None
        elif kind == "told":
            self._take(message.get("sessions"))

    def _reply(self, asked: int, told: dict[str, Any]) -> None:
        if not self._over:
            self.send({"type": "reply", "id": asked, "ok": True, **told})

    def _greet(self, *, draws: bool) -> None:
        """Tell a page what is wanted; where our renderer draws the output, it needs the widget view no more."""
        if self._wish is not None:
            self.send({"type": "wish", **self._wish._asdict()})
        if draws and not self._drawn:
            self._drawn = True
            with self._guard:
                self._rewrite()

    def _take(self, told: Any) -> None:
        """Keep what the page knows from the server, for Python and for the words of the output."""
        if self._own is not None or not isinstance(told, list) or len(told) > _MOST:
            return
        try:
            found = tuple(_heard(one) for one in told)
        except BadRequest:
            log.debug("A page told of sessions in a form that is not ours.")
            return
        self._keep(found)

    def _keep(self, found: tuple[SeenSession, ...]) -> None:
        words = remote_html(self._last())
        self._told = found
        if remote_html(found) != words:
            with self._guard:
                self._rewrite()

    def _last(self) -> tuple[SeenSession, ...]:
        return self._told or ()

    def _rewrite(self) -> None:
        if len(self._outputs):
            self._outputs.update(self._bundle())

    def _bundle(self) -> Bundle:
        """Return the four forms of the output; none of them names a host, a user or a path (security G12)."""
        known = self._last()
        data: dict[str, Any] = {MIME: {"version": 1, "kind": "remote", "key": self.key, "runs": []}}
        metadata: dict[str, Any] = {}
        if not self._over and not self._drawn:
            spoken = super()._repr_mimebundle_()
            metadata = spoken[1] if spoken else {}  # Colab finds anywidget's front end by it
            data[WIDGET_MIME] = {"version_major": 2, "version_minor": 1, "model_id": self.model_id}
        data["text/html"] = remote_html(known)
        data["text/plain"] = remote_text(known)
        return data, metadata


_NO_PAGE = "A panel of other hosts needs a notebook; `runicorn remote` does the same here."


def remote(host: str | None = None, *, root: str | None = None, environment: str | None = None) -> RemoteSessions:
    """Show runs of other hosts over SSH: the panel of hosts and sessions as the output of this cell.

    Parameters
    ----------
    host : str, optional
        ``user@host``, ``user@host:port`` or a name of your ``~/.ssh/config``, to log in at once; a key that is not
        known yet, a password and the rest are asked for in the panel. Without it the panel shows what is there.
    root : str, optional
        The storage root there; by default you choose among those that were found.
    environment : str, optional
        The Python environment there whose viewer is started; by default you choose.

    Returns
    -------
    RemoteSessions
        ``sessions`` says what is known; ``close()`` takes the panel away, and sessions go on.

    Raises
    ------
    BadRequest
        An argument cannot be a host, folder or name.
    """
    wish = _wish(host, root, environment)
    cell = hosts.cell()
    for shown in list(_open):
        shown.leave(cell)
    made = RemoteSessions(wish)
    if not hosts.in_marimo():
        made.present()
    return made


def close_all() -> None:
    """Close every panel: at exit their outputs get the final form. A forked child leaves its parent's alone."""
    if os.getpid() == _PROCESS:
        for shown in list(_open):
            shown.close()


def _wish(host: str | None, root: str | None, environment: str | None) -> Wish | None:
    for name, value in (("host", host), ("root", root), ("environment", environment)):
        if value is not None and not _plain(value):
            raise BadRequest(f"{name} must be a text on one line.")
    if host is None:
        if root is not None or environment is not None:
            raise BadRequest("root and environment are of a host: name it first, remote('user@host', root=…).")
        return None
    target = host.strip()
    if not target or target.startswith("-") or len(target.split()) > 1:
        raise BadRequest("host must be user@host, user@host:port, or a name of your ~/.ssh/config.")
    return Wish(target, root or "", environment or "")


def _plain(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 4096 and value.isprintable()


def _heard(told: Any) -> SeenSession:
    if not isinstance(told, dict):
        raise BadRequest("A session is an object.")
    since = told.get("since")
    found = read(_SEEN, {name: value for name, value in told.items() if name != "since"})
    if found["state"] not in STATES or isinstance(since, bool) or not isinstance(since, int | float):
        raise BadRequest("A session has a state and a moment.")
    texts = {name: found.get(name, "") for name in ("id", "host", "root", "environment", "state", "reason")}
    return SeenSession(**texts, since=float(since))


def _seen(one: RemoteSession) -> SeenSession:
    return SeenSession(one.id, one.host, one.root, one.environment, one.state, one.reason or "", one.since)
