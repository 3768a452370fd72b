"""The runs of a viewer on another host, asked over its channel; what it answers is data, and checked (security J13)."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from contextlib import closing
from typing import Any, get_args

from runicorn_jupyter.errors import AnswerRefused
from runicorn_jupyter.models import MetricSummary, RunRecord, State

_MOST_BYTES = 64 * 1024 * 1024
_PATIENCE_S = 30.0
_TEXTS = ("id", "project", "name")
_NUMBERS = ("created_at", "started_at", "ended_at", "best_metric_value")
_STATES = frozenset(get_args(State))
_FIGURES = ("last", "min", "max", "first", "mean")


def far_runs(channel: socket.socket, limit: int) -> list[RunRecord]:
    """Return the latest runs that the viewer at the other end of `channel` lists, and close that.

    Raises
    ------
    AnswerRefused
        It does not answer in half a minute, or not in the form of a list of runs.
    """
    try:
        items = json.loads(_body(channel, f"/api/runs?limit={limit}&columns=config,summary,metrics"))
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        raise AnswerRefused("The viewer on the other host did not answer with a list of runs.") from None
    if not isinstance(items, list):
        raise AnswerRefused("The viewer on the other host did not answer with a list of runs.")
    return [_record(item) for item in items[:limit]]


def _body(channel: socket.socket, path: str) -> bytes:
    with closing(channel):
        channel.settimeout(_PATIENCE_S)
        connection = http.client.HTTPConnection("localhost")
        connection.sock = channel
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(_MOST_BYTES + 1)
        if answer.status != http.client.OK or len(body) > _MOST_BYTES:
            raise OSError("no success, or no end")
        return body


def _record(item: Any) -> RunRecord:
    if not isinstance(item, dict) or not all(isinstance(item.get(name), str) for name in _TEXTS):
        raise AnswerRefused("The viewer on the other host lists a run without id, project and name.")
    tags, step = item.get("tags"), item.get("last_step")
    state = item.get("state")
    told: dict[str, Any] = {
        **{name: item[name] for name in _TEXTS},
        **{name: _number(item.get(name)) for name in _NUMBERS},
        "run_dir": "",
        "status": _text(item, "status") or "unknown",
        "state": state if state in _STATES else "unknown",
        "alias": _text(item, "alias"),
        "tags": tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        "config": _mapping(item.get("config")),
        "summary": _mapping(item.get("summary")),
        "metrics": {name: _metric(figures) for name, figures in _mapping(item.get("metrics")).items()},
        "best_metric_name": _text(item, "best_metric_name"),
        "last_step": step if isinstance(step, int) else None,
    }
    return RunRecord(**told)


def _metric(told: Any) -> MetricSummary:
    figures: dict[str, Any] = {name: _number(_mapping(told).get(name)) for name in _FIGURES}
    return MetricSummary(**figures)


def _text(item: Mapping[str, Any], name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
