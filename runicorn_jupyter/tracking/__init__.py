"""What a training script calls: `init`, the run it gives, and the module functions that act on the active run."""

from __future__ import annotations

from runicorn_jupyter.tracking.active import (
    finish,
    get_active_run,
    log,
    log_file,
    log_image,
    log_text,
    set_primary_metric,
    summary,
)
from runicorn_jupyter.tracking.noop import NoOpRun
from runicorn_jupyter.tracking.run import Run
from runicorn_jupyter.tracking.start import init
from runicorn_jupyter.tracking.switch import enabled, is_enabled, reset_enabled, set_enabled

__all__ = [
    "NoOpRun",
    "Run",
    "enabled",
    "finish",
    "get_active_run",
    "init",
    "is_enabled",
    "log",
    "log_file",
    "log_image",
    "log_text",
    "reset_enabled",
    "set_enabled",
    "set_primary_metric",
    "summary",
]
