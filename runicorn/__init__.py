"""The name under which everybody imports us: ``import runicorn as rn``. Names only, each found when first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import runicorn_jupyter as _home
from runicorn_jupyter import __all__ as __all__
from runicorn_jupyter import __version__ as __version__
from runicorn_jupyter import load_ipython_extension as load_ipython_extension

if TYPE_CHECKING:
    from runicorn_jupyter import AlertRule as AlertRule
    from runicorn_jupyter import AnomalyDetector as AnomalyDetector
    from runicorn_jupyter import Artifact as Artifact
    from runicorn_jupyter import ArtifactType as ArtifactType
    from runicorn_jupyter import EnvironmentCapture as EnvironmentCapture
    from runicorn_jupyter import EnvironmentInfo as EnvironmentInfo
    from runicorn_jupyter import MetricMonitor as MetricMonitor
    from runicorn_jupyter import NoOpRun as NoOpRun
    from runicorn_jupyter import Run as Run
    from runicorn_jupyter import enabled as enabled
    from runicorn_jupyter import finish as finish
    from runicorn_jupyter import get_active_run as get_active_run
    from runicorn_jupyter import get_config as get_config
    from runicorn_jupyter import get_effective_rnconfig as get_effective_rnconfig
    from runicorn_jupyter import get_logging_handler as get_logging_handler
    from runicorn_jupyter import init as init
    from runicorn_jupyter import is_enabled as is_enabled
    from runicorn_jupyter import log as log
    from runicorn_jupyter import log_artifact as log_artifact
    from runicorn_jupyter import log_audio as log_audio
    from runicorn_jupyter import log_config as log_config
    from runicorn_jupyter import log_dataset as log_dataset
    from runicorn_jupyter import log_figure as log_figure
    from runicorn_jupyter import log_file as log_file
    from runicorn_jupyter import log_image as log_image
    from runicorn_jupyter import log_pretrained as log_pretrained
    from runicorn_jupyter import log_table as log_table
    from runicorn_jupyter import log_text as log_text
    from runicorn_jupyter import remote as remote
    from runicorn_jupyter import reset_enabled as reset_enabled
    from runicorn_jupyter import runs as runs
    from runicorn_jupyter import scan_outputs_once as scan_outputs_once
    from runicorn_jupyter import set_enabled as set_enabled
    from runicorn_jupyter import set_primary_metric as set_primary_metric
    from runicorn_jupyter import show as show
    from runicorn_jupyter import snapshot_workspace as snapshot_workspace
    from runicorn_jupyter import stop_outputs_watch as stop_outputs_watch
    from runicorn_jupyter import summary as summary
    from runicorn_jupyter import use_artifact as use_artifact
    from runicorn_jupyter import watch_outputs as watch_outputs


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in {"api", "client", "log_compat", "loggers"}:
        return importlib.import_module(f"{__name__}.{name}")
    return getattr(_home, name)


def __dir__() -> list[str]:
    return dir(_home)
