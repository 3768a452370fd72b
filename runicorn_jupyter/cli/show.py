"""`runicorn show RUN`: one run on the terminal, with a small curve of each metric."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.cli import parser as arguments
from runicorn_jupyter.cli.output import listed, say, say_json
from runicorn_jupyter.cli.place import opened
from runicorn_jupyter.display.text import number, run_text
from runicorn_jupyter.errors import BadRequest, RunNotFound
from runicorn_jupyter.models import Curve, RunFilter, RunRecord

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import Workspace

LATEST = "latest"

_BARS = "▁▂▃▄▅▆▇█"
_GAP = "·"
_WIDTH = 40
_LINES = 5
_CURVES = 20
_COLUMNS = ("config", "summary", "metrics")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add which run, and how much of it."""
    add = parser.add_argument
    add("run_id", metavar="RUN", help=f"its id, the beginning of its id, its alias, or `{LATEST}`")
    add("--metric", dest="metrics", action="append", default=[], metavar="NAME",
        help="only the curve of this metric; may be repeated")  # fmt: skip
    add("--log", type=arguments.count, default=_LINES, metavar="N", help="so many of the last log lines (5)")
    add("--json", action="store_true", help="print JSON: the run with config, summary and figures of each metric")
    arguments.storage(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the run."""
    with opened(options, whole=True) as hall:
        record = find(hall, options.run_id)
        if options.json:
            say_json(record.item(_COLUMNS))
            return 0
        say(run_text(record))
        say(_curves(hall, record, options.metrics))
        _print_log(hall, record.id, options.log)
    return 0


def find(hall: Workspace, word: str) -> RunRecord:
    """Return the run that `word` names: an id, the only one that begins so or has this alias, or the latest.

    Raises
    ------
    RunNotFound
        None does.
    BadRequest
        Several do; the sentence lists them.
    """
    if word == LATEST:
        newest = hall.runs(order="created_at", descending=True, limit=1).runs
        if not newest:
            raise RunNotFound("There are no runs in this root yet.")
        return newest[0]
    try:
        return hall.run(word)
    except RunNotFound:
        near = hall.runs(RunFilter(text=word)).runs if word else ()
    found = [record for record in near if record.id.startswith(word) or record.alias == word]
    if len(found) > 1:
        raise BadRequest(f"{len(found)} runs begin with {word!r}: {listed(record.id for record in found)}.")
    if not found:
        raise RunNotFound(f"There is no run {word!r} here; `runicorn runs` lists them.")
    return found[0]


def spark(values: Sequence[float], width: int = _WIDTH) -> str:
    """Return `values` as a line of bars, low to high; what is not finite is a dot."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return _GAP * min(len(values), width)
    low, high, middle = min(finite), max(finite), median(finite)
    count = min(len(values), width)
    parts = (values[n * len(values) // count : (n + 1) * len(values) // count] for n in range(count))
    return "".join(_bar(part, low, high, middle) for part in parts)


def _bar(values: Sequence[float], low: float, high: float, middle: float) -> str:
    """Return the bar of one column: of its values the one farthest from the middle of all, so that a spike is seen."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return _GAP
    value = max(finite, key=lambda one: abs(one / 2 - middle / 2))
    # Halves, since the span of two floats need not be one.
    part = (value / 2 - low / 2) / (high / 2 - low / 2) if high / 2 > low / 2 else 0.5
    return _BARS[min(len(_BARS) - 1, int(part * len(_BARS)))]


def _curves(hall: Workspace, record: RunRecord, metrics: Sequence[str]) -> str:
    if unknown := [name for name in metrics if name not in record.metrics]:
        near = arguments.nearest(unknown[0], record.metrics)
        hint = f"did you mean {near}?" if near else f"there are {listed(sorted(record.metrics)) or 'none'}"
        raise BadRequest(f"The run has no metric {unknown[0]!r} ({hint}).")
    shown = list(metrics) or sorted(record.metrics)[:_CURVES]
    curves: list[Curve] = hall.curves([record.id], shown, width=_WIDTH) if shown else []
    width = max((len(curve.metric) for curve in curves), default=0)
    lines = [f"  {curve.metric:<{width}}  {spark(curve.y)}  {_reach(curve)}" for curve in curves if len(curve.x)]
    if not metrics and len(record.metrics) > _CURVES:
        lines.append(f"  … {len(record.metrics) - _CURVES} more: --metric NAME")
    return "\n".join(lines)


def _reach(curve: Curve) -> str:
    first, last = curve.x[0], curve.x[-1]
    return f"steps {number(_whole(first))} to {number(_whole(last))}"


def _whole(value: float) -> Any:
    return int(value) if math.isfinite(value) and value == int(value) else value


def _print_log(hall: Workspace, run_id: str, count: int) -> None:
    if not count:
        return
    page = hall.files.log_page(run_id, count=count)
    if page.lines:
        say("\n".join(["  log:", *(f"    {line.text}" for line in page.lines)]))
