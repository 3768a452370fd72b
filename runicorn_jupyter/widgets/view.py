"""The live view of runs in a notebook output."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import uuid
import weakref
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from runicorn_jupyter.display import bundle, figures, frames
from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.widgets import _esm, hosts
from runicorn_jupyter.widgets.follow import Follower
from runicorn_jupyter.widgets.outputs import Bundle, Outputs
from runicorn_jupyter.widgets.source import Axis, Source
from runicorn_jupyter.widgets.stream import Stream

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

log = logging.getLogger(__name__)

_REWRITE_EVERY = 2.0
_HEIGHTS = (120, 4000)
_PROCESS = os.getpid()

_views: weakref.WeakSet[RunicornView] = weakref.WeakSet()


class RunicornView(anywidget.AnyWidget):
    """A live card of one run, or a live table of runs; ``rn.show`` makes it.

    Its output says the same in four forms (our document, the live view, HTML, text), so that the saved notebook can be
    read anywhere. In a page with our extension the output is in its final form as soon as no shown run is live.

    Parameters
    ----------
    source : Source
        What to show.
    height : int, optional
        Pixels of the view, 120 to 4000.
    """

    key = traitlets.Unicode(help="Where the page keeps this view's live data.").tag(sync=True)
    doc = traitlets.Dict(help="The document at creation; emptied when the output is final.").tag(sync=True)
    view = traitlets.Dict(help="Choices of the reader: smoothing, hidden curves and the like.").tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)

    @traitlets.default("_esm")
    def _load_esm(self) -> str:
        return _esm.source()

    def __init__(self, source: Source, *, height: int | None = None) -> None:
        self._follower: Follower | None = None
        self._source = source
        self._guard = threading.RLock()
        self._outputs = Outputs()
        self._lacks_renderer = hosts.lacks_renderer()
        self._final: bool | None = None
        self._rewritten = 0.0
        self._over = False
        self._stale = False
        key, model_id = uuid.uuid4().hex, uuid.uuid4().hex
        self._stream = Stream(source, self.send, key)
        _, doc = self._stream.open(model_id)
        super().__init__(model_id=model_id, key=key, doc=doc, view=_choices(height))
        self.on_msg(self._hear)
        _keep(self)

    @property
    def kind(self) -> str:
        """``run`` for a card, ``runs`` for a table, ``artifact`` for a version of an artifact."""
        return self._source.selection.kind

    @property
    def live(self) -> bool:
        """Whether a shown run may still grow."""
        return not self._over and self._stream.live

    def follow(self) -> None:
        """Begin to push changes to the page; ``rn.show`` does it."""
        if self._follower is None and not self._over:
            self._follower = Follower(self._source.workspace, self._stream, self._settle, self.model_id)
            self._follower.start()

    def catch_up(self) -> None:
        """Push what is on disk now, and bring the outputs into their final form if the runs ended."""
        if not self._over:
            self._source.workspace.catch_up()
            self._settle(self._stream.push())

    def shows(self, run_id: str) -> bool:
        """Tell whether the run is one of those shown now."""
        return self._stream.shows(run_id)

    def figure(
        self, *, metrics: list[str] | None = None, log_y: bool = False, smoothing: float = 0.0, x: Axis = "step"
    ) -> go.Figure:
        """Return a plotly figure of the curves, to restyle, print and publish.

        Parameters
        ----------
        metrics : list of str, optional
            Which metrics; all by default.
        log_y : bool
            Logarithmic y axes.
        smoothing : float
            Weight of the past, 0 to below 1.
        x : {"step", "time", "wall"}
            The x axis.
        """
        if self.kind == "artifact":
            raise BadRequest("An artifact has no curves; show the run that made it.")
        records, _ = self._source.records()
        curves = self._source.curves(records, metrics=metrics, x=x)
        labels = {record.id: f"{record.name} {record.id}" for record in records}
        return figures.metrics_figure(curves, log_y=log_y, smoothing=smoothing, x=x, labels=labels)

    def frame(self) -> pd.DataFrame:
        """Return one row a run for a table (as ``rn.runs``), every point for a card (as ``run.metrics``).

        Of an artifact these are its files: path, size and digest.
        """
        if self.kind == "artifact":
            return frames.files_frame(self._source.content().artifact)
        if self.kind == "run":
            return frames.metrics_frame(self._source.workspace.frame_columns(self._source.run_id))
        return frames.runs_frame(self._source.records()[0])

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write the view as one HTML file without scripts, and return its path."""
        target = Path(path)
        target.write_text(bundle.page(self._source.content()), encoding="utf-8")
        return target

    def close(self) -> None:
        """End following; the outputs stay, in their final form. A second call does nothing."""
        if getattr(self, "_over", True):
            return
        self._over = True
        if self._follower is not None:
            self._follower.close()
        with self._guard:
            self._rewrite(final=True)
        self._stream.closed()
        _views.discard(self)
        self.layout.close()
        super().close()

    def present(self) -> None:
        """Show the view in the running cell, unless this execution of the cell shows it already."""
        cell = hosts.cell()
        if self._outputs.shown_in(cell):
            return
        if not hosts.has_page():
            self._outputs.note(cell)
            print(bundle.words(self._source.content()))  # noqa: T201 - a terminal has no other output
            return
        with self._guard:
            if self._final is None:
                self._final = self._may_be_final()
            self._outputs.show(self._bundle(), cell)

    def leave(self, cell: hosts.Cell) -> None:
        """Forget the outputs of earlier executions of `cell`; a view that stands nowhere any more is closed."""
        had = len(self._outputs)
        self._outputs.forget(cell)
        if had and not len(self._outputs):
            self.close()

    def _ipython_display_(self) -> None:
        self.present()

    def _repr_mimebundle_(self, **_: Any) -> Bundle:
        """Return the bundle for hosts that ask for it by themselves."""
        return bundle.bundle(self._source.content(), self.key, None if self._over else self.model_id)

    def __repr__(self) -> str:
        return f"<RunicornView {self.kind} {self._source.selection.title!r}>"

    def _hear(self, _widget: Any, message: Any, _buffers: Any) -> None:
        if isinstance(message, Mapping) and message.get("renderer") is False and not self._lacks_renderer:
            self._lacks_renderer = True
            with self._guard:
                self._rewrite(final=False)
        self._stream.answer(message, self.model_id)

    def _may_be_final(self) -> bool:
        """Tell whether the outputs can do without the widget view: nothing grows, and the page draws our document."""
        return self._over or not (self._stream.live or self._lacks_renderer)

    def _settle(self, changed: bool) -> bool:
        """Bring the outputs into the form that fits the runs' state; a final one is rewritten when runs change.

        Returns whether a rewrite waits because the last one was a moment ago.
        """
        with self._guard:
            final = self._may_be_final()
            late = changed or self._stale
            if final != self._final and self._final is not None:
                self._rewrite(final=final)
            elif final and late:
                self._stale = time.monotonic() - self._rewritten < _REWRITE_EVERY
                if not self._stale:
                    self._rewrite(final=True)
            return self._stale

    def _rewrite(self, *, final: bool) -> None:
        self._final = final
        self._stale = False
        self._rewritten = time.monotonic()
        if len(self._outputs):
            self._outputs.update(self._bundle())
        if final and self.doc and self.comm is not None:
            self.doc = {}

    def _bundle(self) -> Bundle:
        # Nothing of an artifact changes, so its output is final at once; but while the model lives the page may ask it.
        lives = not self._over and (self.kind == "artifact" or not self._final)
        model = self.model_id if lives else None
        data, metadata = bundle.bundle(self._source.content(), self.key, model, widget_view=not self._final)
        if bundle.WIDGET_MIME in data:
            spoken = super()._repr_mimebundle_()
            metadata = spoken[1] if spoken else {}  # Colab finds anywidget's front end by it
        return data, metadata


