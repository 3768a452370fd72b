"""What a training script calls: `init`, the run it gives, and the module functions that act on the active run."""

from __future__ import annotations

from runicorn_jupyter.tracking.active import (
    finish,
    get_active_run,
    get_logging_handler,
    log,
    log_artifact,
    log_audio,
    log_config,
    log_dataset,
    log_figure,
    log_file,
    log_image,
    log_pretrained,
    log_table,
    log_text,
    scan_outputs_once,
    set_primary_metric,
    stop_outputs_watch,
    summary,
    use_artifact,
    watch_outputs,
)
from runicorn_jupyter.tracking.noop import (
    NoOpRun,
)
from runicorn_jupyter.tracking.run import (
    Run,
)
from runicorn_jupyter.tracking.start import (
    init,
)
from runicorn_jupyter.tracking.switch import (
    enabled,
    is_enabled,
    reset_enabled,
    set_enabled,
)

__all__ = [
    "NoOpRun",
    "Run",
    "enabled",
    "finish",
    "get_active_run",
    "get_logging_handler",
    "init",
    "is_enabled",
    "log",
    "log_artifact",
    "log_audio",
    "log_config",
    "log_dataset",
    "log_figure",
    "log_file",
    "log_image",
    "log_pretrained",
    "log_table",
    "log_text",
    "reset_enabled",
    "scan_outputs_once",
    "set_enabled",
    "set_primary_metric",
    "stop_outputs_watch",
    "summary",
    "use_artifact",
    "watch_outputs",
]
