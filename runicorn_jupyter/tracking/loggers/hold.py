"""Which run a logger writes to, and whether the logger may end it."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from runicorn_jupyter.tracking.active import get_active_run
from runicorn_jupyter.tracking.ending.endings import word_for
from runicorn_jupyter.tracking.loggers.guard import quiet
from runicorn_jupyter.tracking.noop import NoOpRun
from runicorn_jupyter.tracking.process.place import names
from runicorn_jupyter.tracking.run import Run
from runicorn_jupyter.tracking.start import init

_OPENED: weakref.WeakKeyDictionary[Run, weakref.ref[Holder]] = weakref.WeakKeyDictionary()


class Holder:
    """Holds the run of one logger: the active run if there is one, else one that it opens and therefore finishes.

    Parameters
    ----------
    kind : str
        The framework; it becomes a tag of the runs opened here.
    project, name : str, optional
        Where runs opened here belong.
    storage : path, optional
        As of `init`.
    fit : bool
        Whether a run opened here is one fit: it then ends with the notebook cell that fails, and with the next fit.
        A fit that begins while one goes on in another thread gets a run of its own, which is not the active one.

    Attributes
    ----------
    owned : bool
        Whether the run was opened here.
    at_cell_end : WeakMethod, optional
        Called when a notebook cell has ended well, for a logger whose framework does not say when a fit is over.

    Raises
    ------
    ValueError
        A name is not safe.
    """

    def __init__(
        self, kind: str, project: str | None = None, name: str | None = None, *, storage: Any = None, fit: bool = True
    ) -> None:
        names(project, name or "default", None)
        self.kind = kind
        self.owned = False
        self.at_cell_end: weakref.WeakMethod[Callable[[], None]] | None = None
        self._project, self._name, self._storage, self._fit = project, name, storage, fit
        self._run: Run | None = None
        self._earlier: dict[str, Any] | None = None
        self._process = os.getpid()
        self._thread: threading.Thread | None = None

    @property
    def run(self) -> Run | None:
        """The run that is held, finished or not."""
        return self._run

    @property
    def is_open(self) -> bool:
        """Whether a run is held that takes points."""
        return self._run is not None and not self._run.finished

    def open(
        self, config: Mapping[str, Any] | None = None, *, name: str | None = None, notes: str | None = None
    ) -> Run:
        """Return the run to write to, opened or continued if need be.

        Parameters
        ----------
        config : mapping, optional
            Hyperparameters, kept with the run whoever opened it.
        name : str, optional
            For a new run whose name was not chosen; made safe here by nobody, see `as_name`.
        notes : str, optional
            For a new run.
        """
        if self._run is None or self._run.finished:
            self._run = self._joined() or self._continued() or self._new(config, name, notes)
            if not self.owned or self._earlier:
                put_config(self._run, config)
            self._earlier = self._how_to_continue()
        else:
            put_config(self._run, config)
        return self._run

    def begin(self) -> None:
        """Let the next `open` be about a new fit, not about the one that this logger has recorded."""
        if self.owned:
            self.finish("failed")
        self._run, self._earlier, self.owned = None, None, False

    def finish(self, status: str = "finished") -> None:
        """Finish the run if it was opened here; one that an interrupted cell left stays interrupted."""
        run = self._run
        if run is not None and self.owned and not run.finished and self._process == os.getpid():
            run.finish("interrupted" if run.status == "interrupted" else status)

    def primary(self, name: str, mode: str) -> None:
        """Choose the metric that tells how good the run is, unless its owner has."""
        run = self._run
        if run is not None and (self.owned or getattr(run, "_primary", None) is None):
            run.set_primary_metric(name, mode)

    def goes_on_elsewhere(self) -> bool:
        """Tell whether this is a fit that another thread than the calling one has begun and not ended."""
        thread = self._thread
        elsewhere = thread is not None and thread is not threading.current_thread() and thread.is_alive()
        return self._fit and elsewhere and self.is_open

    def joined_kind(self) -> str | None:
        """Return the kind of the logger that opened the run held here, None when that was the script, or this one."""
        owner = _opener(self._run)
        return owner.kind if owner is not None and owner is not self else None

    @quiet
    def __del__(self) -> None:
        # A fit that ended well has finished its run: what is still open was left by an exception.
        if getattr(self, "_fit", False):
            self.finish("failed")

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_run": None, "owned": False, "at_cell_end": None, "_thread": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._process = os.getpid()

    def _joined(self) -> Run | None:
        run = get_active_run()
        if run is None:
            return None
        owner = _opener(run)
        if self._fit and owner is not None and owner.goes_on_elsewhere():
            return None
        if self._fit and run in _OPENED and (owner is None or (owner.kind == self.kind and owner._fit)):  # noqa: SLF001 - our own
            # The fit that opened it never came to its end, and this is the next one.
            run.finish("interrupted" if run.status == "interrupted" else "finished" if owner is None else "failed")
            return None
        self.owned = owner is self
        return run

    def _continued(self) -> Run | None:
        if self._earlier is None:
            return None
        return self._opened(init(**self._earlier))

    def _new(self, config: Mapping[str, Any] | None, name: str | None, notes: str | None) -> Run:
        active = get_active_run()
        opener = None if isinstance(active, NoOpRun) else _opener(active)
        beside = self._fit and opener is not None and opener.goes_on_elsewhere()
        # Not the active one: `init` would finish the run of the fit in the other thread.
        made = (Run if beside else init)(
            project=self._project,
            name=self._name or name,
            storage=self._storage,
            config=dict(config) if config else None,
            tags=[self.kind],
            notes=notes,
        )
        return self._opened(made)

    def _opened(self, run: Run) -> Run:
        self.owned = True
        self._process = os.getpid()
        self._thread = threading.current_thread()
        _OPENED[run] = weakref.ref(self)
        if self._fit:
            _end_with_its_cell(weakref.ref(self))
        return run

    def _how_to_continue(self) -> dict[str, Any] | None:
        run = self._run
        if run is None or not self.owned or isinstance(run, NoOpRun):
            return None
        return {"project": run.project, "name": run.name, "storage": run.storage_root, "run_id": run.id}


def _opener(run: Run | None) -> Holder | None:
    """Return the living holder that opened `run`."""
    known = _OPENED.get(run) if run is not None else None
    return known() if known is not None else None


def put_config(run: Run, config: Mapping[str, Any] | None) -> None:
    """Keep hyperparameters with a run that is already open."""
    if config:
        run.log_config(dict(config))


def _end_with_its_cell(holder: weakref.ref[Holder]) -> None:
    """In a notebook, end the run of a fit that an exception ended, for its framework tells callbacks nothing of it."""
    import sys

    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_shell() if get_shell is not None else None
    if shell is None:
        return

    def after_cell(result: Any) -> None:
        held, error = holder(), getattr(result, "error_in_exec", None)
        settle = held.at_cell_end() if held is not None and held.at_cell_end is not None else None
        if settle is not None and error is None:
            settle()
        if held is not None and held.is_open and error is None:
            return
        shell.events.unregister("post_run_cell", after_cell)
        if held is not None:
            held.finish(word_for(error))

    shell.events.register("post_run_cell", after_cell)
