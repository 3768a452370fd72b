"""The metric logger of torchvision's references."""

from __future__ import annotations

from runicorn_jupyter.tracking.loggers.smoothed import MetricLogger, SmoothedValue

TorchvisionMetricLogger = MetricLogger

__all__ = ["MetricLogger", "SmoothedValue", "TorchvisionMetricLogger"]
