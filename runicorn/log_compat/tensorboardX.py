"""The writer of ``tensorboardX``."""  # noqa: N999 - the documented name

from __future__ import annotations

from runicorn_jupyter.tracking.loggers.writerx import SummaryWriter

TensorboardXSummaryWriter = SummaryWriter

__all__ = ["SummaryWriter", "TensorboardXSummaryWriter"]
