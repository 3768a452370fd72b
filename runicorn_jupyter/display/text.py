"""Words for a terminal and for the plain-text member of an output: numbers, durations, a run, a list of runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from runicorn_jupyter.models import RunRecord

NO_VALUE = "–"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def number(value: Any) -> str:
    """Return a short form of a logged value: four significant digits, whole numbers whole, text cut at 40."""
    if value is None:
        return NO_VALUE
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return shorten(str(value), 40)
    if isinstance(value, int) and abs(value) < 10**7:
        return str(value)
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "-∞"}.get(value, "nan")
    return f"{value:.4g}"


def duration(seconds: float | None) -> str:
    """Return seconds as ``0.4 s``, ``12 s``, ``3 min 05 s``, ``2 h 10 min`` or ``4 d 3 h``."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return NO_VALUE
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def moment(seconds: float | None) -> str:
    """Return Unix seconds as local date and minute."""
    if seconds is None:
        return NO_VALUE
    try:
        return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return NO_VALUE


def shorten(text: str, length: int) -> str:
    """Return `text` on one line and at most `length` characters long."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def lasted(record: RunRecord) -> float | None:
    """Return how many seconds a run took, up to its last sign of life when it has not ended; None if unknown."""
    begin = record.started_at if record.started_at is not None else record.created_at
    end = record.ended_at if record.ended_at is not None else record.updated_at
    return None if begin is None or end is None else max(0.0, end - begin)


def leading_metrics(records: Iterable[RunRecord], limit: int) -> list[str]:
    """Return the metrics worth a column: best metrics first, then those most runs have, ties by name."""
    seen: dict[str, int] = {}
    best: dict[str, int] = {}
    for record in records:
        for name, metric in record.metrics.items():
            seen[name] = seen.get(name, 0) + (metric.count > 0)
        if record.best_metric_name in record.metrics:
            best[str(record.best_metric_name)] = best.get(str(record.best_metric_name), 0) + 1
    return sorted(seen, key=lambda name: (-best.get(name, 0), -seen[name], name))[:limit]


def varying(records: Sequence[RunRecord], limit: int) -> list[str]:
    """Return the config keys whose value differs between runs, in the order they were given."""
    keys = dict.fromkeys(key for record in records for key in record.config)
    return [key for key in keys if len({repr(record.config.get(key)) for record in records}) > 1][:limit]


def title(record: RunRecord) -> str:
    """Return how a run is called in a heading."""
    name = f"{record.project} / {record.name}"
    return f"{name} ({record.alias})" if record.alias else name


def run_text(record: RunRecord) -> str:
    """Return a run in a few lines: what it is, how it stands, its config and its metrics."""
    lines = [f"{title(record)}  {record.id}  {record.state}  {duration(lasted(record))}"]
    lines += _pairs("config", record.config)
    lines += _pairs("summary", {k: v for k, v in record.summary.items() if not k.startswith("best_metric_")})
    width = max((len(name) for name in record.metrics), default=0)
    for name in sorted(record.metrics)[:20]:
        metric = record.metrics[name]
        lines.append(
            f"  {name:<{width}}  last {number(metric.last)}  min {number(metric.min)}  max {number(metric.max)}"
            f"  ({metric.count} points)"
        )
    lines += [f"  problem: {shorten(problem, 160)}" for problem in record.problems]
    return "\n".join(lines)


def runs_text(records: Sequence[RunRecord], total: int | None = None, limit: int = 30, source: str = "") -> str:
    """Return a list of runs as aligned columns, cut at `limit` rows and saying so."""
    whole = len(records) if total is None else total
    if not records:
        return f"no runs in {source}" if source else "no runs"
    shown = records[:limit]
    metrics, keys = leading_metrics(shown, 3), varying(shown, 3)
    table = [["run", "project", "name", "state", "duration", *keys, *metrics]]
    table += [
        [
            record.id,
            shorten(record.project, 24),
            shorten(record.name, 24),
            record.state,
            duration(lasted(record)),
            *(number(record.config.get(key)) for key in keys),
            *(number(record.metrics[name].last if name in record.metrics else None) for name in metrics),
        ]
        for record in shown
    ]
    rows = aligned(table)
    if whole > len(shown):
        rows.append(f"… and {whole - len(shown)} more")
    return "\n".join(rows)


def aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows of `table` with every column as wide as its widest cell."""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def _pairs(label: str, values: Mapping[str, Any]) -> list[str]:
    if not values:
        return []
    words = [f"{key}={number(value)}" for key, value in list(values.items())[:12]]
    more = len(values) - len(words)
    return [f"  {label}: " + ", ".join(words) + (f", … {more} more" if more > 0 else "")]
