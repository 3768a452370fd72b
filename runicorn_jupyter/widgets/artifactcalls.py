"""What a page asks about artifacts, and has done to them, answered by the kernel: the same addresses as a server's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runicorn_jupyter.errors import BadRequest, TooLarge
from runicorn_jupyter.models import STAGES
from runicorn_jupyter.widgets.call import Call

_MOST = 1000
_DEPTH = 3
_MOST_VERIFIED = 512 * 1024 * 1024
"""Bytes that are read on the way: while they are, no cell runs."""


def _version(call: Call) -> tuple[str, int, str | None]:
    return call.path[1], int(call.path[2][1:]), call.text("type")


def _delete(call: Call) -> Any:
    permanent = call.text("permanent") == "true"
    gone = call.workspace.artifacts.delete(*_version(call), permanent=permanent)
    return {"success": True, "message": f"{'Permanently' if permanent else 'Soft'} deleted {gone.full_name} locally"}


def _promote(call: Call) -> Any:
    name, version, kind = _version(call)
    stage, notes = call.body.get("to_stage"), call.body.get("notes")
    if stage not in STAGES or not isinstance(notes, str | None):
        raise BadRequest(f"to_stage must be one of {', '.join(STAGES)}, and notes a text.")
    before, now = call.workspace.artifacts.promote(name, version, stage, notes=notes, type=kind)
    return {"ok": True, "artifact": now.full_name, "from_stage": before, "to_stage": stage}


def _set_alias(call: Call) -> Any:
    version = call.body.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise BadRequest("version must be a whole number.")
    return call.workspace.artifacts.set_alias(call.path[1], call.path[3], version, call.text("type")).item()


def _verify(call: Call) -> Any:
    name, version, kind = _version(call)
    held = call.workspace.artifacts
    if held.version(name, version, kind).size_bytes > _MOST_VERIFIED:
        raise TooLarge(
            "This version is too large to be read while the kernel waits; artifact.verify() in a cell does it."
        )
    return held.verify(name, version, kind, fetch=call.body.get("fetch") is True).item()


CALLS: tuple[tuple[str, str, Callable[[Call], Any]], ...] = (
    ("GET", "artifacts", lambda c: [item.item() for item in c.workspace.artifacts.list(limit=_MOST)]),
    (
        "GET",
        "artifacts/*/versions",
        lambda c: [row.item() for row in c.workspace.artifacts.versions(c.path[1], c.text("type"))],
    ),
    ("GET", "artifacts/*/v*", lambda c: c.workspace.artifacts.version(*_version(c)).item()),
    ("GET", "artifacts/*/v*/files", lambda c: c.workspace.artifacts.files(*_version(c)).item()),
    (
        "GET",
        "artifacts/*/v*/lineage",
        lambda c: c.workspace.artifacts.lineage(*_version(c), c.whole("max_depth", _DEPTH) or _DEPTH).item(),
    ),
    (
        "GET",
        "artifacts/*/v*/files/**",
        lambda c: c.workspace.artifacts.open_file(*_version(c)[:2], "/".join(c.path[4:]), c.text("type")),
    ),
    ("DELETE", "artifacts/*/v*", _delete),
    ("POST", "artifacts/*/v*/restore", lambda c: c.workspace.artifacts.restore(*_version(c)).item()),
    ("POST", "artifacts/*/v*/verify", _verify),
    ("POST", "artifacts/*/v*/promote", _promote),
    ("PUT", "artifacts/*/aliases/*", _set_alias),
    (
        "DELETE",
        "artifacts/*/aliases/*",
        lambda c: c.workspace.artifacts.set_alias(c.path[1], c.path[3], None, c.text("type")).item(),
    ),
)
