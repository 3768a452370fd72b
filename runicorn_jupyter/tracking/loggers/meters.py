"""PyTorch's ImageNet example: meters, and the progress line that prints and records them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from runicorn_jupyter.tracking.active import get_active_run
from runicorn_jupyter.tracking.loggers.guard import quiet, tell_once
from runicorn_jupyter.tracking.loggers.processes import summed
from runicorn_jupyter.tracking.loggers.values import number


class Summary(Enum):
    """What of a meter stands in the last line."""

    NONE = 0
    AVERAGE = 1
    SUM = 2
    COUNT = 3


_SHOWN = {Summary.AVERAGE: "avg", Summary.SUM: "sum", Summary.COUNT: "count"}


class AverageMeter:
    """The current value of something and its average.

    Parameters
    ----------
    name : str
        The metric's name in the run, too.
    use_accel : bool
        As in newer copies of the example; older ones have `fmt` here, which is understood.
    fmt : str
        How it is printed, such as ``:6.2f``.
    summary_type : Summary
        What of it stands in the last line.
    """

    def __init__(
        self,
        name: str,
        use_accel: bool | str = False,
        fmt: str | Summary = ":f",
        summary_type: Summary = Summary.AVERAGE,
    ) -> None:
        if isinstance(use_accel, str):
            if isinstance(fmt, Summary):
                summary_type = fmt
            fmt, use_accel = use_accel, False
        self.name = name
        self.use_accel = use_accel
        self.fmt = str(fmt)
        self.summary_type = summary_type
        self.reset()

    def reset(self) -> None:
        """Forget all values."""
        self.val: float = 0
        self.avg: float = 0
        self.sum: float = 0
        self.count = 0

    def update(self, val: Any, n: int = 1) -> None:
        """Add a value that counts `n` times; a number or a tensor of one element."""
        plain = number(val)
        if plain is None:
            kind = type(val).__name__
            tell_once(f"meter {self.name}", f"AverageMeter {self.name!r} leaves out a {kind}: it is no number.")
            return
        self.val = plain
        self.sum += plain * n
        self.count += n
        self.avg = self.sum / self.count if self.count else 0

    def all_reduce(self) -> None:
        """Add up sum and count of all processes of a distributed training."""
        self.sum, count = summed([float(self.sum), float(self.count)])
        self.count = int(count)
        self.avg = self.sum / self.count if self.count else 0

    def __str__(self) -> str:
        return f"{{name}} {{val{self.fmt}}} ({{avg{self.fmt}}})".format(**self.__dict__)

    def summary(self) -> str:
        """Return its part of the last line."""
        shown = _SHOWN.get(self.summary_type)
        return "" if shown is None else f"{self.name} {getattr(self, shown):.3f}"


class ProgressMeter:
    """Print the line of a batch, and record the meters' current values in the active run if there is one.

    Parameters
    ----------
    num_batches : int
        In one epoch.
    meters : iterable of AverageMeter
        What to print and record.
    prefix : str
        Begins the line, such as ``Epoch: [3]``. Where it begins with ``Test`` or ``Val`` names get that prefix.
    """

    def __init__(self, num_batches: int, meters: Iterable[AverageMeter], prefix: str = "") -> None:
        width = len(str(num_batches))
        self.batch_fmtstr = f"[{{:{width}d}}/{num_batches:{width}d}]"
        self.meters = list(meters)
        self.prefix = prefix

    def display(self, batch: int) -> None:
        """Print the line of a batch and record it."""
        print("\t".join([self.prefix + self.batch_fmtstr.format(batch), *map(str, self.meters)]))  # noqa: T201 - its purpose
        self._record()

    def display_summary(self) -> None:
        """Print the last line."""
        print(" ".join([" *", *filter(None, (meter.summary() for meter in self.meters))]))  # noqa: T201 - its purpose

    @quiet
    def _record(self) -> None:
        run = get_active_run()
        prefix = self._name_prefix()
        values = {prefix + meter.name: meter.val for meter in self.meters if meter.name}
        if run is not None and values:
            run.log(values)

    def _name_prefix(self) -> str:
        word = self.prefix.lower()
        return "test/" if word.startswith("test") else "val/" if word.startswith("val") else ""
