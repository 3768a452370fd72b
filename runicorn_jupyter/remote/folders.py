"""Folders of a host, from what our script says of them: only what has the form that it must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runicorn_jupyter.models import FarFolder, FarItem, FarPath, RemoteRoot, RemoteRoots
from runicorn_jupyter.remote.errors import RemoteError

_MOST = 5000
_TEXT = 4096


def folder(told: Mapping[str, Any]) -> FarFolder:
    """Return a listing.

    Raises
    ------
    RemoteError
        The host said something else.
    """
    items = [_item(one) for one in _list(told.get("items"))]
    return {"path": _text(told.get("path")), "items": items, "entries": items, "total": int(_number(told.get("total")))}


def path(told: Mapping[str, Any]) -> FarPath:
    """Return what is at a path.

    Raises
    ------
    RemoteError
        The host said something else.
    """
    return {"path": _text(told.get("path")), "exists": told.get("exists") is True, "is_dir": told.get("is_dir") is True}


def roots(told: Mapping[str, Any]) -> RemoteRoots:
    """Return folders that look like storage roots.

    Raises
    ------
    RemoteError
        The host said something else.
    """
    return {
        "ok": True,
        "scan_root": _text(told.get("scan_root")),
        "max_depth": int(_number(told.get("max_depth"))),
        "candidates": [_root(one) for one in _list(told.get("candidates"))],
    }


def _root(one: object) -> RemoteRoot:
    if not isinstance(one, dict):
        raise _other()
    return {
        "path": _text(one.get("path")),
        "name": _text(one.get("name")),
        "run_count": int(_number(one.get("run_count"))),
    }


def _item(one: object) -> FarItem:
    if not isinstance(one, dict):
        raise _other()
    return {
        "name": _text(one.get("name")),
        "is_dir": one.get("is_dir") is True,
        "size": int(_number(one.get("size"))),
        "mtime": _number(one.get("mtime")),
    }


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise _other()
    return value[:_MOST]


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _TEXT:
        raise _other()
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**63:
        raise _other()
    return value


def _other() -> RemoteError:
    return RemoteError("The host answered with something else than was asked for.")
