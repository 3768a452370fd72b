"""Questions of the page, checked before they reach the store: the curves of a window, and runs it does not hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from runicorn_jupyter.errors import BadRequest, RunNotFound
from runicorn_jupyter.models import RunFilter, RunRecord
from runicorn_jupyter.workspace import Workspace

_WIDTHS = (10, 4000)
_MOST_CURVES = 500
_CLOCK = 200


def answer(workspace: Workspace, message: Mapping[str, Any], shown: Collection[str]) -> list[dict[str, Any]]:
    """Return the curves that `message` asks for, in JSON form.

    Parameters
    ----------
    workspace : Workspace
        Where to read.
    message : mapping
        ``runs, metrics, x, x0, x1, width`` as wire §4 says; all but ``runs`` may be missing.
    shown : collection of str
        The runs of the view; others are refused.

    Raises
    ------
    BadRequest
        A field has the wrong type or is out of range.
    RunNotFound
        A run is not in this view, or is gone.
    """
    runs = _names(message, "runs") or []
    metrics = _names(message, "metrics")
    for run in runs:
        if run not in shown:
            raise RunNotFound(f"This view does not show the run {run!r}.")
    if len(runs) * len(metrics or ("",)) > _MOST_CURVES:
        raise BadRequest(f"At most {_MOST_CURVES} curves are sent at once.")
    curves = workspace.curves(
        runs,
        metrics,
        x=_axis(message.get("x", "step")),
        x0=_number(message, "x0"),
        x1=_number(message, "x1"),
        width=_width(message.get("width", 1000)),
    )
    return [curve.wire() for curve in curves]


def clock(workspace: Workspace, message: Mapping[str, Any], shown: Collection[str]) -> dict[str, Any]:
    """Return ``{x, y, origin}``: at the steps x the run was y seconds old, and its first event was at the Unix time.

    Raises
    ------
    BadRequest
        ``run`` or ``metric`` is no text.
    RunNotFound
        The run is not in this view, or is gone.
    """
    run, metric = _text(message, "run"), _text(message, "metric")
    if run is None or run not in shown:
        raise RunNotFound(f"This view does not show the run {run!r}.")
    names = [metric or ""]
    steps, times, walls = (workspace.curves([run], names, x=axis, width=_CLOCK) for axis in ("step", "time", "wall"))
    if not steps or repr(steps[0].y) != repr(times[0].y):
        return {"x": [], "y": []}  # steps that do not follow the time have no clock
    return {"x": list(steps[0].x), "y": list(times[0].x), "origin": walls[0].x[0] - times[0].x[0]}


def find(workspace: Workspace, message: Mapping[str, Any], where: RunFilter, limit: int) -> tuple[RunRecord, ...]:
    """Return the runs of a view that the query or the words in `message` find, also those the page was not sent.

    Raises
    ------
    BadRequest
        ``query`` or ``text`` is no text; a query that cannot be understood is a QueryError.
    """
    query, text = _text(message, "query"), _text(message, "text")
    workspace.check_query(query or "")
    both = f"({where.query}) and ({query})" if where.query and query else query or where.query
    return workspace.runs(replace(where, query=both, text=text or where.text), limit=limit).runs


def _text(message: Mapping[str, Any], field: str) -> str | None:
    value = message.get(field)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{field} must be a text.")
    return value


def _names(message: Mapping[str, Any], field: str) -> list[str] | None:
    value = message.get(field)
    if value is None and field == "metrics":
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadRequest(f"{field} must be a list of names.")
    return value


def _axis(value: Any) -> str:
    if isinstance(value, str) and (value in {"step", "time", "wall"} or value.startswith("metric:")):
        return value
    raise BadRequest("x must be step, time, wall or metric: and a name.")


def _number(message: Mapping[str, Any], field: str) -> float | None:
    value = message.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise BadRequest(f"{field} must be a finite number.")
    return float(value)


def _width(value: Any) -> int:
    low, high = _WIDTHS
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise BadRequest(f"width must be a number from {low} to {high}.")
    return int(value)
