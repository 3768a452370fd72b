"""The writer of ``torch.utils.tensorboard``."""

from __future__ import annotations

from runicorn_jupyter.tracking.loggers.writer import SummaryWriter

TensorboardSummaryWriter = SummaryWriter

__all__ = ["SummaryWriter", "TensorboardSummaryWriter"]
