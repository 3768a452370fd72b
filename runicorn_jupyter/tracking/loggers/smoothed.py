"""torchvision's references: smoothed values and the logger that prints and records them."""

from __future__ import annotations

import datetime as dt
import statistics
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sized
from typing import Any, TypeVar

from runicorn_jupyter.tracking.active import get_active_run
from runicorn_jupyter.tracking.loggers.guard import quiet, tell_once
from runicorn_jupyter.tracking.loggers.processes import summed
from runicorn_jupyter.tracking.loggers.values import number

T = TypeVar("T")
_OTHER_DATA = {"test": "test", "val": "val", "valid": "val", "validation": "val", "eval": "eval", "evaluation": "eval"}
_MIB = 1024.0 * 1024.0


class SmoothedValue:
    """A series of values, seen through a window and as a whole.

    Parameters
    ----------
    window_size : int
        How many of the last values `median`, `avg` and `max` look at.
    fmt : str, optional
        How it is printed; may name ``median``, ``avg``, ``global_avg``, ``max`` and ``value``.
    """

    def __init__(self, window_size: int = 20, fmt: str | None = None) -> None:
        self.deque: deque[float] = deque(maxlen=window_size)
        self.total = 0.0
        self.count = 0
        self.fmt = "{median:.4f} ({global_avg:.4f})" if fmt is None else fmt

    def update(self, value: float, n: int = 1) -> None:
        """Add a value that counts `n` times."""
        self.deque.append(value)
        self.count += n
        self.total += value * n

    def synchronize_between_processes(self) -> None:
        """Add up count and total of all processes of a distributed training; the window stays this process's own."""
        count, self.total = summed([float(self.count), self.total])
        self.count = int(count)

    @property
    def median(self) -> float:
        """The median of the window; of an even number of values the lower of the middle two, as torch has it."""
        return statistics.median_low(self.deque) if self.deque else 0.0

    @property
    def avg(self) -> float:
        """The mean of the window."""
        return statistics.fmean(self.deque) if self.deque else 0.0

    @property
    def global_avg(self) -> float:
        """The mean of all values."""
        return self.total / self.count if self.count else 0.0

    @property
    def max(self) -> float:
        """The largest value of the window."""
        return max(self.deque, default=0.0)

    @property
    def value(self) -> float:
        """The last value."""
        return self.deque[-1] if self.deque else 0.0

    def __str__(self) -> str:
        return self.fmt.format(
            median=self.median, avg=self.avg, global_avg=self.global_avg, max=self.max, value=self.value
        )


class MetricLogger:
    """Print a training's meters as torchvision's references do, and record every `update` in the active run.

    Without an active run it only prints. While `log_every` goes through data whose header begins with ``Test``, ``Val``
    or ``Eval``, names get the prefix ``test/``, ``val/`` or ``eval/``, so that a validation's ``loss`` is not drawn
    into the training's.

    Parameters
    ----------
    delimiter : str
        Between the meters of a printed line.
    """

    def __init__(self, delimiter: str = "\t") -> None:
        self.meters: dict[str, SmoothedValue] = {}
        self.delimiter = delimiter
        self._prefix = ""

    def update(self, **kwargs: Any) -> None:
        """Add one value to each meter named; numbers and tensors of one element."""
        found = {}
        for name, value in kwargs.items():
            plain = number(value)
            if plain is None:
                kind = type(value).__name__
                tell_once(f"meter {name}", f"MetricLogger leaves out {name!r}: a {kind} is no number.")
                continue
            self.meters.setdefault(name, SmoothedValue()).update(plain)
            found[self._prefix + name] = plain
        _record(found)

    def add_meter(self, name: str, meter: SmoothedValue) -> None:
        """Use `meter` for the values called `name`."""
        self.meters[name] = meter

    def synchronize_between_processes(self) -> None:
        """Do so with every meter."""
        for meter in self.meters.values():
            meter.synchronize_between_processes()

    def log_every(self, iterable: Iterable[T], print_freq: int, header: str | None = None) -> Iterator[T]:
        """Give the items of `iterable`; print a line every `print_freq` of them, and the time taken at the end."""
        header = header or ""
        total = len(iterable) if isinstance(iterable, Sized) else None
        clock = _Clock()
        before, self._prefix = self._prefix, _prefix_of(header)
        index = 0
        try:
            for item in iterable:
                clock.data.update(clock.lap())
                yield item
                clock.whole.update(clock.lap())
                if index % print_freq == 0 or index + 1 == total:
                    print(self.delimiter.join(self._columns(header, index, total, clock)))  # noqa: T201 - its purpose
                index += 1
                clock.restart()
        finally:
            self._prefix = before
            passed = time.time() - clock.begun
            took = dt.timedelta(seconds=int(passed))
            print(f"{header} Total time: {took} ({passed / max(index, 1):.4f} s / it)")  # noqa: T201 - its purpose

    def __getattr__(self, name: str) -> Any:
        meters = self.__dict__.get("meters", {})
        if name in meters:
            return meters[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __str__(self) -> str:
        return self.delimiter.join(f"{name}: {meter}" for name, meter in self.meters.items())

    def _columns(self, header: str, index: int, total: int | None, clock: _Clock) -> list[str]:
        width = len(str(total)) if total is not None else 1
        left = clock.whole.global_avg * (total - index) if total is not None else 0
        columns = [
            header,
            f"[{index:{width}d}{f'/{total}' if total is not None else ''}]",
            f"eta: {dt.timedelta(seconds=int(left))}",
            str(self),
            f"time: {clock.whole}",
            f"data: {clock.data}",
        ]
        torch: Any = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            columns.append(f"max mem: {torch.cuda.max_memory_allocated() / _MIB:.0f}")
        return columns


class _Clock:
    """How long items and whole rounds take."""

    def __init__(self) -> None:
        self.whole = SmoothedValue(fmt="{avg:.4f}")
        self.data = SmoothedValue(fmt="{avg:.4f}")
        self.begun = time.time()
        self._since = self.begun

    def lap(self) -> float:
        """Return the seconds since the round began."""
        return time.time() - self._since

    def restart(self) -> None:
        """Begin a round."""
        self._since = time.time()


@quiet
def _record(values: dict[str, float | int]) -> None:
    run = get_active_run()
    if run is not None and values:
        run.log(values)


def _prefix_of(header: str) -> str:
    words = header.lower().replace(":", " ").split()
    prefix = _OTHER_DATA.get(words[0]) if words else None
    return f"{prefix}/" if prefix else ""