def views() -> list[RunicornView]:
    """Return the views that are not closed."""
    return list(_views)


def catch_up() -> None:
    """Bring every view with a live run up to date: what a notebook saves behind a cell is then the truth."""
    for view in views():
        try:
            if view.live:
                view.catch_up()
        except Exception:  # a view must never put an error below somebody's cell
            log.debug("A view could not be updated behind a cell.", exc_info=True)


def leave(cell: hosts.Cell) -> None:
    """Forget what earlier executions of `cell` showed: its outputs are cleared when it runs again."""
    for view in views():
        view.leave(cell)


def close_all() -> None:
    """Close every view: at exit their outputs get the final form. A forked child leaves its parent's views alone."""
    if os.getpid() == _PROCESS:
        for view in views():
            view.close()


@cache
def _hook(events: Any) -> None:
    events.register("post_run_cell", lambda _result: catch_up())


def _keep(view: RunicornView) -> None:
    if not _views:
        atexit.unregister(close_all)
        atexit.register(close_all)
    _views.add(view)
    shell = hosts.shell()
    if shell is not None:
        _hook(shell.events)


def _choices(height: int | None) -> dict[str, Any]:
    if height is None:
        return {}
    if isinstance(height, bool) or not isinstance(height, int) or not _HEIGHTS[0] <= height <= _HEIGHTS[1]:
        raise BadRequest(f"height must be a whole number of pixels from {_HEIGHTS[0]} to {_HEIGHTS[1]}.")
    return {"height": height}
