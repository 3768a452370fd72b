"""Loggers and callbacks for the frameworks that train: ``from runicorn.loggers import KerasCallback`` and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runicorn_jupyter.tracking import loggers as _home

if TYPE_CHECKING:
    from runicorn_jupyter.tracking.loggers import (
        AccelerateTracker,
        KerasCallback,
        LightGBMCallback,
        OptunaCallback,
        RunicornLogger,
        SummaryWriter,
        TransformersCallback,
        XGBoostCallback,
        log_search,
    )

__all__ = [
    "AccelerateTracker",
    "KerasCallback",
    "LightGBMCallback",
    "OptunaCallback",
    "RunicornLogger",
    "SummaryWriter",
    "TransformersCallback",
    "XGBoostCallback",
    "log_search",
]


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_home, name)


def __dir__() -> list[str]:
    return dir(_home)
