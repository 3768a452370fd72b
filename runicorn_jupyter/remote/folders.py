"""Folders of a host, from what our script says of them: only what has the form that it must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runicorn_jupyter.models import FarFolder, FarItem, FarPath, RemoteRoot, RemoteRoots
from runicorn_jupyter.remote.errors import FolderForbidden, FolderNotFound, NotAFolder, RemoteError

_MOST = 5000
_TEXT = 4096
_CAUSES = {
    "missing": (FolderNotFound, "There is no folder %s on the host."),
    "file": (NotAFolder, "%s is no folder on the host."),
    "forbidden": (FolderForbidden, "This account may not look into %s on the host."),
}


def folder(told: Mapping[str, Any]) -> FarFolder:
    """Return a listing.

    Raises
    ------
    FolderNotFound, NotAFolder, FolderForbidden
        There is nothing to list.
    RemoteError
        The host said something else.
    """
    cause = told.get("cause")
    if cause is not None:
        raise _cause(cause, _text(told.get("path")))
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


def _cause(cause: object, where: str) -> RemoteError:
    known = _CAUSES.get(cause) if isinstance(cause, str) else None
    if known is None:
        return _other()
    kind, sentence = known
    return kind(sentence % "".join(mark for mark in where if mark.isprintable()))


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
