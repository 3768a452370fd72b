"""The other processes of a distributed PyTorch training, if it is one."""

from __future__ import annotations

import sys
from typing import Any

from runicorn_jupyter.tracking.loggers.guard import quiet


def summed(values: list[float]) -> list[float]:
    """Return each of `values` added up over all processes; as they are where there is only this one."""
    return _all_reduced(values) or values


@quiet
def _all_reduced(values: list[float]) -> list[float] | None:
    torch: Any = sys.modules.get("torch")
    distributed: Any = getattr(torch, "distributed", None)
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return None
    on_gpu = distributed.get_backend() == "nccl"
    shared = torch.tensor(values, dtype=torch.float64, device="cuda" if on_gpu else "cpu")
    distributed.all_reduce(shared)
    return [float(value) for value in shared.tolist()]
