"""Optuna: one run per trial."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from runicorn_jupyter.tracking.active import get_active_run
from runicorn_jupyter.tracking.ending.endings import word_for
from runicorn_jupyter.tracking.loggers.guard import quiet
from runicorn_jupyter.tracking.loggers.hold import put_config
from runicorn_jupyter.tracking.loggers.values import as_name
from runicorn_jupyter.tracking.run import Run
from runicorn_jupyter.tracking.start import init

_PROJECT_OF_NAMELESS = "optuna"


class OptunaCallback:
    """Record every trial as a run: ``study.optimize(objective, callbacks=[OptunaCallback()])``.

    The study's name is the project, the trial's parameters are the config, reported intermediate values are points of
    ``value`` at the trial's own steps, and the objective's value is the last one and in the summary, in the study's
    direction. A trial that failed gives a failed run; one that was pruned a finished run whose summary says so.

    While a run of the script is active, the trials become points of that run instead (step = the trial's number).

    Parameters
    ----------
    project, name : str, optional
        Instead of the study's name, and of ``trials``.
    storage : path, optional
        As of `init`; Optuna's own storage is something else.
    """

    def __init__(self, project: str | None = None, name: str = "trials", *, storage: Any = None) -> None:
        self._project, self._name, self._storage = project, name, storage
        self._lock = threading.RLock()
        self._tracked: dict[int, Run] = {}

    @quiet
    def __call__(self, study: Any, trial: Any) -> None:
        """Record one trial that has ended."""
        with self._lock:
            run = self._tracked.pop(trial.number, None)
            if run is None and (active := get_active_run()) is not None and active not in self._tracked.values():
                _as_point(active, study, trial)
                return
            if run is None:
                if self._tracked:
                    return  # another thread's trial is the active run, and opening one here would end it
                run = self._open(study, trial)
            _record(run, study, trial)
            run.finish("failed" if trial.state.name == "FAIL" else "finished")

    def track(self, objective: Callable[..., Any]) -> Callable[..., Any]:
        """Return `objective` with the trial's run already active while it runs, for `log` and other loggers in it.

        Needs this callback in ``callbacks`` too, and one trial at a time (``n_jobs=1``).
        """

        @functools.wraps(objective)
        def tracked(trial: Any, *args: Any, **kwargs: Any) -> Any:
            self._start(trial)
            try:
                return objective(trial, *args, **kwargs)
            except BaseException as error:
                if type(error).__name__ != "TrialPruned":
                    self._abort(trial, error)
                raise

        return tracked

    @quiet
    def _start(self, trial: Any) -> None:
        with self._lock:
            if get_active_run() is None and not self._tracked:
                self._tracked[trial.number] = self._open(trial.study, trial)

    @quiet
    def _abort(self, trial: Any, error: BaseException) -> None:
        # Optuna calls no callback for an exception that it was not told to catch.
        with self._lock:
            run = self._tracked.get(trial.number)
            if run is not None:
                put_config(run, trial.params)
                run.summary(state="FAIL")
                run.finish(word_for(error))

    def _open(self, study: Any, trial: Any) -> Run:
        project = self._project or as_name(study.study_name) or _PROJECT_OF_NAMELESS
        run = init(
            project,
            self._name,
            alias=f"trial-{trial.number}",
            storage=self._storage,
            config=dict(trial.params),
            tags=["optuna"],
        )
        run.set_primary_metric(_value_names(study)[0], _mode(study))
        return run


def _record(run: Run, study: Any, trial: Any) -> None:
    put_config(run, trial.params)
    names = _value_names(study)
    for step, value in sorted(trial.intermediate_values.items()):
        run.log({names[0]: value}, step=step)
    values = dict(zip(names, trial.values or (), strict=False))
    if values:
        last = max(trial.intermediate_values, default=None)
        run.log(values, step=0 if last is None else last + 1)
    run.summary(
        state=trial.state.name, trial=trial.number, **values, **{str(k): v for k, v in trial.user_attrs.items()}
    )


def _as_point(run: Run, study: Any, trial: Any) -> None:
    names = _value_names(study)
    if getattr(run, "_primary", None) is None:
        run.set_primary_metric(names[0], _mode(study))
    values = dict(zip(names, trial.values or (), strict=False))
    run.log({**values, "params": trial.params, "state": trial.state.name}, step=trial.number)


def _value_names(study: Any) -> list[str]:
    """Return what the objective's values are called: as the study says, else ``value``, or ``values_0`` and so on."""
    named = getattr(study, "metric_names", None)
    if named:
        return [str(name) for name in named]
    count = len(study.directions)
    return ["value"] if count == 1 else [f"values_{index}" for index in range(count)]


def _mode(study: Any) -> str:
    return "max" if study.directions[0].name == "MAXIMIZE" else "min"
