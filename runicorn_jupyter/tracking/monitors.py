"""Watching metrics while a training runs: upstream's rules and its detector of outliers, by the same names."""

from __future__ import annotations

import contextlib
import logging
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LOSSES = ("loss", "train_loss", "val_loss", "test_loss")
_CLOSE = 1e-9
_JUMP = 0.5
_SPREAD = 3.0
_log = logging.getLogger("runicorn.monitors")


@dataclass
class AlertRule:
    """When to call whom: ``condition`` is ``gt``, ``lt``, ``eq``, ``ne``, ``nan`` or ``inf``, the first four against
    ``threshold``, and it must hold ``consecutive_count`` times in a row.
    """  # noqa: D205 - one sentence

    metric_name: str
    condition: str
    threshold: float | None = None
    consecutive_count: int = 1
    callback: Callable[[str, Any], None] | None = None

    def holds(self, value: Any) -> bool:
        """Tell whether the condition holds for `value`; never for what is no number."""
        if not isinstance(value, int | float):
            return False
        if self.condition in {"nan", "inf"}:
            return math.isnan(value) if self.condition == "nan" else math.isinf(value)
        if self.threshold is None:
            return False
        return {
            "gt": value > self.threshold,
            "lt": value < self.threshold,
            "eq": abs(value - self.threshold) < _CLOSE,
            "ne": abs(value - self.threshold) >= _CLOSE,
        }.get(self.condition, False)


class MetricMonitor:
    """Checks each logged dict against rules; from the start it watches the usual losses for NaN and infinity.

    Parameters
    ----------
    window_size : int
        How many values of each metric `get_statistics` looks at.
    """

    def __init__(self, window_size: int = 100) -> None:
        self.window_size = window_size
        self.metrics_history: dict[str, deque[float]] = {}
        self.alert_rules: list[AlertRule] = []
        self._in_a_row: dict[int, int] = {}
        for name in _LOSSES:
            for condition in ("nan", "inf"):
                self.add_rule(AlertRule(name, condition, callback=lambda text, _value: _log.warning(text)))

    def add_rule(self, rule: AlertRule) -> None:
        """Watch one more condition."""
        self.alert_rules.append(rule)

    def check_metrics(self, metrics: Mapping[str, Any]) -> list[str]:
        """Look at one point; return a sentence for each rule that is broken, after calling its callback."""
        for name, value in metrics.items():
            if isinstance(value, int | float):
                self.metrics_history.setdefault(name, deque(maxlen=self.window_size)).append(value)
        alerts = []
        for rule in self.alert_rules:
            if rule.metric_name not in metrics:
                continue
            value = metrics[rule.metric_name]
            seen = self._in_a_row.get(id(rule), 0) + 1 if rule.holds(value) else 0
            if seen >= rule.consecutive_count > 0:
                seen = 0
                alerts.append(_sentence(rule, value))
                if rule.callback is not None:
                    # A callback of somebody must not end the training.
                    with contextlib.suppress(Exception):
                        rule.callback(alerts[-1], value)
            self._in_a_row[id(rule)] = seen
        return alerts

    def get_statistics(self, metric_name: str) -> dict[str, float]:
        """Return mean, min, max, last, count and valid_count of the window; {} for an unknown metric."""
        values = list(self.metrics_history.get(metric_name, ()))
        finite = [value for value in values if math.isfinite(value)]
        if not finite:
            has_nan, has_inf = any(map(math.isnan, values)), any(map(math.isinf, values))
            return {"has_nan": has_nan, "has_inf": has_inf} if values else {}
        return {
            "mean": sum(finite) / len(finite),
            "min": min(finite),
            "max": max(finite),
            "last": values[-1],
            "count": len(values),
            "valid_count": len(finite),
        }


class AnomalyDetector:
    """Tells values that lie far from a baseline, and sudden changes.

    Parameters
    ----------
    sensitivity : float
        How many standard deviations are far.
    """

    def __init__(self, sensitivity: float = 2.0) -> None:
        self.sensitivity = sensitivity
        self.baselines: dict[str, dict[str, float]] = {}

    def update_baseline(self, metric_name: str, values: Sequence[float]) -> None:
        """Take `values` as what is normal; fewer than two finite ones say nothing."""
        finite = [value for value in values if math.isfinite(value)]
        if len(finite) < 2:
            return
        mean, variance = _spread(finite)
        reach = self.sensitivity * math.sqrt(variance)
        self.baselines[metric_name] = {
            "mean": mean,
            "std": math.sqrt(variance),
            "upper_bound": mean + reach,
            "lower_bound": mean - reach,
        }

    def is_anomaly(self, metric_name: str, value: float) -> bool:
        """Tell whether `value` is not finite, or outside the bounds of its baseline."""
        if not math.isfinite(value):
            return True
        known = self.baselines.get(metric_name)
        return known is not None and not known["lower_bound"] <= value <= known["upper_bound"]

    def detect_trend_anomaly(self, values: Sequence[float], window: int = 5) -> bool:
        """Tell whether the last `window` values differ from those before by half in mean, or threefold in variance."""
        if len(values) < window * 2:
            return False
        now, spread_now = _spread(values[-window:])
        before, spread_before = _spread(values[-window * 2 : -window])
        jumped = before != 0 and abs(now - before) / abs(before) > _JUMP
        return jumped or (spread_before != 0 and spread_now / spread_before > _SPREAD)


def _sentence(rule: AlertRule, value: Any) -> str:
    if rule.condition in {"nan", "inf"}:
        return f"{rule.metric_name} is {'NaN' if rule.condition == 'nan' else 'infinite'}"
    return f"{rule.metric_name}={value} is {rule.condition} {rule.threshold}"


def _spread(values: Sequence[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    return mean, sum((value - mean) ** 2 for value in values) / len(values)
