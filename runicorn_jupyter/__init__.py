"""Experiment tracking that lives where the notebook lives.

``import runicorn as rn`` and ``import runicorn_jupyter as rn`` are the same thing. Every name is found when it is first
used, so that a training script never pays for tornado, pandas, plotly, asyncssh or the widgets.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from runicorn_jupyter._version import __version__

if TYPE_CHECKING:
    from runicorn_jupyter.tracking import (
        NoOpRun as NoOpRun,
    )
    from runicorn_jupyter.tracking import (
        Run as Run,
    )
    from runicorn_jupyter.tracking import (
        enabled as enabled,
    )
    from runicorn_jupyter.tracking import (
        finish as finish,
    )
    from runicorn_jupyter.tracking import (
        get_active_run as get_active_run,
    )
    from runicorn_jupyter.tracking import (
        init as init,
    )
    from runicorn_jupyter.tracking import (
        is_enabled as is_enabled,
    )
    from runicorn_jupyter.tracking import (
        log as log,
    )
    from runicorn_jupyter.tracking import (
        log_file as log_file,
    )
    from runicorn_jupyter.tracking import (
        log_image as log_image,
    )
    from runicorn_jupyter.tracking import (
        log_text as log_text,
    )
    from runicorn_jupyter.tracking import (
        set_enabled as set_enabled,
    )
    from runicorn_jupyter.tracking import (
        set_primary_metric as set_primary_metric,
    )
    from runicorn_jupyter.tracking import (
        summary as summary,
    )
    from runicorn_jupyter.widgets import runs as runs
    from runicorn_jupyter.widgets import show as show

_HOMES = {
    "runicorn_jupyter.tracking": (
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
        "set_enabled",
        "set_primary_metric",
        "summary",
    ),
    "runicorn_jupyter.widgets": ("runs", "show"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME_OF)]  # noqa: PLE0604 - names of one literal above


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if home == "runicorn_jupyter.tracking":
        _let_runs_show_themselves()
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _let_runs_show_themselves() -> None:
    """Tell `tracking`, which knows no room above it, where a run's display and frames are to be found when needed."""
    from runicorn_jupyter.tracking import views

    def of_widgets() -> Any:
        return importlib.import_module("runicorn_jupyter.widgets.run_views").RUN_VIEWS

    views.provide(of_widgets)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from runicorn_jupyter.server.extension import RunicornExtension

    return [{"module": "runicorn_jupyter", "app": RunicornExtension}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "runicorn-jupyter"}]
