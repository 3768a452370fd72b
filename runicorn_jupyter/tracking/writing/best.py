"""The primary metric of a run and its best value so far."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Literal, cast

Mode = Literal["max", "min"]


class PrimaryMetric:
    """Remembers the best finite value of one metric as it happens; NaN and infinities never win.

    Parameters
    ----------
    name : str
        The metric, as it stands in the logged dict.
    mode : {"max", "min"}
        Which direction is better.

    Raises
    ------
    ValueError
        `mode` is another word, or `name` is empty.
    """

    def __init__(self, name: str, mode: str = "max") -> None:
        if not isinstance(name, str) or not name:
            raise ValueError("The primary metric needs a name, such as set_primary_metric('accuracy').")
        if mode not in {"max", "min"}:
            raise ValueError(f"mode must be 'max' or 'min', not {mode!r}.")
        self.name = name
        self.mode = cast("Mode", mode)
        self.value: float | None = None
        self.step: int | None = None
        self._lock = threading.RLock()

    def see(self, values: Mapping[str, Any]) -> bool:
        """Look at one logged point; True when it is the best so far."""
        value = values.get(self.name)
        if not isinstance(value, float | int) or value - value != 0 or not self._better(value):
            return False
        with self._lock:
            if not self._better(value):
                return False
            self.value, self.step = value, values["global_step"]
        return True

    def resume(self, summary: Mapping[str, Any]) -> None:
        """Go on from what an earlier session wrote about the same metric."""
        value = summary.get("best_metric_value")
        same = (summary.get("best_metric_name"), summary.get("best_metric_mode")) == (self.name, self.mode)
        if same and type(value) in {float, int}:
            self.value, self.step = value, summary.get("best_metric_step")

    def fields(self) -> dict[str, Any]:
        """Return the four fields of summary.json; none while no value was seen."""
        if self.value is None:
            return {}
        return {
            "best_metric_value": self.value,
            "best_metric_name": self.name,
            "best_metric_step": self.step,
            "best_metric_mode": self.mode,
        }

    def forked(self) -> None:
        """Replace the lock in a forked child."""
        self._lock = threading.RLock()

    def _better(self, value: float) -> bool:
        if self.value is None:
            return True
        return value > self.value if self.mode == "max" else value < self.value
