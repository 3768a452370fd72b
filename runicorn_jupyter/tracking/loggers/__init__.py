"""Loggers for code that people already have; every name, and its framework, is imported when it is first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runicorn_jupyter.tracking.loggers.accelerate import AccelerateTracker as AccelerateTracker
    from runicorn_jupyter.tracking.loggers.huggingface import TransformersCallback as TransformersCallback
    from runicorn_jupyter.tracking.loggers.keras import KerasCallback as KerasCallback
    from runicorn_jupyter.tracking.loggers.lightgbm import LightGBMCallback as LightGBMCallback
    from runicorn_jupyter.tracking.loggers.lightning import RunicornLogger as RunicornLogger
    from runicorn_jupyter.tracking.loggers.optuna import OptunaCallback as OptunaCallback
    from runicorn_jupyter.tracking.loggers.sklearn import log_search as log_search
    from runicorn_jupyter.tracking.loggers.writer import SummaryWriter as SummaryWriter
    from runicorn_jupyter.tracking.loggers.xgboost import XGBoostCallback as XGBoostCallback

_HOME_OF = {
    "AccelerateTracker": "accelerate",
    "KerasCallback": "keras",
    "LightGBMCallback": "lightgbm",
    "OptunaCallback": "optuna",
    "RunicornLogger": "lightning",
    "SummaryWriter": "writer",
    "TransformersCallback": "huggingface",
    "XGBoostCallback": "xgboost",
    "log_search": "sklearn",
}

__all__ = sorted(_HOME_OF)  # noqa: PLE0605 - names of the literal above


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
