"""The meters of PyTorch's ImageNet example."""

from __future__ import annotations

from runicorn_jupyter.tracking.loggers.meters import AverageMeter, ProgressMeter, Summary

ImagenetAverageMeter = AverageMeter
ImagenetProgressMeter = ProgressMeter
ImagenetSummary = Summary

__all__ = [
    "AverageMeter",
    "ImagenetAverageMeter",
    "ImagenetProgressMeter",
    "ImagenetSummary",
    "ProgressMeter",
    "Summary",
]
