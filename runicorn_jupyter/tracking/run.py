"""The run: what a training script holds in its hand."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from time import localtime, strftime, time
from typing import TYPE_CHECKING, Any, Self

from runicorn_jupyter.tracking.calls import guarded
from runicorn_jupyter.tracking.ending import endings
from runicorn_jupyter.tracking.process.place import Plan
from runicorn_jupyter.tracking.run_artifacts import RunArtifacts
from runicorn_jupyter.tracking.run_assets import RunAssets
from runicorn_jupyter.tracking.run_companions import RunCompanions
from runicorn_jupyter.tracking.run_media import RunMedia
from runicorn_jupyter.tracking.surroundings.options import NOTHING, Recorded
from runicorn_jupyter.tracking.views import views
from runicorn_jupyter.tracking.writing.appendfile import PATIENCE
from runicorn_jupyter.tracking.writing.best import PrimaryMetric
from runicorn_jupyter.tracking.writing.documents import fit
from runicorn_jupyter.tracking.writing.errands import Errands
from runicorn_jupyter.tracking.writing.keeper import keeper
from runicorn_jupyter.tracking.writing.points import (
    INTEGER_LIMIT,
    PLAIN,
    RESERVED,
    as_pairs,
    encode,
    flatten,
    plain,
    text_of,
    without_reserved,
)
from runicorn_jupyter.tracking.writing.recorder import Recorder

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from types import TracebackType

_CLOSING_WAIT = 20.0
_ERRANDS_WAIT = 60.0
"""Seconds for which `finish` waits for what is still being copied into the archive."""

_SHOWN = 4


class Run(RunMedia, RunAssets, RunArtifacts, RunCompanions):
    """One run; made by `init`, a context manager, and safe to use from several threads.

    Nothing here raises into the training once the run exists, except ValueError for a wrong `set_primary_metric`:
    faults are counted, told once, and what cannot be written is kept and merged later. ``init(strict=True)`` makes all
    of them raise.

    ``Run(project=…, name=…)`` takes the keywords of `init` and does the same, but for making the run the active one.

    Attributes
    ----------
    id, project, name, path, alias : str
        As in meta.json; ``alias`` may be None.
    config : dict
        What `init` was given.
    storage_root, run_dir, media_dir : Path
        Absolute.
    """

    def __init__(self, plan: Plan | str | None = None, recorded: Recorded = NOTHING, **keywords: Any) -> None:
        if not isinstance(plan, Plan):
            from runicorn_jupyter.tracking.start import prepare

            plan, recorded = prepare(plan, keywords)
        self.project, self.name, self.alias = plan.project, plan.name, plan.alias
        self.config: dict[str, Any] = dict(plan.config or {})
        self.storage_root: Path = plan.root
        self._recorder = recorder = Recorder(plan)
        self._faults = recorder.faults
        self._append = recorder.append
        known = recorder.documents["meta"].get("path")
        self.path = known if isinstance(known, str) else plan.path
        self.id = recorder.id
        self.run_dir: Path = recorder.run_dir
        self.media_dir: Path = recorder.run_dir / "media"
        self.status = "running"
        self._open = True
        self._finished = False
        # One call of next() is one step of the interpreter: two threads, or a signal handler, never get the same step,
        # and there is no lock that a fork or a signal could find taken.
        self._steps = count(recorder.first_step)
        self._primary: PrimaryMetric | None = None
        self._last: dict[str, Any] = {}
        self._errands = Errands(recorder.faults)
        self._at_end: list[Callable[[], object]] = []
        recorder.best = lambda: self._primary.fields() if self._primary else {}
        recorder.on_tick = self._errands.begin
        recorder.on_fork = self._forked
        keeper.keep(recorder)
        self._accompany(recorded)

    def log(
        self, data: Mapping[str, Any] | None = None, *, step: int | None = None, stage: Any = None, **kw: Any
    ) -> None:
        """Append one point; it is in the kernel's hands when this returns.

        Parameters
        ----------
        data : mapping, optional
            Metric names to numbers or texts. Nested mappings are joined by ``/``, numpy and torch scalars unwrapped;
            any other value becomes its text. The keys ``step`` and ``global_step`` are ignored.
        step : int, optional
            Sets the counter, and later points count on from it. Without it, or with something that is no number, the
            counter goes up by one; the first point of a run has step 1.
        stage : optional
            Goes along with the point, and outranks ``data["stage"]``.
        **kw
            More metrics.
        """
        if not self._open and not self._reopen():
            return
        try:
            now = time()
            self._point({**data, **kw} if type(data) is dict else {**as_pairs(data), **kw}, step, stage, now)
        except Exception as error:  # noqa: BLE001 - nothing raises into training
            self._faults.caught("log", error)

    @guarded
    def log_text(self, text: str) -> None:
        """Append `text` to logs.txt, every line with the local time of day before it."""
        before = f"{strftime('%H:%M:%S', localtime())} | {self._recorder.mark}"
        lines = text_of(text).removesuffix("\n").split("\n")
        block = "".join(f"{before}{line}\n" for line in lines)
        self._recorder.logs.append(block.encode("utf-8", "replace"))

    def get_logging_handler(self, level: int = 20, fmt: str | None = None) -> logging.Handler:
        """Return a handler for the standard ``logging`` that appends its records to logs.txt."""
        from runicorn_jupyter.tracking.printed.loghandler import RunHandler

        return RunHandler(self, level, fmt)

    def summary(self, update: Mapping[str, Any] | None = None, **kw: Any) -> None:
        """Merge values into summary.json, which is rewritten within a second."""
        if not self._open and not self._reopen():
            return
        try:
            self._recorder.documents.update("summary", fit({**as_pairs(update), **kw}, self._faults.note))
            if not self._recorder.owner:
                # A worker may be ended without a word once it has said this.
                self._recorder.write_documents()
        except Exception as error:  # noqa: BLE001 - nothing raises into training
            self._faults.caught("summary", error)

    def set_primary_metric(self, metric_name: str, mode: str = "max") -> None:
        """Say which metric tells how good the run is; its best value is kept in summary.json as it happens.

        Raises
        ------
        ValueError
            `mode` is neither ``max`` nor ``min``.
        """
        chosen = PrimaryMetric(metric_name, mode)
        known = self._primary.fields() if self._primary else self._recorder.documents["summary"]
        chosen.resume(known)
        self._primary = chosen

    def finish(self, status: str = "finished") -> None:
        """End the run; a second call does nothing.

        Parameters
        ----------
        status : str
            ``finished``, ``failed`` or ``interrupted``; ``completed``, ``success``, ``error``, ``crashed``, ``killed``,
            ``cancelled`` and ``aborted`` mean the same three, any other word means finished.
        """
        if self._finished:
            return
        self._open, self._finished = False, True
        self.status = endings.final_word(status)
        endings.forget(self)
        try:
            self._wind_up()
            keeper.release(self._recorder)
            self._close()
        except Exception as error:  # noqa: BLE001 - nothing raises into training
            self._faults.caught("finish", error)

    def metrics(self, raw: bool = False) -> Any:
        """Return a pandas DataFrame with every point: a row per step, or per event when `raw`."""
        shown = views()
        if shown is None:
            raise RuntimeError("run.metrics() needs the notebook parts: import runicorn (or runicorn_jupyter) first.")
        return shown.metrics(self, raw=raw)

    @property
    def finished(self) -> bool:
        """Whether `finish` was called."""
        return self._finished

    @property
    def is_finished(self) -> bool:
        """Whether `finish` was called; upstream's name for it."""
        return self._finished

    @property
    def rank(self) -> int:
        """The number of this process in its run; 0 is the one that owns the run's status and documents."""
        return self._recorder.rank or 0

    def call_at_end(self, call: Callable[[], object]) -> None:
        """Call `call` when the run is finished, before its last lines are written; the last one given comes first."""
        self._at_end.append(call)

    def child_environment(self) -> dict[str, str]:
        """Return the variables that make `init` in a process started with them join this run.

        ``subprocess.run(command, env={**os.environ, **run.child_environment()})``
        """
        return {"RUNICORN_DIR": str(self.storage_root), "RUNICORN_RUN_ID": self.id}

    def interrupt(self) -> None:
        """Mark the run as interrupted because its notebook cell was; the next `log` reopens it."""
        if not self._open:
            return
        self._open = False
        self.status = "interrupted"
        with contextlib.suppress(Exception):
            self._recorder.set_status("interrupted")
            self._recorder.write_documents()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled for another process, such as a worker that is spawned, a run is joined there."""
        from runicorn_jupyter.tracking.start import join

        return join, (str(self.storage_root), self.project, self.name, self.id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish(endings.word_for(error))

    def __repr__(self) -> str:
        values = {key: value for key, value in self._last.items() if key not in {"global_step", "time", "stage"}}
        shown = [f"{key} {value:.5g}" if type(value) is float else f"{key} {value}" for key, value in values.items()]
        step = self._last.get("global_step")
        parts = [self.status, *([f"step {step}"] if step is not None else []), *shown[:_SHOWN]]
        return f"<Run {self.id} {self.project}/{self.name}: {', '.join(parts)}>"

    def _ipython_display_(self) -> None:
        try:
            shown = views()
            if shown is not None:
                shown.display(self)
                return
        except Exception as error:  # noqa: BLE001 - a picture that cannot be drawn must not end a cell
            self._faults.note("display", "the run's card cannot be drawn here; its text is shown instead.", error)
        print(repr(self))  # noqa: T201 - the plain form of the cell's output

    def _point(self, values: dict[str, Any], step: Any, stage: Any, now: float) -> None:
        """Append one point of the time `now`; `values` is its caller's no longer."""
        if not RESERVED.isdisjoint(values):
            stage = without_reserved(values, stage)
        if not PLAIN.issuperset(map(type, values.values())):
            values = flatten(values, self._faults.note)
        number = next(self._steps) if step is None else self._set_step(step)
        values["global_step"] = number
        values["time"] = now
        if stage is not None:
            values["stage"] = plain(stage, self._faults.note)
        self._append(encode(now, "metrics", values, self._faults.note))
        self._last = values
        if self._primary is not None:
            self._primary.see(values)

    def _log_at(self, values: Mapping[str, Any], step: Any, now: float) -> None:
        """Append one point of another time than this: for loggers whose framework tells which."""
        if self._open or self._reopen():
            self._point(dict(values), step, None, now)

    def _set_step(self, step: Any) -> int:
        try:
            number = step if type(step) is int else int(step)
        except Exception:  # noqa: BLE001 - any object may come as a step
            number = INTEGER_LIMIT
        if not -INTEGER_LIMIT <= number < INTEGER_LIMIT:
            kind = type(step).__name__
            self._faults.note("step", f"a step of type {kind} is no number of 64 bits; counting on instead.")
            return next(self._steps)
        self._steps = count(number + 1)
        return number

    def _reopen(self) -> bool:
        """Go on after an interrupted cell or in a forked child; False when the run is finished."""
        if self._finished:
            self._faults.drop()
            with contextlib.suppress(Exception):
                self._faults.note("after_finish", f"run {self.id} is finished; what is logged to it now is dropped.")
            return False
        if self.status != "running":
            self.status = "running"
            self._recorder.reclaim()
            self._recorder.set_status("running")
        self._open = True
        keeper.keep(self._recorder)
        return True

    def _forked(self) -> None:
        """Become the run of a forked child: the next call goes through `_reopen`, where its own keeper is started."""
        if self._primary is not None:
            self._primary.forked()
        self._errands.forked()
        self._at_end.clear()
        self._outputs = None
        self._open = False

    def _wind_up(self) -> None:
        """End what goes along with the run; each part for itself, for one that fails must not keep the others alive."""
        if self._outputs is not None:
            self._at_end.append(self._outputs.stop)
            self._outputs = None
        for end in reversed(self._at_end):
            try:
                end()
            except Exception as error:  # noqa: BLE001 - nothing raises into training
                self._faults.caught("finish", error)
        self._at_end.clear()
        if not self._errands.wait(_ERRANDS_WAIT):
            self._faults.note("archive", f"run {self.id} ends while files are still being copied; they are not kept.")

    def _close(self) -> None:
        hanging = self._recorder.events.hanging or self._recorder.logs.hanging or keeper.stuck(PATIENCE)
        if not hanging:
            self._recorder.close(self.status)
            if not self._recorder.settled:
                # In a process that goes on, such as a notebook, what waits comes home as soon as the disk recovers.
                keeper.keep(self._recorder)
            return
        # A disk that hangs may hold this thread, not the one that trains.
        closing = threading.Thread(target=self._recorder.close, args=(self.status,), daemon=True)
        closing.start()
        closing.join(_CLOSING_WAIT)
