"""Experiment tracking that lives where the notebook lives.

``import runicorn as rn`` and ``import runicorn_jupyter as rn`` are the same thing. Every name is found when it is first
used, so that a training script never pays for tornado, pandas, plotly, asyncssh or the widgets.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

from runicorn_jupyter._version import __version__

if TYPE_CHECKING:
    from runicorn_jupyter.tracking import NoOpRun as NoOpRun
    from runicorn_jupyter.tracking import Run as Run
    from runicorn_jupyter.tracking import enabled as enabled
    from runicorn_jupyter.tracking import finish as finish
    from runicorn_jupyter.tracking import get_active_run as get_active_run
    from runicorn_jupyter.tracking import get_logging_handler as get_logging_handler
    from runicorn_jupyter.tracking import init as init
    from runicorn_jupyter.tracking import is_enabled as is_enabled
    from runicorn_jupyter.tracking import log as log
    from runicorn_jupyter.tracking import log_artifact as log_artifact
    from runicorn_jupyter.tracking import log_audio as log_audio
    from runicorn_jupyter.tracking import log_config as log_config
    from runicorn_jupyter.tracking import log_dataset as log_dataset
    from runicorn_jupyter.tracking import log_figure as log_figure
    from runicorn_jupyter.tracking import log_file as log_file
    from runicorn_jupyter.tracking import log_image as log_image
    from runicorn_jupyter.tracking import log_pretrained as log_pretrained
    from runicorn_jupyter.tracking import log_table as log_table
    from runicorn_jupyter.tracking import log_text as log_text
    from runicorn_jupyter.tracking import reset_enabled as reset_enabled
    from runicorn_jupyter.tracking import scan_outputs_once as scan_outputs_once
    from runicorn_jupyter.tracking import set_enabled as set_enabled
    from runicorn_jupyter.tracking import set_primary_metric as set_primary_metric
    from runicorn_jupyter.tracking import stop_outputs_watch as stop_outputs_watch
    from runicorn_jupyter.tracking import summary as summary
    from runicorn_jupyter.tracking import use_artifact as use_artifact
    from runicorn_jupyter.tracking import watch_outputs as watch_outputs
    from runicorn_jupyter.tracking.assets.artifact import Artifact as Artifact
    from runicorn_jupyter.tracking.assets.artifact import ArtifactType as ArtifactType
    from runicorn_jupyter.tracking.assets.snapshot import snapshot_workspace as snapshot_workspace
    from runicorn_jupyter.tracking.monitors import AlertRule as AlertRule
    from runicorn_jupyter.tracking.monitors import AnomalyDetector as AnomalyDetector
    from runicorn_jupyter.tracking.monitors import MetricMonitor as MetricMonitor
    from runicorn_jupyter.tracking.registry import get_config as get_config
    from runicorn_jupyter.tracking.registry import get_effective_rnconfig as get_effective_rnconfig
    from runicorn_jupyter.tracking.surroundings.capture import EnvironmentCapture as EnvironmentCapture
    from runicorn_jupyter.tracking.surroundings.capture import EnvironmentInfo as EnvironmentInfo
    from runicorn_jupyter.widgets.remote import remote as remote
    from runicorn_jupyter.widgets.show import runs as runs
    from runicorn_jupyter.widgets.show import show as show

_HOMES = {
    "runicorn_jupyter.tracking": (
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
    ),
    "runicorn_jupyter.tracking.assets.artifact": (
        "Artifact",
        "ArtifactType",
    ),
    "runicorn_jupyter.tracking.surroundings.capture": (
        "EnvironmentCapture",
        "EnvironmentInfo",
    ),
    "runicorn_jupyter.tracking.monitors": (
        "AlertRule",
        "AnomalyDetector",
        "MetricMonitor",
    ),
    "runicorn_jupyter.tracking.registry": (
        "get_config",
        "get_effective_rnconfig",
    ),
    "runicorn_jupyter.tracking.assets.snapshot": ("snapshot_workspace",),
    "runicorn_jupyter.widgets": (
        "runs",
        "show",
    ),
}
_GONE = {
    "ExperimentManager": "the run list of the sidebar and of show(), tags=, and the `runicorn` command",
    "ExperimentMetadata": "meta.json of each run, and init(tags=…, notes=…)",
    "MetricsExporter": "run.metrics().to_csv(), and the `runicorn export-data` command",
}
"""Extension classes of upstream 0.7.2 that have no counterpart, and what does their work here."""

_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted({*_HOME_OF, "remote"})]  # noqa: PLE0604 - names of one literal above


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if name in _GONE:
        raise ImportError(f"{__name__} has no {name}; its work is done by {_GONE[name]}.")
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if home.startswith("runicorn_jupyter.tracking"):
        _let_runs_show_themselves()
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _RemoteRoom(ModuleType):
    """The room of SSH and the word of the same name: importing a room puts it into its house under its own name.

    Whichever comes first, ``runicorn_jupyter.remote`` is this one module, and it can be called.
    """

    def __call__(self, host: str | None = None, *, root: str | None = None, environment: str | None = None) -> Any:
        """Show runs of other hosts over SSH: see ``runicorn_jupyter.widgets.remote.remote``."""
        widgets = importlib.import_module("runicorn_jupyter.widgets.remote")
        return widgets.remote(host, root=root, environment=environment)


importlib.import_module("runicorn_jupyter.remote").__class__ = _RemoteRoom


def _let_runs_show_themselves() -> None:
    """Tell `tracking`, which knows no room above it, where a run's display and frames are to be found when needed."""
    from runicorn_jupyter.tracking import views

    def of_widgets() -> Any:
        return importlib.import_module("runicorn_jupyter.widgets.run_views").RUN_VIEWS

    views.provide(of_widgets)


def load_ipython_extension(shell: Any) -> None:
    """Bring ``%%track`` and ``%runicorn`` into an IPython session: ``%load_ext runicorn_jupyter``, or ``runicorn``."""
    from runicorn_jupyter.tracking.cells import magics

    _let_runs_show_themselves()

    def faces() -> dict[str, Any]:
        widgets = importlib.import_module("runicorn_jupyter.widgets")
        return {"show": widgets.show, "runs": widgets.runs}

    magics.load(shell, faces)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from runicorn_jupyter.server.extension import RunicornExtension

    return [{"module": "runicorn_jupyter", "app": RunicornExtension}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "runicorn-jupyter"}]
