"""Drop-in names for logging code that people already have: change the import line and nothing else."""

from __future__ import annotations

from runicorn.log_compat.imagenet import AverageMeter, ProgressMeter, Summary
from runicorn.log_compat.tensorboard import SummaryWriter
from runicorn.log_compat.tensorboardX import SummaryWriter as TensorboardXSummaryWriter
from runicorn.log_compat.torchvision import MetricLogger, SmoothedValue

ImagenetAverageMeter = AverageMeter
ImagenetProgressMeter = ProgressMeter
ImagenetSummary = Summary
TensorboardSummaryWriter = SummaryWriter
TorchvisionMetricLogger = MetricLogger

__all__ = [
    "AverageMeter",
    "ImagenetAverageMeter",
    "ImagenetProgressMeter",
    "ImagenetSummary",
    "MetricLogger",
    "ProgressMeter",
    "SmoothedValue",
    "Summary",
    "SummaryWriter",
    "TensorboardSummaryWriter",
    "TensorboardXSummaryWriter",
    "TorchvisionMetricLogger",
]
