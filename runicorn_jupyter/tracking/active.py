"""The module functions: ``rn.log`` and its like act on the active run of this process (D13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any, Concatenate, ParamSpec, TypeVar

from runicorn_jupyter.tracking.ending import endings
from runicorn_jupyter.tracking.run import Run
from runicorn_jupyter.tracking.writing.faults import tell

_P = ParamSpec("_P")
_R = TypeVar("_R")
_told: list[bool] = []


def get_active_run() -> Run | None:
    """Return the run that `init` made last and that is not finished, else None."""
    return endings.active()


def log(data: Mapping[str, Any] | None = None, *, step: int | None = None, stage: Any = None, **kw: Any) -> None:
    """Append one point to the active run; see `Run.log`."""
    run = _run()
    if run is not None:
        run.log(data, step=step, stage=stage, **kw)


def log_text(text: str) -> None:
    """Append text to the log of the active run; see `Run.log_text`."""
    run = _run()
    if run is not None:
        run.log_text(text)


def log_image(
    key: str,
    image: Any,
    step: int | None = None,
    caption: str | None = None,
    format: str = "png",  # noqa: A002 - the documented name
    quality: int = 90,
) -> str | None:
    """Store a picture in the active run; see `Run.log_image`."""
    run = _run()
    return None if run is None else run.log_image(key, image, step, caption, format, quality)


def log_file(key: str, path: str | PathLike[str], step: int | None = None, caption: str | None = None) -> str | None:
    """Copy a file into the active run; see `Run.log_file`."""
    run = _run()
    return None if run is None else run.log_file(key, path, step, caption)


def summary(update: Mapping[str, Any] | None = None, **kw: Any) -> None:
    """Merge values into the summary of the active run; see `Run.summary`."""
    run = _run()
    if run is not None:
        run.summary(update, **kw)


def set_primary_metric(metric_name: str, mode: str = "max") -> None:
    """Choose the metric that tells how good the active run is; see `Run.set_primary_metric`."""
    run = _run()
    if run is not None:
        run.set_primary_metric(metric_name, mode)


def _acting(call: Callable[Concatenate[Run, _P], _R]) -> Callable[_P, _R | None]:
    """Return the module function that does `call` on the active run, and gives None when there is none."""
    name = call.__name__

    def act(*args: _P.args, **kw: _P.kwargs) -> _R | None:
        run = _run()
        return None if run is None else getattr(run, name)(*args, **kw)

    act.__name__ = act.__qualname__ = name
    act.__doc__ = f"Do on the active run what `Run.{name}` does."
    return act


log_table = _acting(Run.log_table)
log_audio = _acting(Run.log_audio)
log_figure = _acting(Run.log_figure)
log_config = _acting(Run.log_config)
log_dataset = _acting(Run.log_dataset)
log_pretrained = _acting(Run.log_pretrained)
log_artifact = _acting(Run.log_artifact)
use_artifact = _acting(Run.use_artifact)
scan_outputs_once = _acting(Run.scan_outputs_once)
watch_outputs = _acting(Run.watch_outputs)
stop_outputs_watch = _acting(Run.stop_outputs_watch)
get_logging_handler = _acting(Run.get_logging_handler)


def finish(status: str = "finished") -> None:
    """End the active run; see `Run.finish`."""
    run = endings.active()
    if run is not None:
        run.finish(status)


def _run() -> Run | None:
    run = endings.active()
    if run is None and not _told:
        _told.append(True)
        tell("there is no active run, so nothing is logged; call init() first.")
    return run
