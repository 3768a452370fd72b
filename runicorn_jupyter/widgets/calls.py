"""Calls that a page would make over HTTP, answered by the kernel where there is no server: the same addresses."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from runicorn_jupyter.errors import BadRequest, NotFound, RunicornError
from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.widgets import artifactcalls
from runicorn_jupyter.widgets.call import Call
from runicorn_jupyter.workspace import MediaFile, Search, Workspace

MOST_BYTES = 2 * 1024 * 1024
"""The largest file that travels by comm; a larger one is read where the kernel runs."""

_CONDITIONS = ("project", "name", "status", "text")
_MOST = 1000


def answer(workspace: Workspace, message: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{status, body}`` or ``{status, base64}``, as a server would answer the same call.

    A call that cannot be served is answered with the status and the sentence of its error.
    """
    try:
        call = _read(workspace, message)
        found = _served(call, str(message.get("method")))
        if isinstance(found, MediaFile):
            return {"status": 200, "base64": base64.b64encode(_content(found)).decode("ascii")}
    except RunicornError as error:
        return {"status": error.status, "body": {"message": str(error), "error": error.code}}
    except OSError as error:
        return {"status": 500, "body": {"message": f"The kernel could not read it: {error.strerror}."}}
    return {"status": 200, "body": found}


def _read(workspace: Workspace, message: Mapping[str, Any]) -> Call:
    path, pairs, body = message.get("path"), message.get("query") or [], message.get("body") or {}
    if not (isinstance(path, list) and isinstance(pairs, list) and isinstance(body, Mapping)):
        raise BadRequest("A call has a path, a query and a body.")
    query: dict[str, list[str]] = {}
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2):
            raise BadRequest("query must be a list of pairs.")
        query.setdefault(str(pair[0]), []).append(str(pair[1]))
    return Call(workspace, [str(part) for part in path], query, body)


def _served(call: Call, method: str) -> Any:
    for wanted, pattern, serve in _CALLS:
        parts = pattern.split("/")
        fits = len(parts) == len(call.path) or (parts[-1] == "**" and len(call.path) >= len(parts))
        if wanted == method and fits and all(_fits(*pair) for pair in zip(parts, call.path, strict=False)):
            return serve(call)
    raise NotFound("The kernel does not answer this; the server extension would.")


def _fits(pattern: str, part: str) -> bool:
    return pattern in {"*", "**", part} or (pattern == "v*" and part[:1] == "v" and part[1:].isdecimal())


def _content(file: MediaFile) -> bytes:
    try:
        if file.size > MOST_BYTES:
            raise BadRequest(f"{file.name} is too large to be sent by the kernel; the server extension would show it.")
        with os.fdopen(os.dup(file.fd), "rb") as stream:
            return stream.read()
    finally:
        os.close(file.fd)


def _facets(call: Call) -> Any:
    given = {name: call.text(name) for name in _CONDITIONS}
    ids = call.text("ids")
    where = RunFilter(**given, ids=tuple(ids.split(",")) if ids else None, query=call.text("q"))
    page = call.workspace.facets(where, [key for key in call.query.get("keys", []) if key])
    return {"facets": [facet.wire() for facet in page.facets], "total": page.total}


def _delete(call: Call) -> Any:
    named, force = call.named(), call.body.get("force") is True
    outcome = call.workspace.delete(named["run_ids"], force=force, paths=named["paths"])
    return {"deleted_count": outcome.done, "results": outcome.results()}


def _restore(call: Call) -> Any:
    named = call.named()
    outcome = call.workspace.restore(named["run_ids"], paths=named["paths"])
    return {"restored_count": outcome.done, "results": outcome.results()}


def _empty(call: Call) -> Any:
    if call.body.get("confirm") is not True:
        raise BadRequest("Must set confirm=true to permanently delete")
    outcome = call.workspace.empty_bin()
    errors = {run: error for run, error in outcome.errors.items() if error is not None}
    return {"permanently_deleted": outcome.done, "errors": errors}


def _log(call: Call) -> Any:
    count = min(call.whole("count", 200) or 200, 2 * _MOST)
    forward = call.text("direction") == "forward"
    page = call.workspace.files.log_page(call.path[1], call.whole("at"), count, "forward" if forward else "backward")
    return {"run_id": call.path[1], **asdict(page)}


def _search(call: Call) -> Any:
    wanted = Search(call.text("q") or "", call.text("regex") == "true", call.text("case") != "true")
    found = call.workspace.files.search_log(call.path[1], wanted, cursor=call.whole("cursor"))
    return {"run_id": call.path[1], **asdict(found)}


_CALLS: tuple[tuple[str, str, Callable[[Call], Any]], ...] = (
    ("GET", "facets", _facets),
    ("GET", "recycle-bin", lambda c: {"deleted_runs": [entry.item() for entry in c.workspace.recycle_bin()]}),
    ("POST", "runs/soft-delete", _delete),
    ("POST", "recycle-bin/restore", _restore),
    ("POST", "recycle-bin/empty", _empty),
    ("GET", "runs/*/logs", _log),
    ("GET", "runs/*/logs/search", _search),
    ("GET", "runs/*/artifacts", lambda c: c.workspace.artifacts.of_run(c.path[1])),
    *artifactcalls.CALLS,
)
